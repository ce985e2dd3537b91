//! What is due of an emergency. A timer that comes early (a clock set back) changes nothing and comes again.

use super::Desk;
use super::settle::settle;
use crate::decide::ending::overdue_pause;
use crate::decide::{Decision, Reply, World};
use crate::emergency::{EmergencyState, Review};
use crate::event::EmergencyFact;
use crate::ids::EmergencyId;
use crate::settings::{ENDS_SOON_BEFORE, PROPOSAL_REMIND_EVERY, REVIEW_REMIND_EVERY, STILL_ON_EVERY};
use crate::timers::{ask_to_close_at, before};

/// Says, and does, all that is due.
pub(super) fn tick(world: &World<'_>, id: &EmergencyId) -> Decision {
    let mut desk = Desk::about(world, id);
    settle(&mut desk);
    for fact in due(&desk) {
        desk.emit(fact);
    }
    desk.decided(Reply::Noted)
}

fn due(desk: &Desk<'_>) -> Vec<EmergencyFact> {
    let now = desk.world.now;
    let Some(emergency) = desk.emergency() else { return Vec::new() };
    let mut facts = Vec::new();
    match &emergency.state {
        EmergencyState::Proposed { lapses_at, .. } if *lapses_at <= now => facts.push(EmergencyFact::Lapsed),
        EmergencyState::Proposed { remind_at, reminded, alone_from, .. } => {
            if alone_from.is_some_and(|from| from <= now) && !emergency.alone_offered {
                facts.push(EmergencyFact::AloneOffered);
            }
            if *remind_at <= now {
                let nth = reminded.saturating_add(1);
                let again_at = PROPOSAL_REMIND_EVERY.after(now);
                facts.push(EmergencyFact::ProposalReminded { nth, again_at });
            }
        }
        EmergencyState::On { .. } if emergency.is_drill() => {}
        EmergencyState::On { deadline, remind_at, reminded, warned, .. } => {
            if *remind_at <= now {
                let nth = reminded.saturating_add(1);
                facts.push(EmergencyFact::Reminded { nth, again_at: STILL_ON_EVERY.after(now) });
            }
            if !warned && before(ENDS_SOON_BEFORE, *deadline) <= now {
                facts.push(EmergencyFact::EndAnnounced);
            }
            if ask_to_close_at(emergency, desk.draft.book.watch()).is_some_and(|at| at <= now) {
                facts.push(EmergencyFact::AskedToClose);
            }
        }
        EmergencyState::Closing { tell_overdue_at, overdue_told, .. } if *tell_overdue_at <= now => {
            let again_at = overdue_pause(*overdue_told).after(now);
            facts.push(EmergencyFact::OverdueTold { nth: overdue_told.saturating_add(1), again_at });
        }
        EmergencyState::Off { .. } => {
            if let Review::Wanted { reminded, remind_at } = &emergency.review
                && *remind_at <= now
            {
                let nth = reminded.saturating_add(1);
                facts.push(EmergencyFact::ReviewReminded { nth, again_at: REVIEW_REMIND_EVERY.after(now) });
            }
        }
        EmergencyState::Opening { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => {}
    }
    facts
}
