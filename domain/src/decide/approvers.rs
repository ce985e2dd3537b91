//! Who could say yes: a request that nobody could approve is refused at once, naming what is missing.

use super::World;
use super::permission::may_approve;
use crate::ids::PersonId;
use crate::quorum::{group_of_people, is_of, unmet};
use crate::refusal::Refusal;
use crate::rules::{Question, Terms};

/// Approvers named on a card: more than these nobody reads, and finding one is cheaper than finding all.
const APPROVERS_SHOWN_MAX: usize = 20;
/// People looked through where not all who may approve one thing count: because of quiet groups, or of a bundle.
const LOOKED_THROUGH_MAX: usize = 200;

/// Who could approve it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Callable {
    /// Who is called upon.
    pub called: Vec<PersonId>,
    /// Who is not, and may approve all the same.
    pub quiet: Vec<PersonId>,
}

/// Who could approve it now, if they are enough.
pub(super) fn callable(
    world: &World<'_>,
    requester: &PersonId,
    questions: &[Question],
    terms: &Terms,
) -> Result<Callable, Refusal> {
    if terms.approvals == 0 {
        return Ok(Callable::default());
    }
    let mut found = of_named_groups(world, requester, questions, terms);
    if terms.from.iter().map(|quorum| quorum.needed).sum::<u32>() < terms.approvals {
        found.extend(of_any_group(world, questions, terms));
        found.sort();
        found.dedup();
    }
    let missing = unmet(world.directory, terms, &found.iter().collect::<Vec<_>>(), &[]).people;
    if missing > 0 {
        return Err(Refusal::NobodyCouldApprove {
            needed: terms.approvals,
            found: terms.approvals.saturating_sub(missing),
        });
    }
    Ok(split(world, terms, found))
}

fn of_any_group(world: &World<'_>, questions: &[Question], terms: &Terms) -> Vec<PersonId> {
    let Some((first, others)) = questions.split_first() else { return Vec::new() };
    let needed = usize::try_from(terms.approvals).unwrap_or(usize::MAX);
    let plain = others.is_empty() && terms.quiet.is_empty();
    let most = needed.max(if plain { APPROVERS_SHOWN_MAX } else { LOOKED_THROUGH_MAX });
    let mut found = world.rules.approvers(world.directory, first, most).people;
    found.retain(|person| may_approve(world, others, person).is_ok());
    found
}

/// Enough of each group that policy names, in the order of their ids.
fn of_named_groups(
    world: &World<'_>,
    requester: &PersonId,
    questions: &[Question],
    terms: &Terms,
) -> Vec<PersonId> {
    let mut found: Vec<PersonId> = Vec::new();
    for quorum in &terms.from {
        found.extend(members_who_may(world, requester, questions, &quorum.group));
    }
    found.sort();
    found.dedup();
    found
}

/// The people of a group who may approve it, up to as many as anybody reads.
pub(super) fn members_who_may(
    world: &World<'_>,
    requester: &PersonId,
    questions: &[Question],
    group: &str,
) -> Vec<PersonId> {
    let Some(group) = group_of_people(world.directory, group) else { return Vec::new() };
    world
        .directory
        .members_of(&group.id)
        .filter(|person| *person != requester && world.directory.enabled(person).is_some())
        .filter(|person| may_approve(world, questions, person).is_ok())
        .take(APPROVERS_SHOWN_MAX)
        .cloned()
        .collect()
}

/// Where everybody is quiet, everybody is called: nobody would know otherwise.
fn split(world: &World<'_>, terms: &Terms, found: Vec<PersonId>) -> Callable {
    let is_quiet = |person: &PersonId| terms.quiet.iter().any(|group| is_of(world.directory, person, group));
    let (mut quiet, mut called): (Vec<PersonId>, Vec<PersonId>) = found.into_iter().partition(is_quiet);
    if called.is_empty() {
        std::mem::swap(&mut quiet, &mut called);
    }
    called.truncate(APPROVERS_SHOWN_MAX);
    quiet.truncate(APPROVERS_SHOWN_MAX);
    Callable { called, quiet }
}
