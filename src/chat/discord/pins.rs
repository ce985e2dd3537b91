//! The card of an open emergency is pinned, and unpinned when it is over: who comes late finds it at the top.
//!
//! Best effort: the card says what is true, pinned or not. A pin never holds a card up for long, is never the reason that
//! a card is shown twice, and what Discord refuses is not tried again until the next start.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use glasskey_domain::Emergency;

use super::rest::DiscordRest;
use super::rest::models::Posted;

/// Longest wait for a pin: the card waits for it.
const PIN_MAX: Duration = Duration::from_secs(2);
/// Cards remembered; more of them than there ever are emergencies between two starts. Who is forgotten is pinned again,
/// which changes nothing.
const KEPT_MAX: usize = 1_000;

/// What is pinned, as far as this start knows.
#[derive(Default)]
pub(super) struct Pins {
    /// Message → whether it is pinned, or as good as: Discord said no for good.
    settled: Mutex<BTreeMap<Posted, bool>>,
}

impl Pins {
    /// Makes the pin of a card what it should be.
    pub(super) async fn keep(&self, rest: &DiscordRest, emergency: &Emergency, at: Posted) {
        let wanted = !emergency.state.is_terminal();
        if self.with(|settled| settled.get(&at) == Some(&wanted)) {
            return;
        }
        let asked = async { if wanted { rest.pin(at).await } else { rest.unpin(at).await } };
        let id = &emergency.ask.id;
        let settled = match tokio::time::timeout(PIN_MAX, asked).await {
            Ok(Ok(())) => true,
            Ok(Err(fault)) => {
                tracing::warn!(emergency = %id, wanted, %fault, "the card of an emergency could not be pinned or unpinned");
                !fault.is_transient()
            }
            Err(_elapsed) => {
                tracing::warn!(emergency = %id, wanted, "discord did not pin or unpin a card in time");
                false
            }
        };
        if settled {
            self.with(|kept| {
                if kept.len() >= KEPT_MAX {
                    kept.clear();
                }
                kept.insert(at, wanted);
            });
        }
    }

    fn with<T>(&self, with: impl FnOnce(&mut BTreeMap<Posted, bool>) -> T) -> T {
        with(&mut self.settled.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
