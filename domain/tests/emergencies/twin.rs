//! An identity provider that behaves like the real ones: it loses replies, does late what was lost, lists what was true
//! before, refuses, takes no changes in disaster recovery, and is changed by hand by others.
//!
//! It decides nothing by itself: all that goes wrong is drawn by the caller.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::PersonId;
use glasskey_domain::emergency::{Level, Member};
use glasskey_domain::federation::{CutSeen, FederationChange, Looked};
use glasskey_domain::ids::MemberId;
use jiff::Timestamp;

use crate::town::after;

/// Longest time that a call whose reply was lost is on its way. With the oldest answer ([`LAG_MAX`]) and the longest time
/// that an answer waits to be written down ([`FLIGHT_MAX`]) it stays below the domain's `SETTLE_AFTER`.
pub const WAY_MAX: i64 = 12;
/// How far answers lag behind, at most.
pub const LAG_MAX: i64 = 5;
/// How long an answer waits at most until it is written down.
pub const FLIGHT_MAX: i64 = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Has {
    pub app: bool,
    pub groups: BTreeMap<Level, BTreeSet<Member>>,
    pub cut: CutSeen,
}

pub struct Twin {
    pub has: Has,
    past: Vec<(Timestamp, Has)>,
    late: Vec<(Timestamp, FederationChange)>,
    pub read_only: bool,
    /// When somebody last opened, or closed, something by hand.
    pub opened_by_hand: Timestamp,
    pub closed_by_hand: Timestamp,
}

/// The provider's user of a person.
pub fn member(person: &PersonId) -> Member {
    // Two records of one person: the provider knows but one user.
    if person.as_str() == "p119" {
        return member(&PersonId::new("cy"));
    }
    let login = match person.as_str() {
        "eve" => "eve.external@partner.example".to_owned(),
        // Providers keep the case in which a login was typed.
        other => format!("{}@Acme.example", other.to_uppercase()),
    };
    Member { id: MemberId::new(format!("00u{person}")), login }
}

pub fn is_known(person: &PersonId) -> bool {
    person.as_str() != "fay"
}

impl Twin {
    pub fn new() -> Self {
        let groups = Level::ALL.map(|level| (level, BTreeSet::new())).into();
        Self {
            has: Has { app: false, groups, cut: CutSeen::Not },
            past: Vec::new(),
            late: Vec::new(),
            read_only: false,
            opened_by_hand: Timestamp::MIN,
            closed_by_hand: Timestamp::MIN,
        }
    }

    /// Does a change now.
    pub fn take(&mut self, now: Timestamp, change: &FederationChange) {
        self.past.push((now, self.has.clone()));
        match change {
            FederationChange::Activate => self.has.app = true,
            FederationChange::Deactivate => self.has.app = false,
            FederationChange::Add { level, person } => {
                self.has.groups.get_mut(level).unwrap().insert(member(person));
            }
            FederationChange::Remove { level, member } => {
                self.has.groups.get_mut(level).unwrap().retain(|other| other.id != member.id);
            }
            FederationChange::Cut { before } => self.has.cut = CutSeen::Before(*before).max(self.has.cut),
        }
    }

    /// Does it later: nobody knows.
    pub fn take_later(&mut self, at: Timestamp, change: FederationChange) {
        self.late.push((at, change));
    }

    pub fn advance(&mut self, now: Timestamp) {
        let (due, late): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now);
        self.late = late;
        for (at, change) in due {
            self.take(at, &change);
        }
        self.past.retain(|(until, _)| after(*until, 3600) > now);
    }

    fn then(&self, now: Timestamp, lag: i64) -> &Has {
        let at = after(now, -lag);
        self.past
            .iter()
            .filter(|(until, _)| *until > at)
            .min_by_key(|(until, _)| *until)
            .map_or(&self.has, |(_, has)| has)
    }

    /// What a look says that lags so many seconds behind.
    pub fn shows(&self, now: Timestamp, lag: i64, cut: bool) -> Looked {
        let has = self.then(now, lag);
        Looked {
            app: Some(has.app),
            groups: has
                .groups
                .iter()
                .map(|(level, members)| (*level, members.iter().cloned().collect()))
                .collect(),
            cut: cut.then_some(has.cut),
        }
    }

    pub fn by_hand(&mut self, now: Timestamp, change: &FederationChange) {
        if change.opens() {
            self.opened_by_hand = now;
        } else {
            self.closed_by_hand = now;
        }
        self.take(now, change);
    }

    pub fn has_in(&self, level: Level, person: &PersonId) -> bool {
        self.has.groups[&level].contains(&member(person))
    }

    pub fn is_closed(&self) -> bool {
        !self.has.app
            && self.has.groups.values().all(BTreeSet::is_empty)
            && !self.late.iter().any(|(_, c)| c.opens())
    }
}
