//! Which interactions were taken since the start: one that comes again after a resume was answered, and Discord takes no
//! second answer. That nothing happens twice is the ledger's business, not this one's (P6).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serenity::model::id::InteractionId;

/// Interactions remembered; a resume repeats what was sent in the minutes before it, and that is far less.
const KEPT_MAX: usize = 10_000;

/// Ids grow with time, so the smallest is the oldest.
#[derive(Default)]
pub(super) struct Seen(Mutex<BTreeSet<InteractionId>>);

impl Seen {
    /// Whether it is taken for the first time.
    pub(super) fn begin(&self, interaction: InteractionId) -> bool {
        self.with(|seen| {
            let first = seen.insert(interaction);
            if seen.len() > KEPT_MAX {
                seen.pop_first();
            }
            first
        })
    }

    /// Nothing came of it: it may come again.
    pub(super) fn forget(&self, interaction: InteractionId) {
        self.with(|seen| seen.remove(&interaction));
    }

    fn with<T>(&self, with: impl FnOnce(&mut BTreeSet<InteractionId>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_known_unless_nothing_came_of_it() {
        let seen = Seen::default();
        let one = InteractionId::new(7);
        assert!(seen.begin(one));
        assert!(!seen.begin(one));
        seen.forget(one);
        assert!(seen.begin(one));
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let seen = Seen::default();
        let ids = (1..=u64::try_from(KEPT_MAX).unwrap() + 1).map(InteractionId::new);
        assert!(ids.into_iter().all(|id| seen.begin(id)));
        assert!(!seen.begin(InteractionId::new(2)));
        assert_eq!(seen.with(|seen| seen.len()), KEPT_MAX);
        assert!(!seen.with(|seen| seen.contains(&InteractionId::new(1))));
    }
}
