//! Who could say yes: the search for approvers and confirmers. Few of a company's people are asked about one by one: who
//! cannot match the head of any policy is passed over, and people whom policies cannot tell apart get the same answer.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::person::Employment;
use glasskey_domain::rules::Approvers;
use glasskey_domain::{Directory, GroupId, Person, PersonId};

use super::entities::{Names, names_of_person};
use super::literals::{Kind, Literal};
use super::ruleset::{RuleSet, Scope};

/// Who is looked for.
pub(super) struct Who<'a> {
    /// Who may do this,
    pub(super) action: &'a str,
    /// to what is of this kind
    pub(super) kind: Kind,
    /// and has these names,
    pub(super) places: BTreeSet<Literal>,
    /// and is not this person.
    pub(super) without: &'a PersonId,
}

/// Up to `most` enabled people for whom `may` says yes, in the order of their ids.
pub(super) fn search(
    rules: &RuleSet,
    directory: &Directory,
    who: &Who<'_>,
    may: &dyn Fn(&PersonId) -> bool,
    most: usize,
) -> Approvers {
    let mut candidates = Candidates::of(rules, directory, who, may);
    let mut people = Vec::new();
    for person in directory.people.values() {
        if candidates.are(person) {
            if people.len() >= most {
                return Approvers { people, complete: false };
            }
            people.push(person.id.clone());
        }
    }
    Approvers { people, complete: true }
}

struct Candidates<'a> {
    rules: &'a RuleSet,
    directory: &'a Directory,
    may: &'a dyn Fn(&PersonId) -> bool,
    without: &'a PersonId,
    everybody: bool,
    groups: BTreeSet<GroupId>,
    user_names: BTreeSet<&'a str>,
    /// Whether some policy looks at more than what a person is in.
    person_matters: bool,
    answers: BTreeMap<Names, bool>,
}

impl<'a> Candidates<'a> {
    fn of(
        rules: &'a RuleSet,
        directory: &'a Directory,
        who: &Who<'a>,
        may: &'a dyn Fn(&PersonId) -> bool,
    ) -> Self {
        let about = rules.rules().iter().filter(|rule| {
            rule.is_about(who.action)
                && match &rule.resource {
                    Scope::Any | Scope::Every(_) => rule.covers_any(who.kind),
                    Scope::One(name) => who.places.contains(name),
                }
        });
        let (mut everybody, mut person_matters) = (false, false);
        let (mut names, mut user_names) = (BTreeSet::new(), BTreeSet::new());
        for rule in about {
            person_matters |= rule.named.reads_principal;
            match &rule.principal {
                _ if !rule.is_permit() => {}
                Scope::One(name) if name.kind == Kind::Group => drop(names.insert(name.id.as_str())),
                Scope::One(name) if name.kind == Kind::Person => drop(user_names.insert(name.id.as_str())),
                Scope::One(_) | Scope::Every(_) | Scope::Any => everybody = true,
            }
        }
        // A group of which only the id is known still has members.
        let mut groups: BTreeSet<GroupId> = names.iter().map(|name| GroupId::new(*name)).collect();
        let by_name = directory.groups.values().filter(|group| names.contains(group.name.as_str()));
        groups.extend(by_name.map(|group| group.id.clone()));
        let (without, answers) = (who.without, BTreeMap::new());
        Self { rules, directory, may, without, everybody, groups, user_names, person_matters, answers }
    }

    fn are(&mut self, person: &Person) -> bool {
        let fits = self.everybody
            || self.user_names.contains(person.user_name.as_str())
            || self.directory.groups_of(&person.id).any(|group| self.groups.contains(group));
        if !fits || person.employment != Employment::Enabled || person.id == *self.without {
            return false;
        }
        let without = self.directory.people.get(self.without);
        let namesake = without.is_some_and(|without| without.user_name == person.user_name);
        if self.person_matters || namesake {
            return (self.may)(&person.id);
        }
        let names = names_of_person(self.rules, self.directory, person);
        if let Some(known) = self.answers.get(&names) {
            return *known;
        }
        let answer = (self.may)(&person.id);
        self.answers.insert(names, answer);
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::policy::verdict::CONFIRM;
    use crate::policy::{Source, company};

    /// Asking Cedar about each of them would take as long as the emergency can wait.
    #[test]
    fn of_five_thousand_people_whom_policies_cannot_tell_apart_one_is_asked_about() {
        let mut directory = company("c", "group commanders: dee\npeople: ana").unwrap();
        for number in 0..5_000 {
            let (id, user_name) = (PersonId::new(format!("q-{number:04}")), format!("user{number}"));
            let person =
                Person { id: id.clone(), user_name, ..directory.people[&PersonId::new("p-ana")].clone() };
            directory.memberships.entry(id.clone()).or_default().insert(GroupId::new("g-commanders"));
            directory.people.insert(id, person);
        }
        let asked_about = |head: &str| {
            let text = format!(
                "permit({head}, action == Action::\"approveBreakglass\", resource) unless {{ principal in Group::\"commanders\" }};"
            );
            let sources = [Source { file: "p".to_owned(), text }];
            let rules = RuleSet::from_sources(&sources, TimeZone::UTC).unwrap();
            let asked = Cell::new(0);
            let may = |person: &PersonId| {
                asked.set(asked.get() + 1);
                person.as_str() == "p-ana"
            };
            let dee = PersonId::new("p-dee");
            let (places, without) = (BTreeSet::new(), &dee);
            let who = Who { action: CONFIRM, kind: Kind::Federation, places, without };
            (search(&rules, &directory, &who, &may, 10).people, asked.get())
        };
        assert_eq!(asked_about("principal"), (vec![PersonId::new("p-ana")], 2));
        assert_eq!(asked_about("principal == Person::\"ana\""), (vec![PersonId::new("p-ana")], 1));
    }
}
