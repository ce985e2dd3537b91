//! fact → what comes up once a request was asked: its time, reminders, extensions, reviews, doubts.

use jiff::Timestamp;

use super::told::tell_access;
use super::{forget_unposted, show, show_in, tell, tell_all, tell_requester, with};
use crate::book::{Book, Touched};
use crate::ids::{PersonId, RequestId};
use crate::job::{NoticeKind, Recipient};
use crate::refusal::StateWord;
use crate::request::{
    AccessRequest, Approval, Doubt, Extension, Granted, Lost, NoMoreTime, State, UrgentReview,
};
use crate::rules::NotPermitted;
use crate::settings::{CALLED_MAX, REVIEW_REMIND_EVERY};
use crate::time::Seconds;

/// Where it is compared with how things are.
const GRANTED: [StateWord; 3] = [StateWord::Scheduled, StateWord::Granting, StateWord::Active];

pub(super) fn scheduled(
    book: &mut Book,
    id: &RequestId,
    (starts_at, deadline): (Timestamp, Timestamp),
    touched: &mut Touched,
) {
    show_in(book, id, touched, &[StateWord::Pending], |request| {
        request.state = State::Scheduled { starts_at, deadline };
        forget_unposted(request, |kind| {
            matches!(kind, NoticeKind::ApprovalDue { .. } | NoticeKind::Escalated { .. })
        });
        tell_requester(request, NoticeKind::Scheduled);
    });
}

pub(super) fn urgent_used(
    book: &mut Book,
    at: Timestamp,
    id: &RequestId,
    channels: &[String],
    touched: &mut Touched,
) {
    let under_way = [StateWord::Granting, StateWord::Active, StateWord::Ending];
    show_in(book, id, touched, &under_way, |request| {
        let remind_at = REVIEW_REMIND_EVERY.after(at);
        request.review = UrgentReview::Wanted { remind_at, reminded: 0 };
        tell_callable(request, NoticeKind::Urgent);
        let notified = request.terms.notify.clone();
        for name in channels.iter().chain(notified.iter().filter(|name| !channels.contains(name))) {
            tell(request, NoticeKind::Urgent, &Recipient::Channel { name: name.clone() });
        }
    });
}

pub(super) fn reviewed(
    book: &mut Book,
    id: &RequestId,
    review: UrgentReview,
    notice: NoticeKind,
    touched: &mut Touched,
) {
    if !book.request(id).is_some_and(|request| request.review.is_wanted()) {
        return;
    }
    show(book, id, touched, |request| {
        request.review = review;
        forget_unposted(request, |kind| matches!(kind, NoticeKind::ReviewDue { .. } | NoticeKind::Urgent));
        tell_requester(request, notice);
    });
}

/// Those who are called upon, up to as many as feel meant.
fn tell_callable(request: &mut AccessRequest, kind: NoticeKind) {
    for person in request.approvers.iter().take(CALLED_MAX).cloned().collect::<Vec<_>>() {
        tell(request, kind, &Recipient::Person { person });
    }
}

pub(super) fn reminded(book: &mut Book, at: Timestamp, id: &RequestId, nth: u32, touched: &mut Touched) {
    with(book, id, touched, |request| {
        if let UrgentReview::Wanted { remind_at, reminded } = &mut request.review {
            *remind_at = REVIEW_REMIND_EVERY.after(at);
            *reminded = nth;
            // Coalesced: one that was never posted is replaced by this one.
            forget_unposted(request, |kind| matches!(kind, NoticeKind::ReviewDue { .. }));
            tell_callable(request, NoticeKind::ReviewDue { nth });
            tell(request, NoticeKind::ReviewDue { nth }, &Recipient::Thread);
        } else if matches!(request.state, State::Pending { .. }) {
            request.reminded = nth;
            tell_callable(request, NoticeKind::ApprovalDue { nth });
        }
    });
}

pub(super) fn escalated(
    book: &mut Book,
    id: &RequestId,
    nth: u32,
    people: &[PersonId],
    touched: &mut Touched,
) {
    show_in(book, id, touched, &[StateWord::Pending], |request| {
        request.escalated = nth;
        for person in people {
            tell(request, NoticeKind::Escalated { nth }, &Recipient::Person { person: person.clone() });
            request.quiet.retain(|quiet| quiet != person);
            if !request.approvers.contains(person) {
                request.approvers.push(person.clone());
            }
        }
    });
}

pub(super) fn warned(book: &mut Book, id: &RequestId, touched: &mut Touched) {
    with(book, id, touched, |request| {
        if let State::Active { warned, .. } = &mut request.state {
            *warned = true;
            // One that waits does not count yet: when it is approved, there is another end to warn of, and another warning.
            let waiting = u32::from(request.extension.is_some());
            let nth = request.extensions.saturating_sub(waiting);
            tell_requester(request, NoticeKind::EndsSoon { nth });
        }
    });
}

pub(super) fn extension_asked(book: &mut Book, id: &RequestId, extension: &Extension, touched: &mut Touched) {
    show_in(book, id, touched, &[StateWord::Active], |request| {
        request.extensions = request.extensions.saturating_add(1);
        let nth = request.extensions;
        for person in extension.approvers.iter().take(CALLED_MAX) {
            tell(request, NoticeKind::ExtensionAsked { nth }, &Recipient::Person { person: person.clone() });
        }
        request.extension = Some(extension.clone());
    });
}

pub(super) fn extension_approved(
    book: &mut Book,
    id: &RequestId,
    approval: &Approval,
    touched: &mut Touched,
) {
    show_in(book, id, touched, &[StateWord::Active], |request| {
        if let Some(extension) = &mut request.extension {
            extension.approvals.retain(|earlier| earlier.by != approval.by);
            extension.approvals.push(approval.clone());
        }
    });
}

/// Why an extension is off the table.
pub(super) enum Over {
    /// An approver said no.
    Denied(NoMoreTime),
    /// Nobody answered.
    Lapsed,
    /// The person took it back, and knows.
    TakenBack,
}

pub(super) fn extension_over(book: &mut Book, id: &RequestId, over: Over, touched: &mut Touched) {
    show_in(book, id, touched, &[StateWord::Active], |request| {
        if request.extension.take().is_none() {
            return;
        }
        let nth = request.extensions;
        forget_unposted(request, |kind| matches!(kind, NoticeKind::ExtensionAsked { .. }));
        match over {
            Over::Denied(no) => {
                request.no_more = Some(no);
                tell_requester(request, NoticeKind::ExtensionDenied { nth });
            }
            Over::Lapsed => tell_requester(request, NoticeKind::ExtensionLapsed { nth }),
            Over::TakenBack => {}
        }
    });
}

pub(super) fn extended(
    book: &mut Book,
    id: &RequestId,
    deadline: Timestamp,
    granted: Granted,
    touched: &mut Touched,
) {
    show_in(book, id, touched, &[StateWord::Active], |request| {
        if let State::Active { since, deadline: end, warned } = &mut request.state {
            *end = deadline;
            *warned = false;
            request.extended = Some(Granted { length: Some(Seconds::between(*since, deadline)), ..granted });
        }
        if request.extension.take().is_none() {
            request.extensions = request.extensions.saturating_add(1);
        }
        let nth = request.extensions;
        forget_unposted(request, |kind| {
            matches!(kind, NoticeKind::EndsSoon { .. } | NoticeKind::ExtensionAsked { .. })
        });
        tell_all(request, NoticeKind::Extended { nth });
    });
}

pub(super) fn doubted(
    book: &mut Book,
    id: &RequestId,
    lost: &Lost,
    read_at: Timestamp,
    touched: &mut Touched,
) {
    show_in(book, id, touched, &GRANTED, |request| {
        request.doubt = Some(Doubt { lost: lost.clone(), read_at });
        if lost.is_unknown() {
            tell(request, NoticeKind::Unsure { since: read_at.as_second() }, &Recipient::Thread);
        }
    });
}

pub(super) fn doubt_over(book: &mut Book, id: &RequestId, touched: &mut Touched) {
    show_in(book, id, touched, &GRANTED, |request| request.doubt = None);
}

pub(super) fn stricter(book: &mut Book, id: &RequestId, why: Option<&NotPermitted>, touched: &mut Touched) {
    show_in(book, id, touched, &GRANTED, |request| {
        request.stricter = why.cloned();
        // The one that this fact makes.
        let version = request.version.saturating_add(1);
        forget_unposted(request, |kind| matches!(kind, NoticeKind::Stricter { .. }));
        if why.is_some() {
            tell(request, NoticeKind::Stricter { version }, &Recipient::Thread);
        }
    });
}

pub(super) fn end_all_done(book: &mut Book, touched: &mut Touched) {
    touched.watch = true;
    if book.watch.ending.is_empty() {
        return;
    }
    let done = book.watch.ending.remove(0);
    let at = done.number;
    book.watch.ended = Some(done);
    tell_access(book, touched, NoticeKind::EndedAll { at });
}
