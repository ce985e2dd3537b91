//! Whether a request that waits may still have its access now: one function for the click and for the creation (P1,
//! pitfall 6). It only ever tightens; a request keeps the terms under which it was asked (pitfall 35).

use super::World;
use crate::directory::{Account, AccountState, PermissionSet};
use crate::ids::PersonId;
use crate::refusal::Refusal;
use crate::request::AccessRequest;
use crate::rules::{NotPermitted, Question, Terms, Verdict};
use crate::target::Target;

/// Names the setting in sentences where a policy would be named.
const MAX_LENGTH_SETTING: &str = "[requests] max_duration";

/// The account and permission set of a target, if access to it can be given at all.
pub(super) fn target<'a>(
    world: &World<'a>,
    target: &Target,
) -> Result<(&'a Account, &'a PermissionSet), Refusal> {
    let Target::Assignment { account, permission_set } = target;
    let account = world.directory.accounts.get(account).ok_or(Refusal::TargetGone)?;
    let permission_set = world.directory.permission_sets.get(permission_set).ok_or(Refusal::TargetGone)?;
    if account.management {
        return Err(Refusal::ManagementAccount { account: account.id.clone() });
    }
    if account.state != AccountState::Active {
        return Err(Refusal::AccountNotActive { account: account.id.clone() });
    }
    Ok((account, permission_set))
}

/// What policy, directory and settings say now, whoever approved.
pub(super) fn permitted_now(
    world: &World<'_>,
    request: &AccessRequest,
    question: &Question,
) -> Result<Terms, NotPermitted> {
    if world.directory.enabled(&request.ask.requester).is_none()
        || target(world, &request.ask.target).is_err()
    {
        return Err(NotPermitted::Gone);
    }
    if request.ask.length > world.settings.max_length {
        let (max, policy) = (world.settings.max_length, MAX_LENGTH_SETTING.to_owned());
        return Err(NotPermitted::TooLong { max, policy });
    }
    match world.rules.request(world.directory, question) {
        Verdict::Permit(terms) => Ok(terms),
        Verdict::Refuse(why) => Err(why),
    }
}

/// The approvals that count now: of distinct, enabled people who may approve *now*, none the requester.
pub(super) fn counting<'a>(
    world: &World<'_>,
    request: &'a AccessRequest,
    question: &Question,
) -> Vec<&'a PersonId> {
    request
        .approvals
        .iter()
        .map(|approval| &approval.by)
        .filter(|by| **by != request.ask.requester && world.directory.enabled(by).is_some())
        .filter(|by| matches!(world.rules.approve(world.directory, question, by), Verdict::Permit(_)))
        .collect()
}

/// Whether an approved request may still have its access created now, with the approvals that it has.
pub(super) fn still_permitted(world: &World<'_>, request: &AccessRequest) -> Result<(), NotPermitted> {
    let question = request.question(world.now, world.emergency_on);
    let terms = permitted_now(world, request, &question)?;
    let needed = request.terms.approvals.max(terms.approvals);
    let counted = counting(world, request, &question).len();
    let counting = u32::try_from(counted).unwrap_or(u32::MAX);
    if counting < needed { Err(NotPermitted::ApprovalsGone { needed, counting }) } else { Ok(()) }
}
