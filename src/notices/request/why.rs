//! Why access ends, ended, or never came.

use glasskey_domain::request::Lost;
use glasskey_domain::rules::NotPermitted;
use glasskey_domain::{Directory, EndCause, Via, Who};

use crate::notices::Text;
use crate::notices::refusals::not_permitted;

/// Why access ends, ended, or never came. `provider`: who keeps it.
pub(super) fn why_ended(cause: &EndCause, directory: &Directory, provider: &str) -> Text {
    let text = Text::new();
    match cause {
        EndCause::Expired => text.say("its time was up"),
        EndCause::Revoked { by: Who::Person { person } } => {
            text.say("ended early by ").person(person, directory)
        }
        EndCause::Revoked { by: Who::Local { user } } => text.say("ended early on the host by ").code(user),
        EndCause::Revoked { by: Who::Stranger { .. } | Who::Glasskey } => text.say("ended early"),
        EndCause::GrantFailed { why } => text.say(format!("{provider} could not create it: ")).code(why),
        EndCause::NoLongerPermitted { why: NotPermitted::Gone } => {
            text.say("the person is no longer enabled in the directory, or what was asked for is gone")
        }
        EndCause::NoLongerPermitted { why } => text
            .say("policy no longer permitted it when it was about to be created: ")
            .and(not_permitted(why)),
        EndCause::ConditionsChanged { lost: what } => {
            lost(text, what, directory).say(", seen twice in the directory")
        }
        EndCause::Objected { by, why } => text.person(by, directory).say(" objected: ").quote(why),
        EndCause::RemovedByHand => {
            text.say(format!("somebody removed it at {provider}, not Glasskey; it is not put back"))
        }
        EndCause::AlreadyHeld { via: Via::Direct } => text.say(
            "the person already has this access directly, and keeps it; Glasskey added and removed nothing",
        ),
        EndCause::AlreadyHeld { via: Via::Groups { groups } } => {
            let names: Vec<_> = groups.iter().map(|group| directory.group_name(group)).collect();
            text.say("the person already has this access through ")
                .code(names.join(", "))
                .say(", and keeps it; Glasskey added and removed nothing")
        }
    }
}

/// What is not so any more, or cannot be seen.
pub(super) fn lost(text: Text, what: &Lost, directory: &Directory) -> Text {
    match what {
        Lost::PersonGone => text.say("the person is not in the directory any more"),
        Lost::PersonDisabled => text.say("the person is disabled"),
        Lost::PersonUnknown => text.say("the directory does not say whether the person is enabled"),
        Lost::AccountGone => text.say("the account is not in the organization any more"),
        Lost::AccountClosed => text.say("the account is closed"),
        Lost::AccountUnknown => text.say("AWS does not say whether the account is active"),
        Lost::PermissionSetGone => text.say("the permission set is not there any more"),
        Lost::GroupGone => text.say("the group is not there any more"),
        Lost::Permission { groups } => {
            let names: Vec<_> = groups.iter().map(|group| directory.group_name(group)).collect();
            text.say("the person is not in ")
                .code(names.join(", "))
                .say(" any more, and nothing else permits it")
        }
    }
}
