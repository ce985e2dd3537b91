//! What can be chosen while one types: only what this person may ask for now. Help and nothing more: all that is chosen is
//! looked up again when the form is sent.
//!
//! Must never ask the outside: a person waits for each letter.

use glasskey_domain::rules::Verdict;
use glasskey_domain::{AccountId, Directory, Question, Seconds, Target, Terms};

use super::forms::{Choice, Filled, LENGTH, LENGTHS, PLACE, Place, SET, length_choice};
use super::{Hall, Known};
use crate::chat::asking::{self, Ear};
use crate::engine::SharedRules;

/// The length for which it is asked what a person may have: any, for a shorter one is allowed where a longer one is.
const ASKED_LENGTH: Seconds = Seconds::minutes(15);
/// Questions to policy for one answer; each takes microseconds, and a person waits for it.
const QUESTIONS_MAX: usize = 2_000;

/// Where the kind of a place was said already, each has a field of its own: many of one kind must not crowd out another.
pub const ACCOUNT: &str = "place.account";
/// See [`ACCOUNT`].
pub const GROUP: &str = "place.group";
/// See [`ACCOUNT`].
pub const BUNDLE: &str = "place.bundle";

/// Some choices of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Of what kind they are.
    pub title: &'static str,
    /// Which.
    pub choices: Vec<Choice>,
}

/// Who asks policy, for what.
struct Seeker<'a> {
    ear: Ear<'a>,
    rules: SharedRules,
    question: Question,
    left: usize,
}

impl Seeker<'_> {
    /// The terms under which this may be asked for; nothing, when it may not, or when enough was asked.
    fn may(&mut self, target: &Target, length: Seconds) -> Option<Terms> {
        self.left = self.left.checked_sub(1)?;
        self.question.target = target.clone();
        self.question.length = length;
        match self.rules.request(self.ear.directory, &self.question) {
            Verdict::Permit(terms) => Some(terms),
            Verdict::Refuse(_) => None,
        }
    }

    /// Of several things, each must be permitted: the one that asks for most says what it takes.
    fn may_all(&mut self, targets: &[Target], length: Seconds) -> Option<Terms> {
        let mut most: Option<Terms> = None;
        for target in targets {
            let terms = self.may(target, length)?;
            if most.as_ref().is_none_or(|most| most.approvals < terms.approvals) {
                most = Some(terms);
            }
        }
        most
    }
}

impl Hall {
    /// What can be chosen in a field of the form that asks for access, given what was chosen already. At most `most` of a
    /// kind.
    pub async fn search(
        &self,
        known: &Known,
        (field, typed): (&str, &str),
        filled: &Filled,
        most: usize,
    ) -> Vec<Found> {
        if self.works_here(known).is_err() {
            return Vec::new();
        }
        let emergency_on = self.engine.book().await.emergency_on();
        let directory = self.directory();
        let mut seeker = self.seeker(&directory, known, filled.urgent(), emergency_on);
        match (field, filled.place()) {
            (ACCOUNT, _) => vec![accounts(&mut seeker, typed, most)],
            (GROUP, _) => vec![groups(&mut seeker, typed, most)],
            (BUNDLE, _) => vec![bundles(&mut seeker, typed, most)],
            (PLACE, _) => {
                let mut found = vec![accounts(&mut seeker, typed, most)];
                found.push(groups(&mut seeker, typed, most.saturating_sub(total(&found))));
                found.push(bundles(&mut seeker, typed, most.saturating_sub(total(&found))));
                found.retain(|found| !found.choices.is_empty());
                found
            }
            (SET, Some(Place::Account(account))) => {
                vec![permission_sets(&mut seeker, &account, typed, most)]
            }
            (LENGTH, Some(place)) => {
                let targets = targets(&seeker.ear, &place, filled.permission_set());
                vec![lengths(&mut seeker, &targets)]
            }
            _other => Vec::new(),
        }
    }

    fn seeker<'a>(
        &'a self,
        directory: &'a Directory,
        known: &Known,
        urgent: bool,
        emergency_on: bool,
    ) -> Seeker<'a> {
        let ear = self.ear(directory, known.zone.clone());
        let question = Question {
            requester: known.person.clone(),
            target: Target::Membership { group: glasskey_domain::GroupId::new("") },
            length: ASKED_LENGTH,
            ticket: None,
            door: self.door,
            at: ear.now,
            starts_at: None,
            urgent,
            emergency_on,
        };
        Seeker { ear, rules: self.engine.rules(), question, left: QUESTIONS_MAX }
    }
}

fn total(found: &[Found]) -> usize {
    found.iter().map(|found| found.choices.len()).sum()
}

fn targets(ear: &Ear<'_>, place: &Place, permission_set: Option<&str>) -> Vec<Target> {
    let found = match place {
        Place::Account(account) => permission_set
            .and_then(|set| asking::target(ear, account.as_str(), set).ok())
            .map(|one| vec![one]),
        Place::Group(group) => Some(vec![Target::Membership { group: group.clone() }]),
        Place::Bundle(name) => asking::bundle(ear, name).ok().map(|(targets, _)| targets),
    };
    found.unwrap_or_default()
}

/// How well something fits what was typed: the smaller, the better; nothing, when it does not.
fn fit(name: &str, typed: &str) -> Option<u8> {
    let (name, typed) = (name.to_lowercase(), typed.trim().to_lowercase());
    let word = || name.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(&typed));
    match () {
        () if name == typed => Some(0),
        () if name.starts_with(&typed) => Some(1),
        () if word() => Some(2),
        () if name.contains(&typed) => Some(3),
        () => None,
    }
}

fn accounts(seeker: &mut Seeker<'_>, typed: &str, most: usize) -> Found {
    let directory = seeker.ear.directory;
    let aliases = seeker.ear.aliases;
    let mut fitting: Vec<(u8, &str, &AccountId)> = directory
        .accounts
        .values()
        .filter_map(|account| {
            let named = aliases.iter().filter(|(_, id)| **id == account.id).map(|(name, _)| name.as_str());
            let names = named.chain([account.name.as_str(), account.id.as_str()]);
            let best = names.filter_map(|name| fit(name, typed)).min()?;
            Some((best, account.name.as_str(), &account.id))
        })
        .collect();
    fitting.sort();
    let mut choices = Vec::new();
    for (_, name, id) in fitting {
        if choices.len() >= most || seeker.left == 0 {
            break;
        }
        let mut any = directory
            .permission_sets
            .keys()
            .map(|set| Target::Assignment { account: id.clone(), permission_set: set.clone() });
        if any.any(|target| seeker.may(&target, ASKED_LENGTH).is_some()) {
            let value = Place::Account(id.clone()).value();
            choices.push(Choice { label: format!("{name} ({id})"), value });
        }
    }
    Found { title: "Accounts", choices }
}

fn groups(seeker: &mut Seeker<'_>, typed: &str, most: usize) -> Found {
    let directory = seeker.ear.directory;
    let mut fitting: Vec<_> = directory
        .groups
        .values()
        .filter(|group| group.fed_by.is_none())
        .filter_map(|group| Some((fit(&group.name, typed)?, &group.name, group)))
        .collect();
    fitting.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    let mut choices = Vec::new();
    for (_, name, group) in fitting {
        if choices.len() >= most {
            break;
        }
        if let Some(terms) = seeker.may(&Target::Membership { group: group.id.clone() }, ASKED_LENGTH) {
            let label = format!("{name} ({}, {})", group.kept_in.name(), takes(&terms));
            choices.push(Choice { label, value: Place::Group(group.id.clone()).value() });
        }
    }
    Found { title: "Groups", choices }
}

fn bundles(seeker: &mut Seeker<'_>, typed: &str, most: usize) -> Found {
    let names: Vec<String> =
        seeker.ear.settings.bundles.keys().filter(|name| fit(name, typed).is_some()).cloned().collect();
    let mut choices = Vec::new();
    for name in names.into_iter().take(most) {
        let targets = targets(&seeker.ear, &Place::Bundle(name.clone()), None);
        if let Some(terms) = seeker.may_all(&targets, ASKED_LENGTH) {
            let label = format!("{name} ({} things, {})", targets.len(), takes(&terms));
            choices.push(Choice { label, value: Place::Bundle(name).value() });
        }
    }
    Found { title: "Bundles", choices }
}

fn permission_sets(seeker: &mut Seeker<'_>, account: &AccountId, typed: &str, most: usize) -> Found {
    let directory = seeker.ear.directory;
    let mut fitting: Vec<_> = directory
        .permission_sets
        .values()
        .filter_map(|set| Some((fit(&set.name, typed)?, &set.name, &set.arn)))
        .collect();
    fitting.sort();
    let mut choices = Vec::new();
    for (_, name, arn) in fitting {
        if choices.len() >= most {
            break;
        }
        let target = Target::Assignment { account: account.clone(), permission_set: arn.clone() };
        if let Some(terms) = seeker.may(&target, ASKED_LENGTH) {
            choices.push(Choice { label: format!("{name} ({})", takes(&terms)), value: name.clone() });
        }
    }
    Found { title: "Permission sets", choices }
}

/// The lengths that are offered, up to the longest that policy allows, each with what it takes.
fn lengths(seeker: &mut Seeker<'_>, targets: &[Target]) -> Found {
    let most = seeker.ear.settings.max_length;
    let mut choices = Vec::new();
    for length in [Seconds::minutes(15)].into_iter().chain(LENGTHS).filter(|length| *length <= most) {
        if let Some(terms) = seeker.may_all(targets, length).filter(|_| !targets.is_empty()) {
            let plain = length_choice(length);
            choices.push(Choice { label: format!("{} ({})", plain.label, takes(&terms)), ..plain });
        }
    }
    Found { title: "Lengths", choices }
}

fn takes(terms: &Terms) -> String {
    match terms.approvals {
        0 => "no approval".to_owned(),
        1 => "1 approval".to_owned(),
        more => format!("{more} approvals"),
    }
}
