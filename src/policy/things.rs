//! What access is asked for, as policies call it: an account in its units, or a group. One thing has many names, and a name
//! that two things share is marked as such.

use cedar_policy::RestrictedExpression;
use glasskey_domain::directory::{AccountState, Keeper, Ou};
use glasskey_domain::ids::OuId;
use glasskey_domain::{AccountId, Directory, GroupId, Target};

use super::entities::{Names, text};
use super::literals::{Kind, Literal, is_account_id};
use super::ruleset::RuleSet;

/// Organizations nests five deep; more steps up are a loop in bad data.
const STEPS_MAX: usize = 16;

/// What is asked for.
pub(super) struct Thing {
    /// Its id.
    pub(super) literal: Literal,
    pub(super) names: Names,
    pub(super) attributes: Vec<(String, RestrictedExpression)>,
    /// Empty for a group, which has none.
    pub(super) permission_set: String,
    /// Whether it is there, and access to it can be given at all.
    pub(super) usable: bool,
}

impl Thing {
    pub(super) fn of(rules: &RuleSet, directory: &Directory, target: &Target) -> Self {
        match target {
            Target::Assignment { account: id, permission_set } => {
                let account = directory.accounts.get(id);
                let set = directory.permission_sets.get(permission_set);
                let name = account.map(|account| account.name.as_str()).unwrap_or_default();
                let active = account.is_some_and(|account| account.state == AccountState::Active);
                Self {
                    literal: Literal::new(Kind::Account, id.as_str()),
                    names: names_of_account(rules, directory, id),
                    attributes: vec![("id".to_owned(), text(id.as_str())), ("name".to_owned(), text(name))],
                    permission_set: set.map(|set| set.name.clone()).unwrap_or_default(),
                    usable: active && set.is_some(),
                }
            }
            Target::Membership { group: id } => {
                let group = directory.groups.get(id);
                let name = group.map(|group| group.name.as_str()).unwrap_or_default();
                let keeper = group.map(|group| keeper(group.kept_in)).unwrap_or_default();
                Self {
                    literal: Literal::new(Kind::Group, id.as_str()),
                    names: names_of_group(rules, directory, id),
                    attributes: vec![
                        ("id".to_owned(), text(id.as_str())),
                        ("name".to_owned(), text(name)),
                        ("keptIn".to_owned(), text(keeper)),
                    ],
                    permission_set: String::new(),
                    usable: group.is_some(),
                }
            }
        }
    }
}

/// As `resource.keptIn` says it.
fn keeper(kept_in: Keeper) -> &'static str {
    match kept_in {
        Keeper::IdentityStore => "identity-store",
        Keeper::Okta => "okta",
    }
}

/// The names of a group that is asked for: its id and its display name, wherever it is kept.
pub(super) fn names_of_group(rules: &RuleSet, directory: &Directory, id: &GroupId) -> Names {
    let mut names = Names::default();
    names.add(rules, Kind::Group, id.as_str(), || false);
    let Some(group) = directory.groups.get(id) else { return names };
    // A name that is some group's id means that group, never this one.
    if rules.mentions(Kind::Group, &group.name) && !directory.groups.contains_key(&GroupId::new(&group.name))
    {
        names.add(rules, Kind::Group, &group.name, || {
            directory.groups.values().any(|other| other.name == group.name && &other.id != id)
        });
    }
    names
}

/// The names of whatever is asked for.
pub(super) fn names_of(rules: &RuleSet, directory: &Directory, target: &Target) -> Names {
    match target {
        Target::Assignment { account, .. } => names_of_account(rules, directory, account),
        Target::Membership { group } => names_of_group(rules, directory, group),
    }
}

/// The names of an account: its id and name, and the ids, names and paths of the units above it.
pub(super) fn names_of_account(rules: &RuleSet, directory: &Directory, id: &AccountId) -> Names {
    let mut names = own_names(rules, directory, id);
    names.extend(names_above(rules, directory, id));
    names
}

/// The names that an account has to itself.
pub(super) fn own_names(rules: &RuleSet, directory: &Directory, id: &AccountId) -> Names {
    let mut names = Names::default();
    names.add(rules, Kind::Account, id.as_str(), || false);
    let Some(account) = directory.accounts.get(id) else { return names };
    if !is_account_id(&account.name) {
        names.add(rules, Kind::Account, &account.name, || {
            directory.accounts.values().any(|other| other.name == account.name && other.id != account.id)
        });
    }
    names
}

/// The names of the units above an account, which it shares with every account beside it.
pub(super) fn names_above(rules: &RuleSet, directory: &Directory, id: &AccountId) -> Names {
    let mut names = Names::default();
    let above = directory.ous_above(id);
    for (place, ou) in above.iter().enumerate() {
        names.add(rules, Kind::Ou, ou.id.as_str(), || false);
        let path = path(above.get(place..).unwrap_or_default());
        for name in [ou.name.as_str(), path.as_str()] {
            if rules.mentions(Kind::Ou, name) && !is_ou_id(directory, name) {
                names.add(rules, Kind::Ou, name, || is_another_ou(directory, ou, name));
            }
        }
    }
    names
}

/// `ou-ab12-11111111` or `r-ab12`, or whatever some unit has for an id.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
pub(super) fn is_ou_id(directory: &Directory, text: &str) -> bool {
    let part = |part: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let root = text.strip_prefix("r-").is_some_and(|tail| part(tail, 4..=32));
    let unit = text.strip_prefix("ou-").and_then(|tail| tail.split_once('-'));
    root || unit.is_some_and(|(root, own)| part(root, 4..=32) && part(own, 8..=32))
        || directory.ous.contains_key(&OuId::new(text))
}

fn is_another_ou(directory: &Directory, ou: &Ou, name: &str) -> bool {
    directory
        .ous
        .values()
        .filter(|other| other.id != ou.id)
        .any(|other| other.name == name || has_path(directory, other, name))
}

/// Whether this is the unit's path, compared from its end: at most units the last name already differs.
fn has_path(directory: &Directory, ou: &Ou, path: &str) -> bool {
    let (mut rest, mut at) = (path, ou);
    for _ in 0..STEPS_MAX {
        let Some(above) = rest.strip_suffix(at.name.as_str()).filter(|_| at.parent.is_some()) else {
            return false;
        };
        match at.parent.as_ref().and_then(|id| directory.ous.get(id)).filter(|ou| ou.parent.is_some()) {
            None => return above.is_empty(),
            Some(parent) => {
                let Some(above) = above.strip_suffix('/') else { return false };
                (rest, at) = (above, parent);
            }
        }
    }
    false
}

/// The names from below the root down to the unit, of units nearest first.
fn path(above: &[&Ou]) -> String {
    let names: Vec<&str> =
        above.iter().rev().filter(|ou| ou.parent.is_some()).map(|ou| ou.name.as_str()).collect();
    names.join("/")
}

/// The path of any unit.
pub(super) fn path_of(directory: &Directory, ou: &Ou) -> String {
    let up = std::iter::successors(Some(ou), |ou| ou.parent.as_ref().and_then(|id| directory.ous.get(id)));
    path(&up.take(STEPS_MAX).collect::<Vec<_>>())
}
