//! Whether who acts has proved anew who they are, where the configuration asks for that (step-up). Asked last, so that
//! nobody signs in for what they may not do anyway.

use super::World;
use crate::command::{Command, EmergencyCommand, Incoming};
use crate::emergency::Purpose;
use crate::ids::{AccountId, PersonId};
use crate::person::{Door, SignIn};
use crate::refusal::Refusal;
use crate::settings::{SIGN_IN_AHEAD_MAX, StepUpAction};
use crate::target::Target;

/// A command that asks for a fresh sign-in has one, of the person who acts.
pub(super) fn proven(world: &World<'_>, incoming: &Incoming) -> Result<(), Refusal> {
    let Some(action) = asked_for(world, incoming) else { return Ok(()) };
    let by = &incoming.by;
    let Some(person) = by.as_person() else { return Ok(()) };
    let Some(sign_in) = &by.sign_in else { return Err(Refusal::SignInNeeded { action }) };
    is_of(world, sign_in, person)?;
    let ahead = SIGN_IN_AHEAD_MAX.after(world.now) < sign_in.at;
    let old = world.settings.sign_in_fresh.after(sign_in.at) <= world.now;
    // A token that does not say when they signed in could be of a session that is days old (P9).
    if !sign_in.interactive || ahead || old {
        return Err(Refusal::SignInNotFresh { fresh: world.settings.sign_in_fresh });
    }
    Ok(())
}

/// The address that the identity provider vouches for is this person's and nobody else's.
pub(super) fn is_of(world: &World<'_>, sign_in: &SignIn, person: &PersonId) -> Result<(), Refusal> {
    let found = sign_in.email.as_deref().map(|email| world.directory.by_email(email)).unwrap_or_default();
    match found.as_slice() {
        [one] if one.id == *person => Ok(()),
        _other => Err(Refusal::SignedInAsAnother { email: sign_in.email.clone() }),
    }
}

/// The action for which the configuration wants a sign-in, if it does. Not on the host: who works there could do as much
/// without us, and it must work when no identity provider does (P8). And never for taking access away (P3).
fn asked_for(world: &World<'_>, incoming: &Incoming) -> Option<StepUpAction> {
    match incoming.by.door {
        Door::Slack | Door::Discord => {}
        Door::Host | Door::Inside => return None,
    }
    let (action, accounts) = gated(world, &incoming.command)?;
    let wanted = world.settings.step_up.iter().any(|step_up| {
        let covers =
            |scope: &String| accounts.iter().any(|account| world.directory.is_within(account, scope));
        step_up.action == action && step_up.scope.as_ref().is_none_or(covers)
    });
    wanted.then_some(action)
}

/// The action, and the accounts to which it leads.
fn gated<'a>(world: &World<'a>, command: &'a Command) -> Option<(StepUpAction, Vec<&'a AccountId>)> {
    let of = |id| {
        let request = world.book.request(id);
        request.into_iter().flat_map(|request| request.ask.targets()).filter_map(Target::account).collect()
    };
    match command {
        Command::Request(new) => {
            Some((StepUpAction::Request, new.targets.iter().filter_map(Target::account).collect()))
        }
        Command::Extend { id, .. } => Some((StepUpAction::Request, of(id))),
        Command::Approve { id, .. } => Some((StepUpAction::Approve, of(id))),
        Command::Emergency(EmergencyCommand::Open(new)) => match new.purpose {
            Purpose::Incident => Some((StepUpAction::Breakglass, Vec::new())),
            Purpose::Drill => None,
        },
        Command::Emergency(
            EmergencyCommand::Confirm { .. } | EmergencyCommand::Add { .. } | EmergencyCommand::Extend { .. },
        ) => Some((StepUpAction::Breakglass, Vec::new())),
        Command::Emergency(
            EmergencyCommand::Decline { .. }
            | EmergencyCommand::Off { .. }
            | EmergencyCommand::Remove { .. }
            | EmergencyCommand::Review { .. }
            | EmergencyCommand::Tick { .. },
        )
        | Command::Deny { .. }
        | Command::Withdraw { .. }
        | Command::End { .. }
        | Command::EndAll { .. }
        | Command::Acknowledge { .. }
        | Command::Object { .. }
        | Command::Start { .. }
        | Command::Nudge { .. }
        | Command::GoOnEnding
        | Command::LiftCut { .. }
        | Command::Recheck { .. }
        | Command::Drift(_)
        | Command::Refuse { .. }
        | Command::Lapse { .. }
        | Command::Expire { .. }
        | Command::Overdue { .. }
        | Command::Bind { .. }
        | Command::Link { .. }
        | Command::Unlink { .. }
        | Command::DirectoryRead { .. }
        | Command::PolicyLoaded { .. }
        | Command::Started { .. }
        | Command::Stopped
        | Command::Center { .. }
        | Command::DrillMissed { .. }
        | Command::Outcome(_) => None,
    }
}
