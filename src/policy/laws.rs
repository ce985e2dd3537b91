//! What must hold of every question that is put to Cedar: leaving out what cannot match changes no answer, and what Cedar is
//! told is what the schema says.

use std::collections::BTreeSet;

use glasskey_domain::directory::{Group, Keeper};
use glasskey_domain::{Directory, GroupId, PersonId, Question, Seconds, Target};
use jiff::tz::TimeZone;

use super::entities::prepare;
use super::ruleset::{RuleSet, Scope};
use super::verdict::{APPROVE, Finding, REQUEST, REVOKE, URGENT};
use super::{Source, company, question};

const COMPANY: &str = "
    unit Workloads
    unit Workloads/Prod
    unit Other
    unit Other/Prod
    account 111111111111 sandbox in Workloads
    account 222222222222 payments-prod in Workloads/Prod
    account 333333333333 other-prod in Other/Prod
    permission set ReadOnly
    group engineers: ana, bo
    group leads: bo
    people: eve";

/// What is asked about accounts and groups.
const ACCESS: [&str; 4] = [REQUEST, URGENT, APPROVE, REVOKE];

/// Every kind of head with every effect, so that each could be left out wrongly.
fn every_head() -> String {
    let principals = [
        "principal",
        "principal is Person",
        "principal in Group::\"engineers\"",
        "principal in Group::\"g-leads\"",
        "principal == Person::\"ana\"",
        "principal in Person::\"bo\"",
        "principal is Person in Group::\"leads\"",
    ];
    let resources = [
        "resource",
        "resource in OU::\"Prod\"",
        "resource in OU::\"Root\"",
        "resource in OU::\"Workloads/Prod\"",
        "resource in OU::\"ou-pretend-00000001\"",
        "resource == Account::\"111111111111\"",
        "resource in Account::\"other-prod\"",
        "resource is Account in OU::\"Workloads\"",
        "resource is Account",
        "resource is Group",
        "resource == Group::\"g-leads\"",
        "resource in Group::\"on-call\"",
    ];
    let mut text = String::new();
    for effect in ["permit", "forbid"] {
        for principal in principals {
            for resource in resources {
                for action in ACCESS {
                    let twice = "@max_duration(\"1h\") @broad(\"yes: every head is tried\") ";
                    let said = if effect == "permit" && action == URGENT { twice } else { "" };
                    text += &format!(
                        "{said}{effect}({principal}, action == Action::\"{action}\", {resource});\n"
                    );
                }
            }
        }
    }
    text
}

/// A company that has, kept in Okta, a second group `leads` and one `on-call`.
fn acme() -> Directory {
    let mut directory = company("c", COMPANY).unwrap();
    for name in ["leads", "on-call"] {
        let id = GroupId::new(format!("00g-{name}"));
        let group = Group { kept_in: Keeper::Okta, ..Group::plain(id.clone(), name.to_owned()) };
        directory.groups.insert(id, group);
    }
    directory
}

fn questions(directory: &Directory, who: &str) -> Vec<Question> {
    let ask = |account: &str| {
        question(directory, (who, account, "ReadOnly"), Seconds::hours(1), jiff::Timestamp::UNIX_EPOCH)
            .unwrap()
    };
    let mut questions: Vec<Question> = ["sandbox", "payments-prod", "other-prod"].map(ask).into();
    for group in directory.groups.keys() {
        questions.push(Question { target: Target::Membership { group: group.clone() }, ..ask("sandbox") });
    }
    questions
}

#[test]
fn slices_answer_as_the_whole() {
    let sources = [Source { file: "p".to_owned(), text: every_head() }];
    let rules = RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
    let directory = acme();
    for question in ["ana", "bo", "eve"].iter().flat_map(|who| questions(&directory, who)) {
        for (action, actor) in ACCESS.iter().flat_map(|action| ["ana", "bo", "eve"].map(|a| (*action, a))) {
            let actor = PersonId::new(format!("p-{actor}"));
            let prepared = prepare(&rules, &directory, &question, action, &actor).unwrap();
            let slice = rules.slice_of(action, &prepared).unwrap();
            let mut left_out = 0;
            for permits in [true, false] {
                // Permissions to request that leave open for what are about accounts alone.
                let counts = |place: &usize| {
                    let rule = &rules.rules()[*place];
                    let about = question.target.account().is_some()
                        || rule.resource != Scope::Any
                        || !rule.gives_access();
                    rule.is_permit() == permits && about
                };
                let whole = rules.cut((0..rules.policy_count()).filter(counts)).unwrap();
                let part = rules.cut(slice.members.iter().copied().filter(counts)).unwrap();
                left_out += whole.members.len() - part.members.len();
                let ids = |finding: &Finding<'_>| {
                    let all = finding.permits.iter().chain(&finding.forbids).copied();
                    let unclear = finding.unclear.iter().map(|(rule, _)| *rule);
                    all.chain(unclear).map(|rule| rule.id.clone()).collect::<BTreeSet<_>>()
                };
                let (whole, part) = (rules.find(&whole, &prepared), rules.find(&part, &prepared));
                assert_eq!(ids(&whole), ids(&part), "{question:?} {action} {actor}");
                assert!(!ids(&part).is_empty() && whole.erred.is_empty());
            }
            assert!(left_out > 200, "a slice is small: {left_out}");
        }
    }
}

/// What Cedar is told about a question is what the schema says it is told.
#[test]
fn questions_and_entities_conform_to_the_schema() {
    let (schema, _) = cedar_policy::Schema::from_cedarschema_str(super::SCHEMA).unwrap();
    let sources = [Source { file: "p".to_owned(), text: every_head() }];
    let rules = RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
    let directory = acme();
    let tickets = [None, Some("INC-7".to_owned())];
    for mut question in questions(&directory, "ana") {
        for (ticket, action) in tickets.iter().flat_map(|ticket| ACCESS.map(|action| (ticket, action))) {
            question.ticket.clone_from(ticket);
            let prepared = prepare(&rules, &directory, &question, action, &PersonId::new("p-bo")).unwrap();
            let asked = &prepared.request;
            let context = asked.context().unwrap().clone();
            let (who, what) = (asked.principal().unwrap().clone(), asked.resource().unwrap().clone());
            let action = asked.action().unwrap().clone();
            cedar_policy::Request::new(who, action, what, context, Some(&schema)).unwrap();
            let entities = prepared.entities.iter().cloned();
            cedar_policy::Entities::from_entities(entities, Some(&schema)).unwrap();
        }
    }
}
