//! fact → sessions that are cut.

use jiff::Timestamp;

use super::{show, tell, tell_requester};
use crate::book::{Book, Touched};
use crate::event::SessionsFact;
use crate::ids::RequestId;
use crate::job::{NoticeKind, Recipient};
use crate::request::Cutting;
use crate::sessions::{CutState, SessionCut};
use crate::target::Holding;

/// Changes the book by one fact about the sessions of a holding.
pub(super) fn evolve(
    book: &mut Book,
    at: Timestamp,
    holding: &Holding,
    fact: &SessionsFact,
    touched: &mut Touched,
) {
    touched.cuts.insert(holding.clone());
    match fact {
        SessionsFact::CutOrdered { before, id } => ordered(book, holding, *before, id, touched),
        SessionsFact::Cut => {
            let waiting = settled(book, holding, Some(CutState::InForce));
            for id in waiting {
                if !is_placing(book, &id) {
                    done(book, at, &id, touched);
                }
            }
        }
        SessionsFact::NotCut { why } => {
            let waiting = not_placed(book, holding);
            for id in waiting {
                not_done(book, &id, why, touched);
            }
        }
        SessionsFact::Lifting => {
            settled(book, holding, Some(CutState::Lifting));
        }
        SessionsFact::Lifted => {
            settled(book, holding, None);
        }
        SessionsFact::Trouble { what } => {
            if let Some(cut) = book.cuts.get_mut(holding) {
                cut.trouble.clone_from(what);
                cut.unheard |= cut.state == CutState::Placing;
            }
        }
    }
}

/// A denial that was being made before the stop was perhaps made, and the answer died with the process.
pub(super) fn started(book: &mut Book, touched: &mut Touched) {
    for (holding, cut) in &mut book.cuts {
        if cut.state == CutState::Placing {
            cut.unheard = true;
            touched.cuts.insert(holding.clone());
        }
    }
}

fn ordered(book: &mut Book, holding: &Holding, before: Timestamp, id: &RequestId, touched: &mut Touched) {
    let old = book.cuts.remove(holding);
    let unheard = old.as_ref().is_some_and(|old| old.unheard);
    let denied = old.as_ref().and_then(|old| match old.state {
        CutState::Placing => old.denied,
        CutState::InForce | CutState::Lifting => Some(old.before),
    });
    let mut requests = old.map(|old| old.requests).unwrap_or_default();
    requests.insert(id.clone());
    let state = CutState::Placing;
    let cut =
        SessionCut { holding: holding.clone(), before, denied, state, requests, unheard, trouble: None };
    book.cuts.insert(holding.clone(), cut);
    show(book, id, touched, |request| request.cut = Cutting::UnderWay);
}

/// What was denied before stays denied, until it is time to take that back: only what is remembered is ever taken back.
fn not_placed(book: &mut Book, holding: &Holding) -> Vec<RequestId> {
    let Some(cut) = book.cuts.get_mut(holding) else { return Vec::new() };
    match cut.denied.take() {
        Some(before) => {
            cut.before = before;
            settled(book, holding, Some(CutState::InForce))
        }
        None if cut.unheard => settled(book, holding, Some(CutState::Lifting)),
        None => settled(book, holding, None),
    }
}

/// Moves it on, or forgets it, and answers who waited.
fn settled(book: &mut Book, holding: &Holding, state: Option<CutState>) -> Vec<RequestId> {
    let Some(cut) = book.cuts.get_mut(holding) else { return Vec::new() };
    let waiting = std::mem::take(&mut cut.requests).into_iter().collect();
    match state {
        Some(state) => {
            cut.state = state;
            cut.denied = None;
            cut.unheard = false;
            cut.trouble = None;
        }
        None => drop(book.cuts.remove(holding)),
    }
    waiting
}

/// Whether anything else of the request is still being cut: a bundle's sessions are told together.
fn is_placing(book: &Book, id: &RequestId) -> bool {
    book.cuts.values().any(|cut| cut.state == CutState::Placing && cut.requests.contains(id))
}

fn done(book: &mut Book, at: Timestamp, id: &RequestId, touched: &mut Touched) {
    show(book, id, touched, |request| {
        if request.cut.is_under_way() {
            request.cut = Cutting::Done { at };
            tell_requester(request, NoticeKind::SessionsCut);
            tell(request, NoticeKind::SessionsCut, &Recipient::Thread);
        }
    });
}

fn not_done(book: &mut Book, id: &RequestId, why: &str, touched: &mut Touched) {
    show(book, id, touched, |request| {
        request.cut = Cutting::Failed { why: why.to_owned() };
        tell(request, NoticeKind::SessionsNotCut, &Recipient::Thread);
        tell_requester(request, NoticeKind::SessionsNotCut);
    });
}
