//! Putting the questions of one list: one for all things that no policy tells apart, and none twice.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use glasskey_domain::{AccountId, Directory, Question, Seconds, Target};

use super::SHORTEST;
use super::memo::{Classes, Place, What, Who};
use crate::policy::annotations::Limits;
use crate::policy::entities::{Names, names_of_person, prepare};
use crate::policy::literals::Kind;
use crate::policy::ruleset::{Rule, RuleSet, Slice};
use crate::policy::things::names_of_group;
use crate::policy::verdict::{REQUEST, URGENT, first_of, fittest};
use crate::ports::{Asking, Bounds, OfferedLength};

/// Stands for the ticket that is not said yet: whatever a policy asks of one, this looks like most of them.
pub(super) const TICKET_GUESSED: &str = "INC-1";

/// Cedar was asked as often as there is time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent;

/// Somebody who wants to know what they may ask for.
pub(super) struct Asker<'a> {
    rules: &'a RuleSet,
    pub(super) directory: &'a Directory,
    asking: &'a Asking<'a>,
    who: Who,
    classes: Arc<Classes>,
    left: Cell<usize>,
}

/// Something about which is asked.
pub(super) struct Subject {
    target: Target,
    place: Place,
    slice: Arc<Slice>,
    permission_set: Option<String>,
}

impl<'a> Asker<'a> {
    /// Nobody, when the person is not enabled: they may ask for nothing.
    pub(super) fn new(
        rules: &'a RuleSet,
        directory: &'a Directory,
        asking: &'a Asking<'a>,
        evaluations_max: usize,
    ) -> Option<Self> {
        let person = directory.enabled(asking.person)?;
        let start = asking.starts_at.map_or(asking.at, |starts_at| starts_at.max(asking.at));
        let local = start.to_zoned(rules.zone.clone());
        let who = Who {
            person: person.id.clone(),
            names: names_of_person(rules, directory, person),
            weekday_and_hour: (local.weekday().to_monday_one_offset(), local.hour()),
            platform: asking.door.to_string(),
            emergency_on: asking.emergency_on,
            action: if asking.urgent { URGENT } else { REQUEST },
        };
        let classes = rules.memo.lock().unwrap_or_else(PoisonError::into_inner).classes(rules, directory);
        Some(Self { rules, directory, asking, who, classes, left: Cell::new(evaluations_max) })
    }

    /// How often Cedar may still be asked.
    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.left.get()
    }

    /// What is asked about a target; `None` when it is not there, or Cedar does not take the policies about it.
    pub(super) fn subject(&self, target: &Target) -> Option<Subject> {
        match target {
            Target::Assignment { account, permission_set } => {
                let (class, slice) = self.about_account(account)?;
                let name = &self.directory.permission_sets.get(permission_set)?.name;
                let compared = slice.reads.permission_set
                    || self.rules.members(&slice).any(|rule| rule.named.permission_sets.contains(name));
                let place = place_of(account, class, &slice);
                let permission_set = compared.then(|| name.clone());
                Some(Subject { target: target.clone(), place, slice, permission_set })
            }
            Target::Membership { group } => {
                let names = names_of_group(self.rules, self.directory, group);
                let slice = self.slice((Kind::Group, &names))?;
                let itself = slice.reads.resource;
                let place = if itself { Place::Group(group.clone()) } else { Place::Groups(names) };
                Some(Subject { target: target.clone(), place, slice, permission_set: None })
            }
        }
    }

    /// Whether there is a permission set that the person may ask for in this account.
    pub(super) fn any_permission_set(&self, account: &AccountId) -> Result<bool, Spent> {
        let Some((class, slice)) = self.about_account(account) else { return Ok(false) };
        if !self.rules.members(&slice).any(|rule| rule.limits.is_some()) {
            return Ok(false);
        }
        let place = place_of(account, class, &slice);
        for (arn, own, session) in self.told_apart(&slice) {
            let target = Target::Assignment { account: account.clone(), permission_set: arn };
            let (place, slice) = (place.clone(), Arc::clone(&slice));
            let subject = Subject { target, place, slice, permission_set: own };
            if self.shortest(&subject, session)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One permission set of each kind that these policies tell apart, with the shortest session that one of its kind has: who
    /// may not have that may have none of them.
    fn told_apart(&self, slice: &Slice) -> Vec<(glasskey_domain::PermissionSetArn, Option<String>, Seconds)> {
        let compared: BTreeSet<&String> =
            self.rules.members(slice).flat_map(|rule| &rule.named.permission_sets).collect();
        let is_own = |name: &String| slice.reads.permission_set || compared.contains(name);
        let sets = self.directory.permission_sets.values();
        let (own, others): (Vec<_>, Vec<_>) = sets.partition(|set| is_own(&set.name));
        let other = others.into_iter().min_by_key(|set| set.session);
        let own = own.into_iter().map(|set| (set.arn.clone(), Some(set.name.clone()), set.session));
        own.chain(other.map(|set| (set.arn.clone(), None, set.session))).collect()
    }

    /// Under what it can be had, if it can.
    pub(super) fn bounds(&self, subject: &Subject, session: Seconds) -> Result<Option<Bounds>, Spent> {
        let Some(shortest) = self.shortest(subject, session)? else { return Ok(None) };
        let longest = self.longest(subject, session)?;
        let OfferedLength { approvals, from, ticket, .. } = shortest;
        Ok(Some(Bounds { approvals, from, longest, ticket }))
    }

    fn shortest(&self, subject: &Subject, session: Seconds) -> Result<Option<OfferedLength>, Spent> {
        self.at_length(subject, SHORTEST, session)
    }

    /// Under what it can be had for this long: without a ticket if it can be, else with one.
    pub(super) fn at_length(
        &self,
        subject: &Subject,
        length: Seconds,
        session: Seconds,
    ) -> Result<Option<OfferedLength>, Spent> {
        for ticket in self.tickets(subject) {
            let permits = self.permits(subject, length, ticket)?;
            if let Ok((_, limits)) = fittest(self.rules_at(&permits), length, session) {
                let Limits { approvals, from, .. } = limits;
                let ticket = ticket.is_some() && self.asking.ticket.is_none();
                return Ok(Some(OfferedLength { length, approvals: *approvals, from: from.clone(), ticket }));
            }
        }
        Ok(None)
    }

    /// The longest for which it can be had: the longest that any policy about it allows, or the next shorter.
    fn longest(&self, subject: &Subject, session: Seconds) -> Result<Seconds, Spent> {
        let limits = self.rules.members(&subject.slice).filter_map(|rule| rule.limits.as_ref());
        let allowed = limits.map(|limits| limits.max_duration.min(self.asking.longest));
        // A policy may also look at the length itself; then only what was asked about is known.
        let choices = if subject.slice.reads.length { super::LENGTHS.as_slice() } else { &[] };
        let mut lengths: BTreeSet<Seconds> = allowed.chain(choices.iter().copied()).collect();
        lengths.retain(|length| *length <= self.asking.longest);
        for length in lengths.into_iter().rev() {
            if self.at_length(subject, length, session)?.is_some() {
                return Ok(length);
            }
        }
        Ok(SHORTEST)
    }

    fn tickets(&self, subject: &Subject) -> Vec<Option<&'a str>> {
        match self.asking.ticket {
            Some(ticket) => vec![Some(ticket)],
            None if subject.slice.reads.ticket => vec![None, Some(TICKET_GUESSED)],
            None => vec![None],
        }
    }

    fn about_account(&self, account: &AccountId) -> Option<(usize, Arc<Slice>)> {
        let (class, names) = self.classes.class(account)?;
        Some((class, self.slice((Kind::Account, names))?))
    }

    fn slice(&self, (kind, names): (Kind, &Names)) -> Option<Arc<Slice>> {
        self.rules.slice(self.who.action, &self.who.names.all, (kind, &names.all)).ok()
    }

    fn rules_at<'b>(&'b self, places: &'b [usize]) -> impl Iterator<Item = &'b Rule> {
        places.iter().filter_map(|place| self.rules.rules().get(*place))
    }

    /// The permits that hold, when nothing forbids it and nothing errs.
    fn permits(
        &self,
        subject: &Subject,
        length: Seconds,
        ticket: Option<&str>,
    ) -> Result<Arc<[usize]>, Spent> {
        let Subject { target, place, slice, permission_set } = subject;
        if !self.rules.members(slice).any(|rule| rule.limits.is_some()) {
            return Ok(Arc::from([]));
        }
        let start = self.asking.starts_at.unwrap_or(self.asking.at).max(self.asking.at);
        let what = What {
            place: place.clone(),
            permission_set: permission_set.clone(),
            length: slice.reads.length.then_some(length),
            ticket: ticket.filter(|_| slice.reads.ticket).map(str::to_owned),
            start: slice.reads.start.then_some(start),
        };
        let memo = || self.rules.memo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = memo().get(&self.who, &what) {
            return Ok(known);
        }
        self.left.set(self.left.get().checked_sub(1).ok_or(Spent)?);
        let permits: Arc<[usize]> = Arc::from(self.ask(target, slice, length, ticket));
        memo().keep(&self.who, what, &permits);
        Ok(permits)
    }

    fn ask(&self, target: &Target, slice: &Slice, length: Seconds, ticket: Option<&str>) -> Vec<usize> {
        let Asking { door, at, starts_at, urgent, emergency_on, .. } = *self.asking;
        let question = Question {
            requester: self.who.person.clone(),
            target: target.clone(),
            length,
            ticket: ticket.map(str::to_owned),
            door,
            at,
            starts_at,
            urgent,
            emergency_on,
        };
        let prepared = prepare(self.rules, self.directory, &question, self.who.action, &self.who.person);
        let Ok(prepared) = prepared else { return Vec::new() };
        let finding = self.rules.find(slice, &prepared);
        if first_of(&finding).is_err() {
            return Vec::new();
        }
        finding.permits.iter().filter_map(|rule| self.rules.place(&rule.id)).collect()
    }
}

fn place_of(account: &AccountId, class: usize, slice: &Slice) -> Place {
    if slice.reads.resource { Place::Account(account.clone()) } else { Place::Class(class) }
}
