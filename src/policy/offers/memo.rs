//! What was asked of Cedar for somebody a keystroke ago. Two questions that differ in nothing that any policy of the slice looks
//! at are one question; a company that was read anew begins with none.

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_domain::ids::OuId;
use glasskey_domain::{AccountId, Directory, GroupId, PersonId, Seconds};
use jiff::Timestamp;

use crate::policy::entities::Names;
use crate::policy::ruleset::RuleSet;
use crate::policy::things::{names_above, own_names};

/// Answers kept, each some hundred bytes. Beyond it everything is forgotten: it is only a memory.
const ANSWERS_MAX: usize = 50_000;

/// Accounts that no policy tells apart, by anything but what they are themselves.
#[derive(Debug)]
pub(super) struct Classes {
    stamp: Stamp,
    of: BTreeMap<AccountId, usize>,
    names: Vec<Names>,
}

/// By what it is seen that the company was read anew.
type Stamp = (Timestamp, [usize; 4]);

fn stamp(directory: &Directory) -> Stamp {
    let sizes = [
        directory.people.len(),
        directory.groups.len(),
        directory.accounts.len(),
        directory.permission_sets.len(),
    ];
    (directory.read_at, sizes)
}

impl Classes {
    fn of(rules: &RuleSet, directory: &Directory) -> Self {
        let mut above: BTreeMap<&OuId, Names> = BTreeMap::new();
        let mut known: BTreeMap<Names, usize> = BTreeMap::new();
        let mut of = BTreeMap::new();
        for (id, account) in &directory.accounts {
            let shared = above.entry(&account.parent).or_insert_with(|| names_above(rules, directory, id));
            let mut names = own_names(rules, directory, id);
            names.extend(shared.clone());
            let next = known.len();
            of.insert(id.clone(), *known.entry(names).or_insert(next));
        }
        let mut names: Vec<(usize, Names)> = known.into_iter().map(|(names, class)| (class, names)).collect();
        names.sort_by_key(|(class, _)| *class);
        Self { stamp: stamp(directory), of, names: names.into_iter().map(|(_, names)| names).collect() }
    }

    /// Which class an account is of, and its names.
    pub(super) fn class(&self, account: &AccountId) -> Option<(usize, &Names)> {
        let class = *self.of.get(account)?;
        Some((class, self.names.get(class)?))
    }
}

/// Who asks, as far as it matters to any policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    pub(super) person: PersonId,
    pub(super) names: Names,
    /// Of the start, in the time zone of the policies.
    pub(super) weekday_and_hour: (i8, i8),
    pub(super) platform: String,
    pub(super) emergency_on: bool,
    pub(super) action: &'static str,
}

/// About what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Any account of a class.
    Class(usize),
    /// An account that policies look at itself.
    Account(AccountId),
    /// Any group of these names.
    Groups(Names),
    /// A group that policies look at itself.
    Group(GroupId),
}

/// What is asked, as far as it matters to the policies of the slice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct What {
    pub(super) place: Place,
    /// `None`: any that no policy compares with.
    pub(super) permission_set: Option<String>,
    pub(super) length: Option<Seconds>,
    pub(super) ticket: Option<String>,
    pub(super) start: Option<Timestamp>,
}

/// The answers: places of the permits that hold.
#[derive(Debug, Default)]
pub(in crate::policy) struct Memo {
    classes: Option<Arc<Classes>>,
    answers: BTreeMap<Who, BTreeMap<What, Arc<[usize]>>>,
    count: usize,
}

impl Memo {
    /// The classes of a company's accounts.
    pub(super) fn classes(&mut self, rules: &RuleSet, directory: &Directory) -> Arc<Classes> {
        if let Some(classes) = self.classes.as_ref().filter(|classes| classes.stamp == stamp(directory)) {
            return Arc::clone(classes);
        }
        let classes = Arc::new(Classes::of(rules, directory));
        *self = Self { classes: Some(Arc::clone(&classes)), ..Self::default() };
        classes
    }

    pub(super) fn get(&self, who: &Who, what: &What) -> Option<Arc<[usize]>> {
        self.answers.get(who)?.get(what).cloned()
    }

    pub(super) fn keep(&mut self, who: &Who, what: What, permits: &Arc<[usize]>) {
        if self.count >= ANSWERS_MAX {
            (self.answers, self.count) = (BTreeMap::new(), 0);
        }
        if !self.answers.contains_key(who) {
            self.answers.insert(who.clone(), BTreeMap::new());
        }
        if let Some(answers) = self.answers.get_mut(who) {
            answers.insert(what, Arc::clone(permits));
            self.count = self.count.saturating_add(1);
        }
    }
}
