//! Whether the people who said yes are those whom policy asks for: so many, of such groups, each counted once.

use std::collections::BTreeMap;

use crate::directory::{Directory, Group, Keeper};
use crate::ids::PersonId;
use crate::rules::{Quorum, Terms};

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unmet {
    /// How many people.
    pub people: u32,
    /// Of which groups, where policy names some.
    pub groups: Vec<Quorum>,
}

/// What is still missing when these people, all of them different, said yes. The people of the groups `also`, which were
/// asked because nobody answered, count for every group. The things of a bundle can need more people than groups are named.
#[must_use]
pub fn unmet(directory: &Directory, terms: &Terms, people: &[&PersonId], also: &[&str]) -> Unmet {
    let had = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let of_any = terms.approvals.saturating_sub(had);
    let seats: Vec<&str> = terms
        .from
        .iter()
        .flat_map(|quorum| {
            std::iter::repeat_n(quorum.group.as_str(), usize::try_from(quorum.needed).unwrap_or(0))
        })
        .collect();
    let may_take = |person: &PersonId, group: &str| {
        is_of(directory, person, group) || also.iter().any(|group| is_of(directory, person, group))
    };
    let mut taken: BTreeMap<usize, &PersonId> = BTreeMap::new();
    for person in people {
        seat(person, &seats, &may_take, &mut taken, &mut Vec::new());
    }
    let mut empty: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, group) in seats.iter().enumerate().filter(|(place, _)| !taken.contains_key(place)) {
        let count = empty.entry(group).or_default();
        *count = count.saturating_add(1);
    }
    let groups: Vec<Quorum> =
        empty.into_iter().map(|(group, needed)| Quorum { needed, group: group.to_owned() }).collect();
    Unmet { people: groups.iter().map(|quorum| quorum.needed).sum::<u32>().max(of_any), groups }
}

/// Whether a person is in the one group that is called so. A name that means two groups means none (P9).
#[must_use]
pub fn is_of(directory: &Directory, person: &PersonId, group: &str) -> bool {
    group_of_people(directory, group).is_some_and(|group| directory.is_in(person, &group.id))
}

/// The one group of the Identity Store that is called so: who is in others is not read, so they are nobody's here.
#[must_use]
pub fn group_of_people<'a>(directory: &'a Directory, called: &str) -> Option<&'a Group> {
    let mut groups = directory.groups_called(called);
    groups.retain(|group| group.kept_in == Keeper::IdentityStore);
    match groups.as_slice() {
        [one] => Some(one),
        _none_or_several => None,
    }
}

/// Gives a person a seat, moving others to other seats where that helps (augmenting paths): who could sit in two places must
/// not keep out who can sit in one alone.
fn seat<'a>(
    person: &'a PersonId,
    seats: &[&str],
    may_take: &impl Fn(&PersonId, &str) -> bool,
    taken: &mut BTreeMap<usize, &'a PersonId>,
    tried: &mut Vec<usize>,
) -> bool {
    for (place, group) in seats.iter().enumerate() {
        if tried.contains(&place) || !may_take(person, group) {
            continue;
        }
        tried.push(place);
        let free = match taken.get(&place).copied() {
            None => true,
            Some(other) => seat(other, seats, may_take, taken, tried),
        };
        if free {
            taken.insert(place, person);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ids::GroupId;

    fn directory(members: &[(&str, &[&str])]) -> Directory {
        let mut directory = Directory::empty();
        for (group, people) in members {
            let id = GroupId::new(format!("g-{group}"));
            directory.groups.insert(id.clone(), Group::plain(id.clone(), (*group).to_owned()));
            for person in *people {
                let groups: &mut BTreeSet<GroupId> =
                    directory.memberships.entry(PersonId::new(*person)).or_default();
                groups.insert(id.clone());
            }
        }
        directory
    }

    fn terms(from: &[(u32, &str)]) -> Terms {
        let from: Vec<Quorum> = from
            .iter()
            .map(|(needed, group)| Quorum { needed: *needed, group: (*group).to_owned() })
            .collect();
        Terms { approvals: from.iter().map(|quorum| quorum.needed).sum(), from, ..Terms::default() }
    }

    fn people(names: &[&str]) -> Vec<PersonId> {
        names.iter().map(|name| PersonId::new(*name)).collect()
    }

    #[test]
    fn who_is_in_both_groups_takes_the_seat_that_the_other_cannot_take() {
        let directory = directory(&[("leads", &["bo", "cy"]), ("security", &["bo"])]);
        let terms = terms(&[(1, "leads"), (1, "security")]);
        for order in [["bo", "cy"], ["cy", "bo"]] {
            let people = people(&order);
            let people: Vec<&PersonId> = people.iter().collect();
            assert_eq!(unmet(&directory, &terms, &people, &[]), Unmet::default(), "{order:?}");
        }
    }

    #[test]
    fn one_person_never_takes_two_seats() {
        let directory = directory(&[("leads", &["bo"]), ("security", &["bo"])]);
        let bo = PersonId::new("bo");
        let missing = unmet(&directory, &terms(&[(1, "leads"), (1, "security")]), &[&bo], &[]);
        assert_eq!(missing.people, 1);
    }

    #[test]
    fn people_of_no_asked_group_count_for_nothing_until_their_group_is_asked() {
        let directory = directory(&[("leads", &["bo"]), ("managers", &["di"])]);
        let (terms, di) = (terms(&[(1, "leads")]), PersonId::new("di"));
        assert_eq!(unmet(&directory, &terms, &[&di], &[]).groups, terms.from);
        assert_eq!(unmet(&directory, &terms, &[&di], &["managers"]), Unmet::default());
    }

    #[test]
    fn a_name_that_two_groups_have_is_nobodys() {
        let mut directory = directory(&[("leads", &["bo"])]);
        let other = GroupId::new("g-other");
        directory.groups.insert(other.clone(), Group::plain(other, "Leads".to_owned()));
        assert!(!is_of(&directory, &PersonId::new("bo"), "leads"));
        assert!(is_of(&directory, &PersonId::new("bo"), "g-leads"));
    }
}
