//! What Cedar is told about one question: three entities with all they are in, and a context. Never the whole company.
//!
//! Names are parents: an account is in `OU::"ou-…"`, `OU::"Prod"` and `OU::"Workloads/Prod"` alike. A name that two things
//! share is marked as such, so that nobody's policy widens because somebody created a second "Prod".

use std::collections::BTreeSet;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use glasskey_domain::directory::Keeper;
use glasskey_domain::{Directory, Door, GroupId, Person, PersonId, Question};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::literals::{Kind, Literal};
use super::ruleset::{RuleSet, type_name};
use super::things::Thing;

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
    pub(super) fn extend(&mut self, other: Self) {
        self.all.extend(other.all);
        self.shared.extend(other.shared);
    }

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
            // People are in groups of the Identity Store; a namesake that Okta keeps is not meant.
            names.add(rules, Kind::Group, &group.name, || {
                let mut others = directory.groups.values().filter(|other| &other.id != id);
                others.any(|other| other.name == group.name && other.kept_in == Keeper::IdentityStore)
            });
        }
    }
    names
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
    /// What the resource is; Glasskey itself has no kind of its own, and goes by that of a federation.
    pub(super) kind: Kind,
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
    let thing = Thing::of(rules, directory, &question.target);
    if !thing.usable && !taking_away {
        return Err(Unaskable::Gone);
    }
    let types = &rules.types;
    let Parties { mut entities, principal, mut shared } =
        parties(rules, directory, actor, requester, question.target.group())?;
    shared.extend(thing.names.shared.iter().cloned());
    let requester_uid = types.uid(&requester.map_or_else(|| unknown_person(question), uid_of));
    let resource_uid = types.uid(&thing.literal);
    let parents = parents(types, &thing.names.all, &resource_uid);
    let entity = Entity::new_with_tags(resource_uid.clone(), thing.attributes, parents, []).map_err(erred)?;
    entities.push(entity);
    let context = context(question, &thing.permission_set, requester_uid, &rules.zone)?;
    let request = Request::new(types.uid(&uid_of(actor)), types.action(action), resource_uid, context, None)
        .map_err(erred)?;
    let entities = Entities::from_entities(entities, None).map_err(erred)?;
    let kind = thing.literal.kind;
    Ok(Prepared { request, entities, principal, resource: thing.names, kind, shared })
}

/// The people of a question, as Cedar takes them.
pub(super) struct Parties {
    pub(super) entities: Vec<Entity>,
    /// Of who acts.
    pub(super) principal: Names,
    /// Of both.
    pub(super) shared: BTreeSet<Literal>,
}

/// Who acts, and for whom; a user name that two of them have would make one person of them. Whether they are in the group
/// that it is about is told even where no policy names it: `principal in resource`.
pub(super) fn parties(
    rules: &RuleSet,
    directory: &Directory,
    actor: &Person,
    requester: Option<&Person>,
    about: Option<&GroupId>,
) -> Result<Parties, Unaskable> {
    let entity = |person: &Person, names: &Names| {
        let mut names = names.all.clone();
        let about = about.filter(|group| directory.is_in(&person.id, group));
        names.extend(about.map(|group| Literal::new(Kind::Group, group.as_str())));
        person_entity(&rules.types, person, &names)
    };
    let principal = names_of_person(rules, directory, actor);
    let mut shared = principal.shared.clone();
    let mut entities = vec![entity(actor, &principal)?];
    if let Some(requester) = requester.filter(|requester| requester.id != actor.id) {
        if requester.user_name == actor.user_name {
            return Err(Unaskable::Erred(format!("two people have the user name `{}`", actor.user_name)));
        }
        let names = names_of_person(rules, directory, requester);
        entities.push(entity(requester, &names)?);
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

fn parents(types: &Types, names: &BTreeSet<Literal>, own: &EntityUid) -> Vec<EntityUid> {
    names.iter().map(|name| types.uid(name)).filter(|uid| uid != own).collect()
}

fn person_entity(types: &Types, person: &Person, names: &BTreeSet<Literal>) -> Result<Entity, Unaskable> {
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

fn context(
    question: &Question,
    permission_set: &str,
    requester: EntityUid,
    zone: &TimeZone,
) -> Result<Context, Unaskable> {
    // Access for tomorrow night is judged by tomorrow night.
    let start = question.starts_at.map_or(question.at, |starts_at| starts_at.max(question.at));
    let mut pairs = moment(start, question.door, question.emergency_on, zone);
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
