//! Cutting sessions that outlive the access they were begun with.

use jiff::Timestamp;

use super::{Decision, Draft, Reply, World};
use crate::command::Outcome;
use crate::event::{Event, SessionsFact};
use crate::ids::RequestId;
use crate::sessions::CutState;
use crate::target::{Holding, Target};
use crate::wanted::wants;

/// The access is gone: what was begun with it before now is to be denied. A membership opens nothing that could be named.
pub(super) fn order(draft: &mut Draft, id: &RequestId, holdings: Vec<Holding>) {
    for holding in holdings {
        match &holding.target {
            Target::Assignment { .. } => {
                let before = before(draft, &holding);
                let fact = SessionsFact::CutOrdered { before, id: id.clone() };
                draft.emit(Event::Sessions { holding, fact });
            }
            Target::Membership { .. } => {}
        }
    }
}

/// Sessions that another request of the same person gives, which came after this was gone, live on (P5).
fn before(draft: &Draft, holding: &Holding) -> Timestamp {
    let others = draft.book.claims(holding).filter(|request| wants(request, &holding.target, draft.now));
    let first = others.filter_map(|request| request.granted.as_ref()).map(|granted| granted.at).min();
    let before = first.map_or(draft.now, |first| first.min(draft.now));
    draft.book.cut(holding).map_or(before, |known| known.before.max(before))
}

/// What AWS answered. What no longer fits changes nothing.
pub(super) fn outcome(world: &World<'_>, outcome: &Outcome) -> Decision {
    let (holding, before, fact) = match outcome {
        Outcome::SessionsCut { holding, before } => (holding, Some(before), SessionsFact::Cut),
        Outcome::SessionsFreed { holding } => (holding, None, SessionsFact::Lifted),
        Outcome::SessionsNotCut { holding, before, why } => {
            (holding, Some(before), SessionsFact::NotCut { why: why.clone() })
        }
        Outcome::SessionsTrouble { holding, what } => {
            (holding, None, SessionsFact::Trouble { what: Some(what.clone()) })
        }
        Outcome::Looked { .. }
        | Outcome::Running { .. }
        | Outcome::Succeeded { .. }
        | Outcome::Failed { .. }
        | Outcome::ReplyLost { .. }
        | Outcome::AboutToCreate { .. }
        | Outcome::Trouble { .. }
        | Outcome::PersonRead { .. }
        | Outcome::FederationLooked { .. }
        | Outcome::FederationMade { .. }
        | Outcome::MetadataFetched { .. }
        | Outcome::CardIntended { .. }
        | Outcome::CardShown { .. }
        | Outcome::CardUndeliverable { .. }
        | Outcome::TellIntended { .. }
        | Outcome::Told { .. }
        | Outcome::Undeliverable { .. } => return nothing(),
    };
    let Some(cut) = world.book.cut(holding) else { return nothing() };
    if before.is_some_and(|before| *before != cut.before) {
        return nothing();
    }
    let fits = match (&fact, cut.state) {
        (SessionsFact::Cut, CutState::Placing)
        | (SessionsFact::Lifted, CutState::Lifting)
        | (SessionsFact::NotCut { .. }, CutState::Placing) => true,
        (SessionsFact::Trouble { what }, _) => cut.trouble != *what,
        (
            SessionsFact::Cut
            | SessionsFact::Lifted
            | SessionsFact::NotCut { .. }
            | SessionsFact::CutOrdered { .. }
            | SessionsFact::Lifting,
            CutState::Placing | CutState::InForce | CutState::Lifting,
        ) => false,
    };
    if fits { one(Event::Sessions { holding: holding.clone(), fact }) } else { nothing() }
}

/// The time of a denial has come: it is taken back.
pub(super) fn lift(world: &World<'_>, holding: &Holding) -> Decision {
    let due = world
        .book
        .cut(holding)
        .is_some_and(|cut| cut.state == CutState::InForce && cut.lift_at() <= world.now);
    if due {
        return one(Event::Sessions { holding: holding.clone(), fact: SessionsFact::Lifting });
    }
    nothing()
}

fn one(event: Event) -> Decision {
    Decision { events: vec![event], reply: Reply::Noted }
}

fn nothing() -> Decision {
    Decision { events: Vec::new(), reply: Reply::Noted }
}
