//! What Cedar is told about one question: three entities with all they are in, and a context. Never the whole company.
//!
//! Names are parents: an account is in `OU::"ou-…"`, `OU::"Prod"` and `OU::"Workloads/Prod"` alike. A name that two things
//! share is marked as such, so that nobody's policy widens because somebody created a second "Prod".

use std::collections::BTreeSet;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use glasskey_domain::directory::{AccountState, Ou};
use glasskey_domain::ids::OuId;
use glasskey_domain::{AccountId, Directory, Door, GroupId, Person, PersonId, Question, Target};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::literals::{Kind, Literal, is_account_id};
use super::ruleset::{RuleSet, type_name};

/// Organizations nests five deep; more steps up are a loop in bad data.
const STEPS_MAX: usize = 16;

/// The type names of the schema, parsed once.
#[derive(Debug)]
pub(super) struct Types {
    person: EntityTypeName,
    group: EntityTypeName,
    account: EntityTypeName,
    ou: EntityTypeName,
    federation: EntityTypeName,
    glasskey: EntityTypeName,
    action: EntityTypeName,
}

impl Types {
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self {
            person: type_name("Person")?,
            group: type_name("Group")?,
            account: type_name("Account")?,
            ou: type_name("OU")?,
            federation: type_name("Federation")?,
            glasskey: type_name("Glasskey")?,
            action: type_name("Action")?,
        })
    }

    pub(super) fn uid(&self, literal: &Literal) -> EntityUid {
        let name = match literal.kind {
            Kind::Person => &self.person,
            Kind::Group => &self.group,
            Kind::Account => &self.account,
            Kind::Ou => &self.ou,
            Kind::Federation => &self.federation,
        };
        EntityUid::from_type_name_and_id(name.clone(), EntityId::new(&literal.id))
    }

    /// `Glasskey::"main"`, the only one.
    pub(super) fn glasskey(&self) -> EntityUid {
        EntityUid::from_type_name_and_id(self.glasskey.clone(), EntityId::new("main"))
    }

    pub(super) fn action(&self, action: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.action.clone(), EntityId::new(action))
    }
}

/// All the names of a person or an account that policies use, and which of these names mean something else too.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Names {
    pub(super) all: BTreeSet<Literal>,
    pub(super) shared: BTreeSet<Literal>,
}

impl Names {
    pub(super) fn add(&mut self, rules: &RuleSet, kind: Kind, id: &str, shared: impl FnOnce() -> bool) {
        if rules.mentions(kind, id) {
            let literal = Literal::new(kind, id);
            if shared() {
                self.shared.insert(literal.clone());
            }
            self.all.insert(literal);
        }
    }
}

/// The names of a person: their user name, and their groups by id and by display name.
pub(super) fn names_of_person(rules: &RuleSet, directory: &Directory, person: &Person) -> Names {
    let mut names = Names::default();
    names.add(rules, Kind::Person, &person.user_name, || {
        directory.people.values().any(|other| other.user_name == person.user_name && other.id != person.id)
    });
    for id in directory.groups_of(&person.id) {
        names.add(rules, Kind::Group, id.as_str(), || false);
        let Some(group) = directory.groups.get(id) else { continue };
        // A name that is some group's id means that group, never this one.
        if rules.mentions(Kind::Group, &group.name)
            && !directory.groups.contains_key(&GroupId::new(&group.name))
        {
            names.add(rules, Kind::Group, &group.name, || {
                directory.groups.values().any(|other| other.name == group.name && &other.id != id)
            });
        }
    }
    names
}

/// The names of an account: its id and name, and the ids, names and paths of the units above it.
pub(super) fn names_of_account(rules: &RuleSet, directory: &Directory, id: &AccountId) -> Names {
    let mut names = Names::default();
    names.add(rules, Kind::Account, id.as_str(), || false);
    let Some(account) = directory.accounts.get(id) else { return names };
    if !is_account_id(&account.name) {
        names.add(rules, Kind::Account, &account.name, || {
            directory.accounts.values().any(|other| other.name == account.name && other.id != account.id)
        });
    }
    let above = directory.ous_above(&account.id);
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

/// Why a question cannot be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unaskable {
    /// Somebody or something in it is not there, or no longer usable.
    Gone,
    /// Cedar would not take it, or two people could be meant.
    Erred(String),
}

/// A question as Cedar takes it.
pub(super) struct Prepared {
    pub(super) request: Request,
    pub(super) entities: Entities,
    pub(super) principal: Names,
    pub(super) resource: Names,
    /// Names in the question that mean something else too.
    pub(super) shared: BTreeSet<Literal>,
}

/// Puts a question: may `actor` do `action`? Everybody in it must be enabled and everything in it there, except for
/// `revoke`, where who holds the access and where may be gone already: taking away must not wait for them.
pub(super) fn prepare(
    rules: &RuleSet,
    directory: &Directory,
    question: &Question,
    action: &str,
    actor: &PersonId,
) -> Result<Prepared, Unaskable> {
    let taking_away = action == super::verdict::REVOKE;
    let actor = directory.enabled(actor).ok_or(Unaskable::Gone)?;
    let requester = if taking_away {
        directory.people.get(&question.requester)
    } else {
        Some(directory.enabled(&question.requester).ok_or(Unaskable::Gone)?)
    };
    let Target::Assignment { account: account_id, permission_set } = &question.target else {
        return Err(Unaskable::Gone);
    };
    let account = directory.accounts.get(account_id);
    let permission_set = directory.permission_sets.get(permission_set);
    let usable =
        account.is_some_and(|account| account.state == AccountState::Active) && permission_set.is_some();
    if !usable && !taking_away {
        return Err(Unaskable::Gone);
    }
    let types = &rules.types;
    let Parties { mut entities, principal, mut shared } = parties(rules, directory, actor, requester)?;
    let resource = names_of_account(rules, directory, account_id);
    shared.extend(resource.shared.iter().cloned());
    let requester_uid = types.uid(&requester.map_or_else(|| unknown_person(question), uid_of));
    let resource_uid = types.uid(&Literal::new(Kind::Account, account_id.as_str()));
    let name = account.map(|account| account.name.as_str()).unwrap_or_default();
    entities.push(account_entity(types, &resource_uid, account_id, name, &resource)?);
    let permission_set = permission_set.map(|set| set.name.as_str()).unwrap_or_default();
    let context = context(question, permission_set, requester_uid, &rules.zone)?;
    let request = Request::new(types.uid(&uid_of(actor)), types.action(action), resource_uid, context, None)
        .map_err(erred)?;
    let entities = Entities::from_entities(entities, None).map_err(erred)?;
    Ok(Prepared { request, entities, principal, resource, shared })
}

/// The people of a question, as Cedar takes them.
pub(super) struct Parties {
    pub(super) entities: Vec<Entity>,
    /// Of who acts.
    pub(super) principal: Names,
    /// Of both.
    pub(super) shared: BTreeSet<Literal>,
}

/// Who acts, and for whom; a user name that two of them have would make one person of them.
pub(super) fn parties(
    rules: &RuleSet,
    directory: &Directory,
    actor: &Person,
    requester: Option<&Person>,
) -> Result<Parties, Unaskable> {
    let principal = names_of_person(rules, directory, actor);
    let mut shared = principal.shared.clone();
    let mut entities = vec![person_entity(&rules.types, actor, &principal)?];
    if let Some(requester) = requester.filter(|requester| requester.id != actor.id) {
        if requester.user_name == actor.user_name {
            return Err(Unaskable::Erred(format!("two people have the user name `{}`", actor.user_name)));
        }
        let names = names_of_person(rules, directory, requester);
        entities.push(person_entity(&rules.types, requester, &names)?);
        shared.extend(names.shared);
    }
    Ok(Parties { entities, principal, shared })
}

pub(super) fn erred(error: impl std::fmt::Display) -> Unaskable {
    Unaskable::Erred(error.to_string())
}

pub(super) fn uid_of(person: &Person) -> Literal {
    Literal::new(Kind::Person, &person.user_name)
}

/// An id of the Identity Store is not a user name, so nobody else is meant by it.
fn unknown_person(question: &Question) -> Literal {
    Literal::new(Kind::Person, question.requester.as_str())
}

pub(super) fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn parents(types: &Types, names: &Names, own: &EntityUid) -> Vec<EntityUid> {
    names.all.iter().map(|name| types.uid(name)).filter(|uid| uid != own).collect()
}

fn person_entity(types: &Types, person: &Person, names: &Names) -> Result<Entity, Unaskable> {
    let uid = types.uid(&uid_of(person));
    let attributes = [
        ("id".to_owned(), text(person.id.as_str())),
        ("userName".to_owned(), text(&person.user_name)),
        ("email".to_owned(), text(person.email())),
        ("displayName".to_owned(), text(&person.display_name)),
    ];
    let parents = parents(types, names, &uid);
    Entity::new_with_tags(uid, attributes, parents, []).map_err(erred)
}

fn account_entity(
    types: &Types,
    uid: &EntityUid,
    id: &AccountId,
    name: &str,
    names: &Names,
) -> Result<Entity, Unaskable> {
    let attributes = [("id".to_owned(), text(id.as_str())), ("name".to_owned(), text(name))];
    Entity::new_with_tags(uid.clone(), attributes, parents(types, names, uid), []).map_err(erred)
}

fn context(
    question: &Question,
    permission_set: &str,
    requester: EntityUid,
    zone: &TimeZone,
) -> Result<Context, Unaskable> {
    let mut pairs = moment(question.at, question.door, question.emergency_on, zone);
    pairs.extend([
        ("permissionSet".to_owned(), text(permission_set)),
        ("durationSeconds".to_owned(), RestrictedExpression::new_long(i64::from(question.length.0))),
        ("requester".to_owned(), RestrictedExpression::new_entity_uid(requester)),
    ]);
    pairs.extend(question.ticket.as_deref().map(|ticket| ("ticket".to_owned(), text(ticket))));
    Context::from_pairs(pairs).map_err(erred)
}

/// Time and door, the same for every action.
pub(super) fn moment(
    at: Timestamp,
    door: Door,
    emergency_on: bool,
    zone: &TimeZone,
) -> Vec<(String, RestrictedExpression)> {
    let local = at.to_zoned(zone.clone());
    let long = |value: i8| RestrictedExpression::new_long(i64::from(value));
    let start = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    vec![
        ("start".to_owned(), RestrictedExpression::new_datetime(start)),
        ("hour".to_owned(), long(local.hour())),
        ("weekday".to_owned(), long(local.weekday().to_monday_one_offset())),
        ("platform".to_owned(), text(&door.to_string())),
        ("emergencyOn".to_owned(), RestrictedExpression::new_bool(emergency_on)),
    ]
}
