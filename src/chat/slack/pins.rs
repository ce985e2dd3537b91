//! The card of an open emergency is pinned, and unpinned when it is over: who comes late finds it at the top.
//!
//! Best effort: the card says what is true, pinned or not. A pin never holds a card up for long, is never the reason that
//! a card is shown twice, and what Slack refuses is not tried again until the next start.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use glasskey_domain::Emergency;

use super::fault::{FaultKind, SlackFault};
use super::models::Posted;
use super::web::SlackWeb;

/// Longest wait for a pin: the card waits for it.
const PIN_MAX: Duration = Duration::from_secs(2);
/// Cards remembered; more of them than there ever are emergencies between two starts. Who is forgotten is pinned again,
/// which changes nothing.
const KEPT_MAX: usize = 1_000;

/// What is pinned, as far as this start knows.
#[derive(Default)]
pub(super) struct Pins {
    /// Message → whether it is pinned, or as good as: Slack said no for good.
    settled: Mutex<BTreeMap<(String, String), bool>>,
}

impl Pins {
    /// Makes the pin of a card what it should be.
    pub(super) async fn keep(&self, web: &SlackWeb, emergency: &Emergency, at: &Posted) {
        let wanted = !emergency.state.is_terminal();
        let key = (at.channel.clone(), at.ts.clone());
        if self.with(|settled| settled.get(&key) == Some(&wanted)) {
            return;
        }
        let asked = async { if wanted { web.pins_add(at).await } else { web.pins_remove(at).await } };
        let settled = match tokio::time::timeout(PIN_MAX, asked).await {
            Ok(Ok(())) => true,
            Ok(Err(fault)) if is_so(&fault) => true,
            Ok(Err(fault)) => {
                tracing::warn!(emergency = %emergency.ask.id, wanted, %fault, "the card of an emergency could not be pinned or unpinned");
                !fault.is_transient()
            }
            Err(_elapsed) => {
                tracing::warn!(emergency = %emergency.ask.id, wanted, "slack did not pin or unpin a card in time");
                false
            }
        };
        if settled {
            self.with(|kept| {
                if kept.len() >= KEPT_MAX {
                    kept.clear();
                }
                kept.insert(key, wanted);
            });
        }
    }

    fn with<T>(&self, with: impl FnOnce(&mut BTreeMap<(String, String), bool>) -> T) -> T {
        with(&mut self.settled.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What Slack answers when there is nothing to do. Source: docs.slack.dev, pins.add and pins.remove.
const AS_IT_SHOULD_BE: [&str; 3] = ["already_pinned", "no_pin", "not_pinned"];

/// Whether the fault says that it is as it should be.
fn is_so(fault: &SlackFault) -> bool {
    matches!(&fault.kind, FaultKind::Rejected { code, .. } if AS_IT_SHOULD_BE.contains(&code.as_str()))
}
