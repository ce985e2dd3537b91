//! What binds a permission, as decisions keep it: the limits of the one policy that authorised it, and the groups by which it
//! did.

use std::collections::BTreeSet;

use glasskey_domain::rules::Terms;
use glasskey_domain::{Directory, GroupId, PersonId};

use super::annotations::Limits;
use super::literals::{Kind, Literal};
use super::ruleset::{Rule, RuleSet, Scope};

/// The terms under which a rule permits a request.
pub(super) fn of_request(
    rules: &RuleSet,
    directory: &Directory,
    requester: &PersonId,
    rule: &Rule,
    limits: &Limits,
) -> Terms {
    Terms {
        policies: vec![rule.id.clone()],
        set: rules.hash().to_owned(),
        approvals: limits.approvals,
        max_length: limits.max_duration,
        notify: limits.notify.clone(),
        from: limits.from.clone(),
        quiet: limits.quiet.clone(),
        escalate: limits.escalate.clone(),
        cut_sessions: limits.cut_sessions,
        groups: groups(directory, requester, rule),
    }
}

/// The groups of a person that a rule names, in its head or its conditions: who loses one of them may lose the permission.
/// The group that is asked for is not among them.
fn groups(directory: &Directory, person: &PersonId, rule: &Rule) -> Vec<GroupId> {
    let in_head = match &rule.principal {
        Scope::One(name) => Some(name),
        Scope::Every(_) | Scope::Any => None,
    };
    let names: BTreeSet<&Literal> =
        rule.named.in_conditions.iter().chain(in_head).filter(|name| name.kind == Kind::Group).collect();
    let is_named = |id: &&GroupId| {
        let called = |text: &str| names.iter().any(|name| name.id == text);
        // A name that is some group's id means that group.
        called(id.as_str())
            || directory.groups.get(id).is_some_and(|group| {
                called(&group.name) && !directory.groups.contains_key(&GroupId::new(&group.name))
            })
    };
    directory.groups_of(person).filter(is_named).cloned().collect()
}
