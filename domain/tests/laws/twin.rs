//! A provider that behaves like the real one: it takes its time, loses replies, fails, and lists what was true before.
//!
//! It decides nothing by itself: all that goes wrong is drawn by the caller.

use std::collections::{BTreeMap, BTreeSet};

use glasskey_domain::Holding;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use jiff::{SignedDuration, Timestamp};

/// Longest time from arrival to effect. With the longest way ([`WAY_MAX`]) and the oldest list ([`LAG_MAX`]) it stays
/// below the domain's `SETTLE_AFTER`: what comes later than that, nobody can wait for.
pub const WORK_MAX: i64 = 8;
/// Longest time that a call whose reply was lost is on its way.
pub const WAY_MAX: i64 = 12;
/// How far lists lag behind, at most.
pub const LAG_MAX: i64 = 5;

pub fn seconds_after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

#[derive(Debug, Clone)]
struct Operation {
    id: OperationId,
    holding: Holding,
    change: Change,
    arrives: Timestamp,
    ready: Timestamp,
    fails: bool,
}

/// How one operation went, or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Running,
    Done,
    Failed,
}

#[derive(Default)]
pub struct Twin {
    pub has: BTreeSet<Holding>,
    past: Vec<(Timestamp, BTreeSet<Holding>)>,
    queue: Vec<Operation>,
    fates: BTreeMap<OperationId, Fate>,
    next: u32,
}

impl Twin {
    /// Takes a call: it arrives after its way, and is done at the earliest after its work, in the order of arrival.
    pub fn take(
        &mut self,
        now: Timestamp,
        call: (&Holding, Change),
        way: i64,
        work: i64,
        fails: bool,
    ) -> OperationId {
        self.next += 1;
        let id = OperationId::new(format!("op-{}", self.next));
        let arrives = seconds_after(now, way);
        let (holding, change) = (call.0.clone(), call.1);
        let ready = seconds_after(arrives, work);
        self.queue.push(Operation { id: id.clone(), holding, change, arrives, ready, fails });
        self.queue.sort_by_key(|operation| operation.arrives);
        self.fates.insert(id.clone(), Fate::Running);
        self.advance(now);
        id
    }

    /// Nothing to delete, now or soon.
    pub fn has_nothing_of(&self, holding: &Holding) -> bool {
        !self.has.contains(holding) && self.queue.iter().all(|operation| &operation.holding != holding)
    }

    pub fn fate(&self, id: &OperationId) -> Fate {
        self.fates[id]
    }

    /// Does what is ready; operations on the same holding are serial.
    pub fn advance(&mut self, now: Timestamp) {
        let mut busy = BTreeSet::new();
        let mut left = Vec::new();
        for operation in std::mem::take(&mut self.queue) {
            let late = operation.ready > now || busy.contains(&operation.holding);
            if operation.arrives > now || late {
                if operation.arrives <= now {
                    busy.insert(operation.holding.clone());
                }
                left.push(operation);
                continue;
            }
            self.past.push((operation.ready, self.has.clone()));
            self.fates.insert(operation.id, if operation.fails { Fate::Failed } else { Fate::Done });
            match operation.change {
                _ if operation.fails => false,
                Change::Create => self.has.insert(operation.holding),
                Change::Delete => self.has.remove(&operation.holding),
            };
        }
        self.queue = left;
    }

    /// What a list says that lags so many seconds behind.
    pub fn lists(&self, holding: &Holding, now: Timestamp, lag: i64) -> bool {
        let at = seconds_after(now, -lag);
        let then = self.past.iter().find(|(until, _)| *until > at).map_or(&self.has, |(_, has)| has);
        then.contains(holding)
    }

    /// Somebody does it in the console, and lists have caught up.
    pub fn by_hand(&mut self, holding: &Holding, add: bool) {
        if add {
            self.has.insert(holding.clone())
        } else {
            self.has.remove(holding)
        };
        self.past.clear();
    }
}
