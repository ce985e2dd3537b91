//! The line in which calls wait: by rank, and first come first served within a rank. Holds no clock and no budget.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{BACKGROUND_WAIT_MAX, Rank};

/// One who waits.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub(super) rank: Rank,
    pub(super) number: u64,
    /// Whether it begins an operation, and so needs room for one.
    pub(super) starts: bool,
    pub(super) since: Instant,
    pub(super) wake: Arc<Notify>,
}

impl Ticket {
    fn key(&self) -> (Rank, u64) {
        (self.rank, self.number)
    }

    /// Where it stands now: who waited long enough in the background stands right before those who give access.
    fn place(&self, now: Instant) -> (Rank, bool, u64) {
        let old = now.saturating_duration_since(self.since) >= BACKGROUND_WAIT_MAX;
        if self.rank == Rank::Background && old {
            (Rank::Granting, false, self.number)
        } else {
            (self.rank, true, self.number)
        }
    }
}

/// Those who wait: apart, so that starts without room hold nobody else up.
#[derive(Debug, Default)]
pub(super) struct Line {
    calls: BTreeMap<(Rank, u64), Ticket>,
    starts: BTreeMap<(Rank, u64), Ticket>,
}

impl Line {
    pub(super) fn join(&mut self, ticket: Ticket) {
        let line = if ticket.starts { &mut self.starts } else { &mut self.calls };
        line.insert(ticket.key(), ticket);
    }

    pub(super) fn leave(&mut self, ticket: &Ticket) {
        let line = if ticket.starts { &mut self.starts } else { &mut self.calls };
        line.remove(&ticket.key());
    }

    /// Who goes next; `room` tells whether one more operation of a rank may begin.
    pub(super) fn first(&self, now: Instant, room: impl Fn(Rank) -> bool) -> Option<&Ticket> {
        let start =
            self.starts.first_key_value().map(|(_, ticket)| ticket).filter(|ticket| room(ticket.rank));
        let call = self.calls.first_key_value().map(|(_, ticket)| ticket);
        let background = self.calls.range((Rank::Background, 0)..).next().map(|(_, ticket)| ticket);
        start.into_iter().chain(call).chain(background).min_by_key(|ticket| ticket.place(now))
    }
}
