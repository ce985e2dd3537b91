//! What Cedar is told about an emergency, and about who reviews one. Nothing here needs more than the kept directory:
//! break-glass is for the day when nothing else answers (P8).

use cedar_policy::{Context, Entities, Entity, Request, RestrictedExpression};
use glasskey_domain::ids::FederationId;
use glasskey_domain::rules::EmergencyQuestion;
use glasskey_domain::{Directory, PersonId};

use super::entities::{Names, Parties, Prepared, Unaskable, erred, moment, parties, text, uid_of};
use super::literals::{Kind, Literal};
use super::ruleset::RuleSet;

/// A federation has one name, the one it is configured under.
pub(super) fn names_of_federation(rules: &RuleSet, federation: &FederationId) -> Names {
    let mut names = Names::default();
    names.add(rules, Kind::Federation, federation.as_str(), || false);
    names
}

/// Puts a question about an emergency: may `actor` do `action`? Both who acts and who opens must be enabled.
pub(super) fn prepare_emergency(
    rules: &RuleSet,
    directory: &Directory,
    question: &EmergencyQuestion,
    action: &str,
    actor: &PersonId,
) -> Result<Prepared, Unaskable> {
    let actor = directory.enabled(actor).ok_or(Unaskable::Gone)?;
    let opener = directory.enabled(&question.opener).ok_or(Unaskable::Gone)?;
    let types = &rules.types;
    let Parties { mut entities, principal, shared } = parties(rules, directory, actor, Some(opener), None)?;
    let uid = types.uid(&Literal::new(Kind::Federation, question.federation.as_str()));
    let name = ("name".to_owned(), text(question.federation.as_str()));
    entities.push(Entity::new_with_tags(uid.clone(), [name], [], []).map_err(erred)?);
    let mut pairs = moment(question.at, question.door, question.emergency_on, &rules.zone);
    pairs.extend([
        ("level".to_owned(), text(question.level.word())),
        ("durationSeconds".to_owned(), RestrictedExpression::new_long(i64::from(question.length.0))),
        ("drill".to_owned(), RestrictedExpression::new_bool(question.drill)),
        ("requester".to_owned(), RestrictedExpression::new_entity_uid(types.uid(&uid_of(opener)))),
    ]);
    pairs.extend(question.incident.as_deref().map(|incident| ("incident".to_owned(), text(incident))));
    let context = Context::from_pairs(pairs).map_err(erred)?;
    let request =
        Request::new(types.uid(&uid_of(actor)), types.action(action), uid, context, None).map_err(erred)?;
    let entities = Entities::from_entities(entities, None).map_err(erred)?;
    let resource = names_of_federation(rules, &question.federation);
    Ok(Prepared { request, entities, principal, resource, kind: Kind::Federation, shared })
}

/// Puts the question whether somebody may do something with Glasskey itself: is an auditor, or an administrator.
pub(super) fn prepare_about_glasskey(
    rules: &RuleSet,
    directory: &Directory,
    action: &str,
    person: &PersonId,
    moment: Vec<(String, RestrictedExpression)>,
) -> Result<Prepared, Unaskable> {
    let person = directory.enabled(person).ok_or(Unaskable::Gone)?;
    let types = &rules.types;
    let Parties { mut entities, principal, shared } = parties(rules, directory, person, None, None)?;
    let glasskey = types.glasskey();
    entities.push(Entity::new_no_attrs(glasskey.clone(), [].into()));
    let context = Context::from_pairs(moment).map_err(erred)?;
    let request = Request::new(types.uid(&uid_of(person)), types.action(action), glasskey, context, None)
        .map_err(erred)?;
    let entities = Entities::from_entities(entities, None).map_err(erred)?;
    Ok(Prepared { request, entities, principal, resource: Names::default(), kind: Kind::Federation, shared })
}

#[cfg(test)]
mod tests {
    use glasskey_domain::Door;
    use glasskey_domain::emergency::Level;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::policy::verdict::{ADMINISTER, AUDIT, BREAKGLASS, CONFIRM};
    use crate::policy::{SCHEMA, Source, company, emergency_question};

    fn conforms(prepared: &Prepared) {
        let (schema, _) = cedar_policy::Schema::from_cedarschema_str(SCHEMA).unwrap();
        let asked = &prepared.request;
        let context = asked.context().unwrap().clone();
        let (who, what) = (asked.principal().unwrap().clone(), asked.resource().unwrap().clone());
        let action = asked.action().unwrap().clone();
        Request::new(who, action, what, context, Some(&schema)).unwrap();
        Entities::from_entities(prepared.entities.iter().cloned(), Some(&schema)).unwrap();
    }

    /// What Cedar is told is what the schema says it is told.
    #[test]
    fn questions_about_emergencies_and_reviews_conform_to_the_schema() {
        let text =
            "permit(principal in Group::\"commanders\", action == Action::\"approveBreakglass\", resource);";
        let sources = [Source { file: "p".to_owned(), text: text.to_owned() }];
        let rules = RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
        let directory = company("c", "group commanders: dee, bo").unwrap();
        let (at, length) = (Timestamp::UNIX_EPOCH, glasskey_domain::Seconds::hours(1));
        let mut question = emergency_question(&directory, "dee", "main", Level::Ops, length, at).unwrap();
        for incident in [None, Some("INC-7".to_owned())] {
            question.incident = incident;
            for (action, actor) in [(BREAKGLASS, "p-dee"), (CONFIRM, "p-bo")] {
                let actor = PersonId::new(actor);
                conforms(&prepare_emergency(&rules, &directory, &question, action, &actor).unwrap());
            }
        }
        let moment = moment(at, Door::Host, false, &rules.zone);
        for action in [AUDIT, ADMINISTER] {
            let bo = PersonId::new("p-bo");
            conforms(&prepare_about_glasskey(&rules, &directory, action, &bo, moment.clone()).unwrap());
        }
    }
}
