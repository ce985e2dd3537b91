//! P4: what is said of the provider is true of it. The twin is asked, whom the domain never sees.

use glasskey_domain::emergency::{CloseCause, EmergencyState, Seat};
use glasskey_domain::event::EmergencyFact;
use glasskey_domain::*;
use jiff::Timestamp;

use crate::laws::{Law, holds};
use crate::town::{Town, after};
use crate::twin::{FLIGHT_MAX, LAG_MAX, Twin};

/// What somebody did by hand so lately that no look need have shown it.
pub fn is_news(done: Timestamp, now: Timestamp) -> bool {
    done > Timestamp::MIN && after(done, LAG_MAX + FLIGHT_MAX + 1) >= now
}

pub fn fact(town: &Town, twin: &Twin, id: &EmergencyId, fact: &EmergencyFact) -> Law {
    let one = town.emergency(id);
    match fact {
        EmergencyFact::OnConfirmed { .. } => on(town, twin, one),
        EmergencyFact::SeatConfirmed { person, level } => {
            let is_in = twin.has_in(*level, person) || is_news(twin.closed_by_hand, town.now);
            holds(is_in, format!("P4: {person} is said to be in {level:?} of {id}"))
        }
        EmergencyFact::OffConfirmed { .. } => {
            let closed = twin.is_closed() || is_news(twin.opened_by_hand, town.now);
            holds(closed, format!("P4: {id} is said to be off and the provider has {:?}", twin.has))?;
            let cut = one.ask.place.cut.is_none() || one.is_drill() || one.view.cut.seen().is_some();
            holds(cut, format!("P4: sessions of {id} are not cut"))?;
            drill_is_recorded(town, one)
        }
        EmergencyFact::TakenOver { by } => {
            let next = town.emergency(by);
            let goes_on =
                next.state.holds_federation() && !next.is_drill() && next.ask.place.app == one.ask.place.app;
            holds(goes_on, format!("P3: {id} is let go and {by} does not close it: {:?}", next.state))?;
            let cuts = next.ask.place.cut.is_some() || one.ask.place.cut.is_none() || one.is_drill();
            holds(cuts, format!("P3: {id} is let go and {by} does not cut its sessions"))?;
            drill_is_recorded(town, one)
        }
        EmergencyFact::CloseOrdered { cause: CloseCause::ByHand, .. } => {
            let true_once = twin.closed_by_hand > Timestamp::MIN;
            holds(true_once, format!("P4: nobody closed {id} by hand"))
        }
        EmergencyFact::SeatGone { person, .. } => {
            let true_once = twin.closed_by_hand > Timestamp::MIN;
            holds(true_once, format!("P4: nobody took {person} out of {id} by hand"))
        }
        _ => Ok(()),
    }
}

fn on(town: &Town, twin: &Twin, one: &Emergency) -> Law {
    if is_news(twin.closed_by_hand, town.now) {
        return Ok(());
    }
    let awaited =
        |seat: &&Seat| !seat.gone_by_hand && seat.trouble.as_ref().is_none_or(|trouble| !trouble.for_good);
    let one_in = one.seats_given().any(|seat| twin.has_in(seat.level, &seat.person));
    let nobody = one.seats_given().find(awaited).is_none();
    let on = twin.has.app && (one_in || nobody);
    holds(on, format!("P4: {} is said to be on and the provider has {:?}", one.ask.id, twin.has))
}

/// The last drill is what it was.
fn drill_is_recorded(town: &Town, one: &Emergency) -> Law {
    if !one.is_drill() {
        return Ok(());
    }
    let EmergencyState::Off { cause, on_since, taken_over_by, .. } = &one.state else {
        return Err(format!("{} is not off", one.ask.id));
    };
    let last = town.book.watch().drills.get(&one.ask.federation);
    let last = last.filter(|last| last.id == one.ask.id).ok_or("the drill is not recorded")?;
    let went_well = *cause == CloseCause::DrillDone && on_since.is_some() && taken_over_by.is_none();
    holds(went_well == last.fault.is_none(), format!("{one:?} is recorded as {last:?}"))
}
