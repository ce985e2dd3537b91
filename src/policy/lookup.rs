//! From what an operator types to people, accounts and permission sets, for `policy explain` and case tables. Several of
//! one name is an answer of its own, never the first of them.

use glasskey_domain::directory::{Account, Group, PermissionSet};
use glasskey_domain::emergency::Level;
use glasskey_domain::ids::FederationId;
use glasskey_domain::rules::EmergencyQuestion;
use glasskey_domain::{Directory, Door, Person, PersonId, Question, Seconds, Target};
use jiff::Timestamp;

use super::fault::nearest;

/// Why a name leads nowhere: lower case, ready to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// Nothing has it.
    #[error("no {what} is called `{name}`{}", hint.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    None {
        /// Person, account, permission set or group.
        what: &'static str,
        /// What was typed.
        name: String,
        /// The nearest there is.
        hint: Option<String>,
    },
    /// More than one has it.
    #[error("{count} {what}s are called `{name}`; use the id")]
    Several {
        /// Person, account, permission set or group.
        what: &'static str,
        /// What was typed.
        name: String,
        /// How many.
        count: usize,
    },
}

fn one<'a, T>(
    what: &'static str,
    name: &str,
    found: Vec<&'a T>,
    known: impl Iterator<Item = &'a str>,
) -> Result<&'a T, NotFound> {
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            Err(NotFound::None { what, name: name.to_owned(), hint: nearest(name, known).map(str::to_owned) })
        }
        several => Err(NotFound::Several { what, name: name.to_owned(), count: several.len() }),
    }
}

/// A person by id, user name or e-mail address.
///
/// # Errors
/// When nobody or more than one person is meant.
pub fn person<'a>(directory: &'a Directory, name: &str) -> Result<&'a Person, NotFound> {
    let email = name.to_lowercase();
    let is = |person: &&Person| {
        person.id.as_str() == name
            || person.user_name.eq_ignore_ascii_case(name)
            || person.emails.contains(&email)
    };
    let found = directory.people.values().filter(is).collect();
    one("person", name, found, directory.people.values().map(|person| person.user_name.as_str()))
}

/// An account by id or name.
///
/// # Errors
/// When none or more than one is meant.
pub fn account<'a>(directory: &'a Directory, name: &str) -> Result<&'a Account, NotFound> {
    let is = |account: &&Account| account.id.as_str() == name || account.name.eq_ignore_ascii_case(name);
    let found = directory.accounts.values().filter(is).collect();
    one("account", name, found, directory.accounts.values().map(|account| account.name.as_str()))
}

/// A permission set by name or ARN.
///
/// # Errors
/// When none or more than one is meant.
pub fn permission_set<'a>(directory: &'a Directory, name: &str) -> Result<&'a PermissionSet, NotFound> {
    let is = |set: &&PermissionSet| set.arn.as_str() == name || set.name.eq_ignore_ascii_case(name);
    let found = directory.permission_sets.values().filter(is).collect();
    one("permission set", name, found, directory.permission_sets.values().map(|set| set.name.as_str()))
}

/// A group by id or name, wherever it is kept.
///
/// # Errors
/// When none or more than one is meant.
pub fn group<'a>(directory: &'a Directory, name: &str) -> Result<&'a Group, NotFound> {
    let known = directory.groups.values().map(|group| group.name.as_str());
    one("group", name, directory.groups_called(name), known)
}

/// The question that these names ask, through no chat, without ticket, while no emergency is on.
///
/// # Errors
/// When a name leads nowhere.
pub fn question(
    directory: &Directory,
    names: (&str, &str, &str),
    length: Seconds,
    at: Timestamp,
) -> Result<Question, NotFound> {
    let (who, account_name, set_name) = names;
    let requester: PersonId = person(directory, who)?.id.clone();
    let account = account(directory, account_name)?.id.clone();
    let permission_set = permission_set(directory, set_name)?.arn.clone();
    Ok(plain(requester, Target::Assignment { account, permission_set }, length, at))
}

/// The question of this person who wants to be in this group, as plain as [`question`].
///
/// # Errors
/// When a name leads nowhere.
pub fn group_question(
    directory: &Directory,
    (who, group_name): (&str, &str),
    length: Seconds,
    at: Timestamp,
) -> Result<Question, NotFound> {
    let requester: PersonId = person(directory, who)?.id.clone();
    let group = group(directory, group_name)?.id.clone();
    Ok(plain(requester, Target::Membership { group }, length, at))
}

fn plain(requester: PersonId, target: Target, length: Seconds, at: Timestamp) -> Question {
    Question {
        requester,
        target,
        length,
        ticket: None,
        door: Door::Slack,
        at,
        starts_at: None,
        urgent: false,
        emergency_on: false,
    }
}

/// The question of this person who opens an emergency, through no chat, without incident, while no emergency is on.
/// Federations are the configuration's: any name will do here.
///
/// # Errors
/// When the name leads nowhere.
pub fn emergency_question(
    directory: &Directory,
    opener: &str,
    federation: &str,
    level: Level,
    length: Seconds,
    at: Timestamp,
) -> Result<EmergencyQuestion, NotFound> {
    Ok(EmergencyQuestion {
        opener: person(directory, opener)?.id.clone(),
        federation: FederationId::new(federation),
        level,
        length,
        incident: None,
        drill: false,
        door: Door::Slack,
        at,
        emergency_on: false,
    })
}
