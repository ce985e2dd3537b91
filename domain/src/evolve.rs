//! event → state. Total: replay cannot fail, and a terminal state is never changed again (pitfall 26).

mod drift;
mod emergency;
mod federation;
mod holdings;
mod later;
mod parts;
mod requests;
mod sessions;
mod told;

use jiff::Timestamp;

use crate::book::{Binding, Book, DirectoryRef, Proof, Touched};
use crate::event::Event;
use crate::holding::{Change, Operation, Origin, Sight};
use crate::ids::{RequestId, Subject};
use crate::job::{NoticeKind, Recipient, Tell};
use crate::person::Platform;
use crate::refusal::StateWord;
use crate::request::{
    AccessRequest, Cards, Cutting, EndCause, Granted, NoMoreTime, PartState, Posting, State, UrgentReview,
};
use crate::watch::Center;
use holdings::{change_holding, claims, holdings, looked, release_claims, started, unsettled};
use later::Over;
use requests::{approved, end_confirmed, end_ordered, grant_confirmed, grant_ordered, overdue_told};
use told::{card_shown, serve, tell_of_link, tell_watch, watched, with_card, with_untold};

/// Changes the book by one fact.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each fact, so that none is without")]
pub(crate) fn evolve(book: &mut Book, at: Timestamp, event: &Event, touched: &mut Touched) {
    match event {
        Event::Requested { ask, terms, lapses_at, approvers, quiet } => {
            let cards = Cards::on_each(&book.watch.served.0);
            let mut request = AccessRequest::asked(ask.clone(), terms.clone(), *lapses_at, cards);
            request.approvers.clone_from(approvers);
            request.quiet.clone_from(quiet);
            // A name that is taken keeps its meaning: overwriting it would lose a deadline (P2).
            book.requests.entry(ask.id.clone()).or_insert(request);
            touched.requests.insert(ask.id.clone());
        }
        Event::Approved { id, approval } => approved(book, id, approval, touched),
        Event::Denied { id, by, why } => {
            finish(
                book,
                id,
                touched,
                State::Denied { at, by: by.clone(), why: why.clone() },
                NoticeKind::Denied,
            );
        }
        Event::Withdrawn { id } => {
            close(book, id, touched, State::Withdrawn { at });
        }
        Event::Lapsed { id } => finish(book, id, touched, State::Lapsed { at }, NoticeKind::Lapsed),
        Event::GrantOrdered { id, deadline, under } => {
            let granted = Granted { at, under: under.clone(), length: None };
            grant_ordered(book, id, *deadline, granted, touched);
        }
        Event::Scheduled { id, starts_at, deadline } => {
            later::scheduled(book, id, (*starts_at, *deadline), touched);
        }
        Event::UrgentUsed { id, channels } => later::urgent_used(book, at, id, channels, touched),
        Event::Acknowledged { id, by, note } => {
            let review = UrgentReview::Acknowledged { by: by.clone(), at, note: note.clone() };
            later::reviewed(book, id, review, NoticeKind::Reviewed, touched);
        }
        Event::Objected { id, by, why } => {
            let review = UrgentReview::Objected { by: by.clone(), at, why: why.clone() };
            later::reviewed(book, id, review, NoticeKind::Objected, touched);
        }
        Event::Reminded { id, nth } => later::reminded(book, at, id, *nth, touched),
        Event::Escalated { id, nth, people } => later::escalated(book, id, *nth, people, touched),
        Event::Warned { id } => later::warned(book, id, touched),
        Event::ExtensionAsked { id, extension } => later::extension_asked(book, id, extension, touched),
        Event::ExtensionApproved { id, approval } => later::extension_approved(book, id, approval, touched),
        Event::ExtensionDenied { id, by, why } => {
            let no = NoMoreTime { by: by.clone(), why: why.clone() };
            later::extension_over(book, id, Over::Denied(no), touched);
        }
        Event::ExtensionDropped { id, withdrawn } => {
            let over = if *withdrawn { Over::TakenBack } else { Over::Lapsed };
            later::extension_over(book, id, over, touched);
        }
        Event::Extended { id, deadline, under } => {
            let granted = Granted { at, under: under.clone(), length: None };
            later::extended(book, id, *deadline, granted, touched);
        }
        Event::PartHeld { id, target, via } => {
            let cause = Some(EndCause::AlreadyHeld { via: via.clone() });
            parts::part_out(book, id, target, cause, None, touched);
        }
        Event::PartConfirmed { id, target } => parts::part_confirmed(book, at, id, target, touched),
        Event::PartEnding { id, target, cause } => parts::part_ending(book, id, target, cause, touched),
        Event::PartOut { id, target, kept_by } => {
            parts::part_out(book, id, target, None, kept_by.clone(), touched);
        }
        Event::Doubted { id, lost, read_at } => later::doubted(book, id, lost, *read_at, touched),
        Event::DoubtOver { id } => later::doubt_over(book, id, touched),
        Event::Stricter { id, why } => later::stricter(book, id, why.as_ref(), touched),
        Event::EndAllOrdered { scope, by } => {
            // All that is open was asked for before, whatever a clock said that was set back since.
            let at = book.requests().map(|request| request.ask.at).max().map_or(at, |last| last.max(at));
            book.watch.is_to_end(scope.clone(), by.clone(), at);
            touched.watch = true;
        }
        Event::EndAllDone { .. } => later::end_all_done(book, touched),
        Event::CutAsked { id } => {
            let live = [StateWord::Scheduled, StateWord::Granting, StateWord::Active];
            show_in(book, id, touched, &live, |request| request.cut = Cutting::Asked);
        }
        Event::Sessions { holding, fact } => sessions::evolve(book, at, holding, fact, touched),
        Event::Drift { fact } => drift::evolve(book, at, fact, touched),
        Event::AlreadyHeld { id, via } => {
            let cause = EndCause::AlreadyHeld { via: via.clone() };
            let state = State::Ended { at, cause, granted_at: None, lateness_ms: 0, kept_by: None };
            finish(book, id, touched, state, NoticeKind::AlreadyHeld);
        }
        Event::ChangeIntended { holding, change } => change_holding(book, holding, touched, |state| {
            if let Some(Change::Create) = unsettled(state, *change) {
                state.loose_create = Some(at);
            }
            state.origin = Origin::Ours;
            state.operation = Operation::Intended { change: *change, at };
        }),
        Event::ChangeRunning { holding, change, operation } => {
            change_holding(book, holding, touched, |state| {
                state.operation = Operation::Running { change: *change, operation: operation.clone(), at };
            })
        }
        Event::ReplyLost { holding, change } => change_holding(book, holding, touched, |state| {
            if *change == Change::Create {
                state.loose_create = Some(at);
            }
        }),
        Event::CreateForgone { holding } => change_holding(book, holding, touched, |state| {
            // A call whose reply was lost may have made what the next look shows.
            if state.loose_create.is_none() {
                state.origin = Origin::Unseen;
            }
            state.operation = Operation::None;
            state.sight = Sight::NONE;
        }),
        Event::ChangeSucceeded { holding, change } => change_holding(book, holding, touched, |state| {
            state.operation = Operation::None;
            state.sight = Sight::after(Some(*change));
        }),
        Event::ChangeFailed { holding, change, .. } => change_holding(book, holding, touched, |state| {
            state.operation = Operation::None;
            // A create that failed should have left nothing; a delete that failed is looked at like a wish to delete.
            state.sight = match change {
                Change::Create => Sight::after(Some(Change::Delete)),
                Change::Delete => Sight::after(None),
            };
        }),
        Event::Looked { holding, present, member } => change_holding(book, holding, touched, |state| {
            state.member = member.clone().or_else(|| state.member.take());
            looked(state, at, *present);
        }),
        Event::Trouble { holding, what } => {
            for id in claims(book, holding) {
                show(book, &id, touched, |request| request.trouble.clone_from(what));
            }
        }
        Event::GrantConfirmed { id, deadline } => grant_confirmed(book, at, id, *deadline, touched),
        Event::EndOrdered { id, cause, due } => end_ordered(book, id, cause, *due, touched),
        Event::RemovedByHand { id } => {
            end_ordered(book, id, &EndCause::RemovedByHand, at, touched);
            for holding in holdings(book, id) {
                // Lists can lag, and then it would be there for ever: it is deleted all the same (P3).
                change_holding(book, &holding, touched, |state| state.sight = Sight::NONE);
            }
        }
        Event::EndConfirmed { id, lateness_ms, kept_by } => {
            end_confirmed(book, at, id, *lateness_ms, kept_by.clone(), touched);
        }
        Event::OverdueTold { id, nth, again_at } => overdue_told(book, id, *nth, *again_at, touched),
        Event::CardIntended { id, on } => with_card(book, (id, *on), touched, |card| {
            if !matches!(card.posting, Posting::Posted { .. }) {
                card.posting = Posting::Intended { at };
            }
        }),
        Event::CardShown { id, on, version, message } => {
            card_shown(book, (id, *on), *version, message, touched);
        }
        Event::CardUndeliverable { id, on, why } => {
            with_card(book, (id, *on), touched, |card| card.undeliverable = Some(why.clone()));
        }
        Event::TellIntended { tell } => with_untold(book, &tell.id, touched, |untold| {
            if let Some(posting) = untold.get_mut(tell) {
                *posting = Posting::Intended { at };
            }
        }),
        Event::Told { tell } | Event::Undeliverable { tell, .. } => {
            with_untold(book, &tell.id, touched, |untold| {
                untold.remove(tell);
            });
        }
        Event::Emergency { id, fact } => emergency::evolve(book, at, id, fact, touched),
        Event::CenterSilent { since, channels } => {
            let silent = NoticeKind::CenterSilent { since: since.as_second() };
            watched(book, touched, Center::Silent { since: *since }, silent, channels);
        }
        Event::CenterAnswers { since, channels } => {
            let answers = NoticeKind::CenterAnswers { since: since.as_second() };
            watched(book, touched, Center::Answers { since: *since }, answers, channels);
        }
        Event::DrillMissed { federation, due, channel, discord_channel } => {
            book.watch.drill_due.insert(federation.clone(), *due);
            let missed = NoticeKind::DrillMissed { due: due.as_second() };
            let channels: Vec<String> = [channel, discord_channel].into_iter().flatten().cloned().collect();
            tell_watch(book, touched, missed, &channels);
        }
        Event::PersonBound { account, person, email } => {
            let proof = Proof::Email { email: email.clone() };
            let binding = Binding { person: person.clone(), proof, at };
            book.bindings.insert(account.clone(), binding);
            touched.bindings.push(account.clone());
        }
        Event::PersonLinked { account, person, sign_in } => {
            let proof = sign_in.clone().map_or(Proof::Administrator, |sign_in| Proof::SignIn { sign_in });
            book.bindings.insert(account.clone(), Binding { person: person.clone(), proof, at });
            touched.bindings.push(account.clone());
            tell_of_link(book, at, touched, account, person, true);
        }
        Event::PersonUnlinked { account, person } => {
            book.bindings.remove(account);
            touched.bindings.push(account.clone());
            tell_of_link(book, at, touched, account, person, false);
        }
        Event::DirectoryRead { document, .. } => {
            book.directory = Some(DirectoryRef { document: document.clone(), at });
            touched.directory = true;
        }
        Event::Started { platforms, .. } => {
            serve(book, platforms, touched);
            sessions::started(book, touched);
            started(book, at, touched);
        }
        Event::Refused { .. } | Event::PolicyLoaded { .. } | Event::Stopped => {}
    }
}

/// Changes a request, if it is there.
fn with(
    book: &mut Book,
    id: &RequestId,
    touched: &mut Touched,
    change: impl FnOnce(&mut AccessRequest),
) -> bool {
    let Some(request) = book.requests.get_mut(id) else { return false };
    change(request);
    touched.requests.insert(id.clone());
    true
}

/// As [`with`], for what the card shows.
fn show(
    book: &mut Book,
    id: &RequestId,
    touched: &mut Touched,
    change: impl FnOnce(&mut AccessRequest),
) -> bool {
    with(book, id, touched, |request| {
        change(request);
        request.version = request.version.saturating_add(1);
    })
}

/// As [`show`], if the request is in the one state in which the fact can be true. A fact that does not fit changes nothing.
fn show_in(
    book: &mut Book,
    id: &RequestId,
    touched: &mut Touched,
    states: &[StateWord],
    change: impl FnOnce(&mut AccessRequest),
) -> bool {
    let fits = book.request(id).is_some_and(|request| states.contains(&request.state.word()));
    fits && show(book, id, touched, change)
}

/// Moves a request to a terminal state, unless it is in one.
fn close(book: &mut Book, id: &RequestId, touched: &mut Touched, state: State) -> bool {
    if book.request(id).is_none_or(|request| request.state.is_terminal()) {
        return false;
    }
    release_claims(book, id, touched);
    show(book, id, touched, |request| {
        request.state = state;
        request.trouble = None;
        request.extension = None;
        request.doubt = None;
        request.stricter = None;
        forget_unposted(request, |kind| {
            matches!(
                kind,
                NoticeKind::ApprovalDue { .. }
                    | NoticeKind::Escalated { .. }
                    | NoticeKind::ExtensionAsked { .. }
                    | NoticeKind::EndsSoon { .. }
            )
        });
        for part in &mut request.parts {
            if !part.state.is_out() {
                part.state = PartState::Out { cause: None, kept_by: None };
            }
        }
    })
}

/// As [`close`], and tells the requester.
fn finish(book: &mut Book, id: &RequestId, touched: &mut Touched, state: State, notice: NoticeKind) {
    if close(book, id, touched, state) {
        with(book, id, touched, |request| tell_requester(request, notice));
    }
}

/// Where they asked; everywhere, when that was not in chat, or is not served any more.
fn tell_requester(request: &mut AccessRequest, kind: NoticeKind) {
    let to = Recipient::Person { person: request.ask.requester.clone() };
    let asked_on = Platform::of_door(request.ask.door);
    match asked_on.filter(|platform| request.cards.on(*platform).is_some()) {
        Some(platform) => tell_on(request, platform, kind, to),
        None => tell(request, kind, &to),
    }
}

fn tell(request: &mut AccessRequest, kind: NoticeKind, to: &Recipient) {
    for platform in request.cards.platforms().filter(|platform| to.can_be_on(*platform)).collect::<Vec<_>>() {
        tell_on(request, platform, kind, to.clone());
    }
}

fn tell_on(request: &mut AccessRequest, on: Platform, kind: NoticeKind, to: Recipient) {
    let id = Subject::Request(request.ask.id.clone());
    request.untold.entry(Tell { id, kind, to, on }).or_default();
}

/// Tells the requester and the channels that policy names.
fn tell_all(request: &mut AccessRequest, kind: NoticeKind) {
    tell_requester(request, kind);
    for name in request.terms.notify.clone() {
        tell(request, kind, &Recipient::Channel { name });
    }
}

/// What was never posted, and is not true any more, is not told.
fn forget_unposted(request: &mut AccessRequest, which: impl Fn(&NoticeKind) -> bool) {
    request.untold.retain(|tell, posting| !(which(&tell.kind) && *posting == Posting::No));
}
