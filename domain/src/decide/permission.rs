//! Whether a request that waits may still have its access now: one function for the click and for the creation (P1,
//! pitfall 6). It only ever tightens; a request keeps the terms under which it was asked (pitfall 35).

use super::World;
use crate::directory::AccountState;
use crate::ids::{GroupId, PersonId};
use crate::item::{Item, ItemName};
use crate::quorum::{Unmet, unmet};
use crate::refusal::Refusal;
use crate::request::{AccessRequest, Approval, Permitted};
use crate::rules::{NotPermitted, Question, Terms, Verdict};
use crate::target::Target;
use crate::time::Seconds;

/// Names the setting in sentences where a policy would be named.
pub(super) const MAX_LENGTH_SETTING: &str = "[requests] max_duration";

/// A target with its names, if access to it can be given at all.
pub(super) fn item(world: &World<'_>, target: &Target) -> Result<Item, Refusal> {
    let (name, session) = match target {
        Target::Assignment { account, permission_set } => {
            let account = world.directory.accounts.get(account).ok_or(Refusal::TargetGone)?;
            let set = world.directory.permission_sets.get(permission_set).ok_or(Refusal::TargetGone)?;
            if account.management {
                return Err(Refusal::ManagementAccount { account: account.id.clone() });
            }
            if account.state != AccountState::Active {
                return Err(Refusal::AccountNotActive { account: account.id.clone() });
            }
            let names =
                ItemName::Assignment { account: account.name.clone(), permission_set: set.name.clone() };
            (names, set.session)
        }
        Target::Membership { group } => (group_name(world, group)?, Seconds::default()),
    };
    Ok(Item { target: target.clone(), name, session })
}

/// A group into which people can be put: whatever feeds it would undo that.
fn group_name(world: &World<'_>, group: &GroupId) -> Result<ItemName, Refusal> {
    let group = world.directory.groups.get(group).ok_or(Refusal::TargetGone)?;
    match &group.fed_by {
        None => Ok(ItemName::Group { group: group.name.clone() }),
        Some(feed) => Err(Refusal::GroupIsFed { group: group.id.clone(), by: feed.clone() }),
    }
}

/// What policy, directory and settings say now about one of its things, whoever approved.
fn permitted_now(
    world: &World<'_>,
    request: &AccessRequest,
    question: &Question,
) -> Result<Terms, NotPermitted> {
    if world.directory.enabled(&request.ask.requester).is_none() || item(world, &question.target).is_err() {
        return Err(NotPermitted::Gone);
    }
    if question.length > world.settings.max_length {
        let (max, policy) = (world.settings.max_length, MAX_LENGTH_SETTING.to_owned());
        return Err(NotPermitted::TooLong { max, policy });
    }
    match world.rules.request(world.directory, question) {
        Verdict::Permit(terms) => Ok(terms),
        Verdict::Refuse(why) => Err(why),
    }
}

/// What permits it, to be written down with it.
pub(super) fn under(world: &World<'_>, terms: &Terms) -> Permitted {
    Permitted {
        policies: terms.policies.clone(),
        set: terms.set.clone(),
        groups: terms.groups.clone(),
        emergency_on: world.emergency_on,
    }
}

/// What policy, directory and settings say now about all of its things together.
pub(super) fn all_permitted_now(
    world: &World<'_>,
    request: &AccessRequest,
    questions: &[Question],
) -> Result<Terms, NotPermitted> {
    let each: Result<Vec<Terms>, NotPermitted> =
        questions.iter().map(|question| permitted_now(world, request, question)).collect();
    together(each?).ok_or(NotPermitted::NoPolicy)
}

/// Several permissions that one request needs: each binds, so the strictest of each limit does.
pub(super) fn together(each: Vec<Terms>) -> Option<Terms> {
    each.into_iter().reduce(|mut one, other| {
        extend_new(&mut one.policies, other.policies);
        extend_new(&mut one.notify, other.notify);
        extend_new(&mut one.groups, other.groups);
        extend_new(&mut one.escalate, other.escalate);
        one.escalate.sort();
        // Quiet only where all of them are: who must be called for one of them is called.
        one.quiet.retain(|group| other.quiet.contains(group));
        for quorum in other.from {
            match one.from.iter_mut().find(|known| known.group == quorum.group) {
                Some(known) => known.needed = known.needed.max(quorum.needed),
                None => one.from.push(quorum),
            }
        }
        let of_groups: u32 = one.from.iter().map(|quorum| quorum.needed).sum();
        one.approvals = one.approvals.max(other.approvals).max(of_groups);
        one.max_length = one.max_length.min(other.max_length);
        one.cut_sessions |= other.cut_sessions;
        one
    })
}

fn extend_new<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !known.contains(&one) {
            known.push(one);
        }
    }
}

/// Whether a person may approve all of it, and by which policies.
pub(super) fn may_approve(
    world: &World<'_>,
    questions: &[Question],
    person: &PersonId,
) -> Result<Vec<String>, NotPermitted> {
    let mut policies = Vec::new();
    for question in questions {
        match world.rules.approve(world.directory, question, person) {
            Verdict::Permit(terms) => extend_new(&mut policies, terms.policies),
            Verdict::Refuse(why) => return Err(why),
        }
    }
    Ok(policies)
}

/// The approvals that count now: of distinct, enabled people who may approve *now*, none the requester.
pub(super) fn counting<'a>(
    world: &World<'_>,
    requester: &PersonId,
    approvals: &'a [Approval],
    questions: &[Question],
) -> Vec<&'a PersonId> {
    approvals
        .iter()
        .map(|approval| &approval.by)
        .filter(|by| *by != requester && world.directory.enabled(by).is_some())
        .filter(|by| may_approve(world, questions, by).is_ok())
        .collect()
}

/// What is missing when these people said yes: as it was asked, and as policy is now, whichever is more. The people of the
/// groups `also` count for every group: they were asked because nobody answered.
pub(super) fn still_unmet(
    world: &World<'_>,
    also: &[&str],
    (asked, now): (&Terms, &Terms),
    people: &[&PersonId],
) -> Unmet {
    let asked = unmet(world.directory, asked, people, also);
    let now = unmet(world.directory, now, people, also);
    if now.people > asked.people || asked.groups.is_empty() && now.people == asked.people {
        now
    } else {
        asked
    }
}

/// Whether one thing of an approved request may still be created now, with the approvals that it has.
pub(super) fn still_permitted(
    world: &World<'_>,
    request: &AccessRequest,
    target: &Target,
) -> Result<Terms, NotPermitted> {
    let questions: Vec<Question> = request
        .questions(world.now, world.emergency_on)
        .filter(|question| &question.target == target)
        .collect();
    permitted_with_approvals(world, request, &questions)
}

/// Whether these things of an approved request may still be created now, with the approvals that it has.
pub(super) fn permitted_with_approvals(
    world: &World<'_>,
    request: &AccessRequest,
    questions: &[Question],
) -> Result<Terms, NotPermitted> {
    let terms = all_permitted_now(world, request, questions)?;
    if request.ask.urgent {
        return Ok(terms);
    }
    let counted = counting(world, &request.ask.requester, &request.approvals, questions);
    let counting = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let also: Vec<&str> = request.escalated_to().collect();
    let missing = still_unmet(world, &also, (&request.terms, &terms), &counted);
    if missing.people == 0 {
        return Ok(terms);
    }
    Err(NotPermitted::ApprovalsGone { needed: counting.saturating_add(missing.people), counting })
}
