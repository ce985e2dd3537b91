//! What the identity provider answered. Never refused; what no longer fits changes nothing.

use super::Desk;
use super::settle::settle;
use crate::decide::{Decision, Reply, World};
use crate::emergency::{CloseCause, EmergencyState};
use crate::event::EmergencyFact;
use crate::federation::{FederationChange, Looked, Made, READ_ONLY, differences};
use crate::ids::EmergencyId;

fn nothing() -> Decision {
    Decision { events: Vec::new(), reply: Reply::Noted }
}

/// A look. What could not be read is told; what could is acted upon.
pub(in crate::decide) fn looked(
    world: &World<'_>,
    id: &EmergencyId,
    looked: &Looked,
    fault: Option<&str>,
) -> Decision {
    if !world.book.emergency(id).is_some_and(|emergency| emergency.state.holds_federation()) {
        return nothing();
    }
    let mut desk = Desk::about(world, id);
    if *looked != Looked::default() {
        desk.emit(EmergencyFact::Looked { looked: looked.clone() });
    }
    complain(&mut desk, fault);
    settle(&mut desk);
    if fault.is_none() {
        content(&mut desk);
    }
    desk.decided(Reply::Noted)
}

/// Changes were made, or not.
pub(in crate::decide) fn made(
    world: &World<'_>,
    id: &EmergencyId,
    results: &[(FederationChange, Made)],
) -> Decision {
    // One that is over is not changed any more; who took it over knows what may still come of it.
    let open = world.book.emergency(id).is_some_and(|emergency| emergency.state.holds_federation());
    if !open || results.is_empty() {
        return nothing();
    }
    let mut desk = Desk::about(world, id);
    desk.emit(EmergencyFact::ChangesMade { results: results.to_vec() });
    let complaint = results.iter().find_map(|(change, made)| complaint(change, made));
    complain(&mut desk, complaint.as_deref());
    settle(&mut desk);
    desk.decided(Reply::Noted)
}

/// What is in the way of the whole, not of one person's seat: that is shown beside their name.
fn complaint(change: &FederationChange, made: &Made) -> Option<String> {
    let what = match made {
        Made::Done { .. } => return None,
        Made::Lost { what } | Made::NotDone { what } | Made::Refused { what } => what,
    };
    match change {
        FederationChange::Add { .. } => what.starts_with(READ_ONLY).then(|| what.clone()),
        FederationChange::Activate
        | FederationChange::Deactivate
        | FederationChange::Remove { .. }
        | FederationChange::Cut { .. } => Some(what.clone()),
    }
}

/// Written once for each new complaint, not for each try.
fn complain(desk: &mut Desk<'_>, what: Option<&str>) {
    let Some(what) = what else { return };
    let known = desk.emergency().is_some_and(|emergency| emergency.trouble.as_deref() == Some(what));
    if !known {
        let read_only = what.starts_with(READ_ONLY);
        desk.emit(EmergencyFact::Trouble { what: Some(what.to_owned()), read_only });
    }
}

/// Everything could be read and nothing is left to change: what was complained about is over.
fn content(desk: &mut Desk<'_>) {
    let now = desk.world.now;
    let over = desk.emergency().is_some_and(|emergency| {
        let done = emergency.view.intended.is_empty() && differences(emergency, now).is_empty();
        emergency.trouble.is_some() && done && emergency.state.holds_federation()
    });
    if over {
        desk.emit(EmergencyFact::Trouble { what: None, read_only: false });
    }
}

/// A drill fetched the sign-in metadata, or could not: either way it is closed now.
pub(in crate::decide) fn metadata(world: &World<'_>, id: &EmergencyId, fault: Option<&str>) -> Decision {
    let drill_is_on = world.book.emergency(id).is_some_and(|emergency| {
        emergency.is_drill() && matches!(emergency.state, EmergencyState::On { .. })
    });
    if !drill_is_on {
        return nothing();
    }
    let mut desk = Desk::about(world, id);
    desk.emit(EmergencyFact::MetadataFetched { fault: fault.map(str::to_owned) });
    let cause = fault.map_or(CloseCause::DrillDone, |why| CloseCause::DrillFailed { why: why.to_owned() });
    desk.emit(EmergencyFact::CloseOrdered { cause, due: world.now });
    settle(&mut desk);
    desk.decided(Reply::Noted)
}
