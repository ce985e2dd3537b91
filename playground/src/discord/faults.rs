//! What can go wrong with REST when a test wants it: scripted faults and latency. Limits are `limits.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::routes::Operation;

/// A fault that the next matching call meets, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429; the call has no effect.
    RateLimited {
        /// `Retry-After`, and `retry_after` with its fraction.
        wait: Duration,
        /// Of the whole bot, not of the route.
        global: bool,
    },
    /// This status with a page that is not JSON; no effect.
    Status(u16),
    /// Refused in Discord's form: 401 with 0, 403 with 50001 or 50013, 404 with 10008 and so on; no effect.
    Refused {
        /// Status.
        status: u16,
        /// Discord's own code.
        code: u64,
    },
    /// Never answered; no effect.
    Hang,
    /// The effect happens, and the connection breaks before the answer arrives.
    AcceptThenDrop,
    /// The connection breaks, and nothing has happened.
    DropBefore,
    /// 200 with a body that is not JSON (a proxy's page); no effect.
    Garbage,
}

/// Which call a fault waits for.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    /// `None` is any.
    pub(crate) operation: Option<Operation>,
    pub(crate) channel: Option<String>,
    pub(crate) fault: Fault,
}

/// Scripted faults and latencies.
#[derive(Debug, Default)]
pub(crate) struct Weather {
    scripted: VecDeque<Scripted>,
    latency: BTreeMap<Operation, Duration>,
}

impl Weather {
    pub(crate) fn script(&mut self, scripted: Scripted) {
        self.scripted.push_back(scripted);
    }

    pub(crate) fn clear(&mut self) {
        self.scripted.clear();
        self.latency.clear();
    }

    pub(crate) fn set_latency(&mut self, operation: Operation, latency: Duration) {
        self.latency.insert(operation, latency);
    }

    pub(crate) fn latency(&self, operation: Operation) -> Duration {
        self.latency.get(&operation).copied().unwrap_or_default()
    }

    /// Takes the first fault that is meant for this call.
    pub(crate) fn take(&mut self, operation: Operation, channel: Option<&str>) -> Option<Fault> {
        let at = self.scripted.iter().position(|s| {
            s.operation.is_none_or(|o| o == operation)
                && s.channel.as_deref().is_none_or(|c| Some(c) == channel)
        })?;
        self.scripted.remove(at).map(|s| s.fault)
    }
}
