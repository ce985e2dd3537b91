//! fact → a request between its approval and its end.

use jiff::Timestamp;

use super::holdings::holdings;
use super::{close, forget_unposted, show_in, tell, tell_all, with};
use crate::book::{Book, Touched};
use crate::holding::{HoldingState, Operation, Origin, Sight};
use crate::ids::RequestId;
use crate::job::{NoticeKind, Recipient};
use crate::refusal::StateWord;
use crate::request::{Approval, EndCause, Granted, PartState, State};
use crate::settings::OVERDUE_AFTER;
use crate::target::Holding;

pub(super) fn approved(book: &mut Book, id: &RequestId, approval: &Approval, touched: &mut Touched) {
    show_in(book, id, touched, &[StateWord::Pending], |request| {
        // The same person's newer yes replaces the older one: distinct people count (P1).
        request.approvals.retain(|earlier| earlier.by != approval.by);
        request.approvals.push(approval.clone());
    });
}

pub(super) fn grant_ordered(
    book: &mut Book,
    id: &RequestId,
    deadline: Timestamp,
    granted: Granted,
    touched: &mut Touched,
) {
    let since = granted.at;
    let ordered = show_in(book, id, touched, &[StateWord::Pending, StateWord::Scheduled], |request| {
        request.state = State::Granting { since, deadline };
        request.granted = Some(granted);
        forget_unposted(request, |kind| {
            matches!(kind, NoticeKind::ApprovalDue { .. } | NoticeKind::Escalated { .. })
        });
    });
    if !ordered {
        return;
    }
    for holding in holdings(book, id) {
        claim(book, id, holding, touched);
    }
}

fn claim(book: &mut Book, id: &RequestId, holding: Holding, touched: &mut Touched) {
    let state = book.holdings.entry(holding.clone()).or_insert_with(|| HoldingState::unseen(holding.clone()));
    state.claims.insert(id.clone());
    if let (Origin::Ours, Operation::None, Sight::Present) = (state.origin, &state.operation, state.sight) {
        // The newcomer is told "granted" only after a look of its own (P4). Where a look is due anyway, it still knows
        // after which change it looks: a list that lags behind a delete must not pass for access.
        state.sight = Sight::NONE;
    }
    touched.holdings.insert(holding);
}

pub(super) fn grant_confirmed(
    book: &mut Book,
    at: Timestamp,
    id: &RequestId,
    deadline: Timestamp,
    touched: &mut Touched,
) {
    show_in(book, id, touched, &[StateWord::Granting], |request| {
        request.state = State::Active { since: at, deadline, warned: false };
        request.trouble = None;
        for part in request.parts.iter_mut().filter(|part| part.state == PartState::Wanted) {
            part.state = PartState::There { since: at };
        }
        tell_all(request, NoticeKind::Granted);
    });
}

pub(super) fn end_ordered(
    book: &mut Book,
    id: &RequestId,
    cause: &EndCause,
    due: Timestamp,
    touched: &mut Touched,
) {
    let before = [StateWord::Pending, StateWord::Scheduled, StateWord::Granting, StateWord::Active];
    show_in(book, id, touched, &before, |request| {
        let granted_at = match &request.state {
            State::Active { since, .. } => Some(*since),
            // Something of it was there, though not all of it.
            State::Granting { .. } => request.there_since(),
            State::Pending { .. }
            | State::Scheduled { .. }
            | State::Ending { .. }
            | State::Ended { .. }
            | State::Denied { .. }
            | State::Withdrawn { .. }
            | State::Lapsed { .. }
            | State::Failed { .. } => None,
        };
        let tell_overdue_at = OVERDUE_AFTER.after(due);
        request.state =
            State::Ending { due, cause: cause.clone(), granted_at, overdue_told: 0, tell_overdue_at };
        request.extension = None;
    });
    touched.holdings.extend(holdings(book, id));
}

pub(super) fn end_confirmed(
    book: &mut Book,
    at: Timestamp,
    id: &RequestId,
    lateness_ms: u64,
    kept_by: Option<RequestId>,
    touched: &mut Touched,
) {
    let Some(State::Ending { cause, granted_at, overdue_told, .. }) =
        book.request(id).map(|request| request.state.clone())
    else {
        return;
    };
    let never_there = granted_at.is_none()
        && match &cause {
            EndCause::GrantFailed { .. } | EndCause::NoLongerPermitted { .. } | EndCause::Expired => true,
            EndCause::Revoked { .. }
            | EndCause::RemovedByHand
            | EndCause::ConditionsChanged { .. }
            | EndCause::Objected { .. }
            | EndCause::AlreadyHeld { .. } => false,
        };
    let (state, notice) = if never_there {
        (State::Failed { at, cause }, NoticeKind::Failed)
    } else {
        let notice = match &cause {
            EndCause::RemovedByHand => NoticeKind::RemovedByHand,
            EndCause::AlreadyHeld { .. } => NoticeKind::AlreadyHeld,
            EndCause::Expired
            | EndCause::Revoked { .. }
            | EndCause::GrantFailed { .. }
            | EndCause::NoLongerPermitted { .. }
            | EndCause::ConditionsChanged { .. }
            | EndCause::Objected { .. } => NoticeKind::Ended,
        };
        (State::Ended { at, cause, granted_at, lateness_ms, kept_by }, notice)
    };
    close(book, id, touched, state);
    with(book, id, touched, |request| {
        // What was promised to be told "again" is replaced by what is true now.
        forget_unposted(request, |kind| matches!(kind, NoticeKind::Overdue { .. } | NoticeKind::Granted));
        tell_all(request, notice);
        if overdue_told > 0 {
            tell(request, NoticeKind::OverdueOver, &Recipient::Thread);
        }
    });
}

pub(super) fn overdue_told(
    book: &mut Book,
    id: &RequestId,
    nth: u32,
    again_at: Timestamp,
    touched: &mut Touched,
) {
    show_in(book, id, touched, &[StateWord::Ending], |request| {
        if let State::Ending { overdue_told, tell_overdue_at, .. } = &mut request.state {
            *overdue_told = nth;
            *tell_overdue_at = again_at;
            // Coalesced, not lost: an older one that was never posted is replaced by this one.
            forget_unposted(request, |kind| matches!(kind, NoticeKind::Overdue { .. }));
            tell(request, NoticeKind::Overdue { nth }, &Recipient::Thread);
            tell_all(request, NoticeKind::Overdue { nth });
        }
    });
}
