//! What somebody may ask for now. Every offer is the answer of the same function that decides (`RuleSet::find`), asked
//! once for all that no policy tells apart; never more often in one call than a keystroke has time for.

mod asked;
#[cfg(test)]
mod laws;
mod matching;
mod memo;

use std::collections::BTreeMap;

use glasskey_domain::directory::{Account, AccountState, Group, PermissionSet};
use glasskey_domain::settings::LENGTH_MIN;
use glasskey_domain::{AccountId, Directory, Seconds, Target};

use self::asked::{Asker, Spent};
use self::matching::{Typed, ranked};
pub(super) use self::memo::Memo;
use super::ruleset::RuleSet;
use super::shared::SharedRules;
use super::verdict::session;
use crate::ports::{Asking, Bounds, Choosing, Offer, Offered, OfferedLength, Offering, Offers, Query};

/// The lengths that people choose from; the longest that policy allows is added where it is none of them.
pub const LENGTHS: [Seconds; 7] = [
    Seconds::minutes(15),
    Seconds::minutes(30),
    Seconds::hours(1),
    Seconds::hours(2),
    Seconds::hours(4),
    Seconds::hours(8),
    Seconds::hours(12),
];
/// Times that Cedar is asked for one list: each takes some 50 µs, and a keystroke has 100 ms.
const EVALUATIONS_MAX: usize = 400;

impl Offering for RuleSet {
    fn offers(&self, directory: &Directory, asking: &Asking<'_>, query: &Query<'_>, most: usize) -> Offers {
        let Some(asker) = Asker::new(self, directory, asking, EVALUATIONS_MAX) else {
            return Offers { found: Vec::new(), complete: true };
        };
        let typed = Typed::new(query.text);
        match query.choosing {
            Choosing::Account { aliases } => accounts(&asker, &typed, aliases, most),
            Choosing::PermissionSet { account } => permission_sets(&asker, &typed, account, most),
            Choosing::Group => groups(&asker, &typed, most),
        }
    }

    fn lengths(&self, directory: &Directory, asking: &Asking<'_>, target: &Target) -> Vec<OfferedLength> {
        let Some(asker) = Asker::new(self, directory, asking, usize::MAX) else { return Vec::new() };
        let Some(subject) = asker.subject(target).filter(|_| can_be_given(directory, target)) else {
            return Vec::new();
        };
        let session = session(directory, target);
        let Ok(Some(bounds)) = asker.bounds(&subject, session) else { return Vec::new() };
        let mut lengths: Vec<Seconds> =
            LENGTHS.into_iter().chain([bounds.longest]).filter(|length| *length <= bounds.longest).collect();
        lengths.sort();
        lengths.dedup();
        let offered = |length| asker.at_length(&subject, length, session).ok().flatten();
        lengths.into_iter().filter_map(offered).collect()
    }
}

/// Those of the set in force.
impl Offering for SharedRules {
    fn offers(&self, directory: &Directory, asking: &Asking<'_>, query: &Query<'_>, most: usize) -> Offers {
        self.current().offers(directory, asking, query, most)
    }

    fn lengths(&self, directory: &Directory, asking: &Asking<'_>, target: &Target) -> Vec<OfferedLength> {
        self.current().lengths(directory, asking, target)
    }
}

/// What decisions refuse whatever policy says is not offered: accounts into which nothing is assigned, groups that something
/// else feeds.
fn can_be_given(directory: &Directory, target: &Target) -> bool {
    match target {
        Target::Assignment { account, permission_set } => {
            directory.accounts.get(account).is_some_and(is_open)
                && directory.permission_sets.contains_key(permission_set)
        }
        Target::Membership { group } => {
            directory.groups.get(group).is_some_and(|group| group.fed_by.is_none())
        }
    }
}

fn is_open(account: &Account) -> bool {
    account.state == AccountState::Active && !account.management
}

/// Fills a list up to its limit, or until no time is left.
fn list<'a, T: 'a>(
    things: impl IntoIterator<Item = &'a T>,
    most: usize,
    offer: impl Fn(&'a T) -> Result<Option<Offer>, Spent>,
) -> Offers {
    let mut found = Vec::new();
    for thing in things {
        match offer(thing) {
            Ok(None) => {}
            Ok(Some(_)) if found.len() >= most => return Offers { found, complete: false },
            Ok(Some(offer)) => found.push(offer),
            Err(Spent) => return Offers { found, complete: false },
        }
    }
    Offers { found, complete: true }
}

fn accounts(asker: &Asker<'_>, typed: &Typed, aliases: &BTreeMap<String, AccountId>, most: usize) -> Offers {
    let mut called: BTreeMap<&AccountId, Vec<&str>> = BTreeMap::new();
    for (alias, account) in aliases {
        called.entry(account).or_default().push(alias);
    }
    let fit = |account: &Account| {
        let names = called.get(&account.id).into_iter().flatten().copied();
        names.chain([account.name.as_str(), account.id.as_str()]).filter_map(|name| typed.fit(name)).min()
    };
    let open = asker.directory.accounts.values().filter(|account| is_open(account));
    let ranked = ranked(open, fit, |account| (account.name.as_str(), &account.id));
    list(ranked, most, |account: &Account| {
        let offer =
            || Offer { what: Offered::Account(account.id.clone()), name: account.name.clone(), bounds: None };
        Ok(asker.any_permission_set(&account.id)?.then(offer))
    })
}

fn permission_sets(asker: &Asker<'_>, typed: &Typed, account: &AccountId, most: usize) -> Offers {
    if !asker.directory.accounts.get(account).is_some_and(is_open) {
        return Offers { found: Vec::new(), complete: true };
    }
    let sets = asker.directory.permission_sets.values();
    let ranked = ranked(sets, |set| typed.fit(&set.name), |set| (set.name.as_str(), &set.arn));
    list(ranked, most, |set: &PermissionSet| {
        let target = Target::Assignment { account: account.clone(), permission_set: set.arn.clone() };
        let Some(subject) = asker.subject(&target) else { return Ok(None) };
        let bounds = asker.bounds(&subject, set.session)?;
        Ok(bounds.map(|bounds| offer(Offered::PermissionSet(set.arn.clone()), &set.name, bounds)))
    })
}

fn groups(asker: &Asker<'_>, typed: &Typed, most: usize) -> Offers {
    let open = asker.directory.groups.values().filter(|group| group.fed_by.is_none());
    let fit =
        |group: &Group| [typed.fit(&group.name), typed.fit(group.id.as_str())].into_iter().flatten().min();
    let ranked = ranked(open, fit, |group| (group.name.as_str(), &group.id));
    list(ranked, most, |group: &Group| {
        let target = Target::Membership { group: group.id.clone() };
        let Some(subject) = asker.subject(&target) else { return Ok(None) };
        let bounds = asker.bounds(&subject, session(asker.directory, &target))?;
        Ok(bounds.map(|bounds| offer(Offered::Group(group.id.clone()), &group.name, bounds)))
    })
}

fn offer(what: Offered, name: &str, bounds: Bounds) -> Offer {
    Offer { what, name: name.to_owned(), bounds: Some(bounds) }
}

/// The shortest grant there is: what is permitted for no length is not permitted for this one.
const SHORTEST: Seconds = LENGTH_MIN;
