//! Cards and messages of one thing: what was posted where, and what it shows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::person::Platform;

/// A message that was posted: enough to update it, never to be read back (pitfalls 14, 15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Channel.
    pub channel: String,
    /// The platform's id of the message in it.
    pub message: String,
}

/// What is known about one message that must exist exactly once. Posts have no idempotency key on Slack, so the intent
/// is written before and the reference after; an intent without a reference means: look before posting again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "posting", rename_all = "kebab-case")]
pub enum Posting {
    /// Not tried.
    #[default]
    No,
    /// About to be posted since then; it may be there.
    Intended {
        /// Since when.
        at: Timestamp,
    },
    /// It is there.
    Posted {
        /// Where.
        message: MessageRef,
    },
}

/// The card of a request in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CardState {
    /// Whether it is there.
    pub posting: Posting,
    /// The version of the request that it shows.
    pub shown: u64,
    /// Why it can never be shown, when the platform said so.
    pub undeliverable: Option<String>,
}

impl CardState {
    /// Whether it shows this version, or never will.
    #[must_use]
    pub fn is_current(&self, version: u64) -> bool {
        self.shown >= version || self.undeliverable.is_some()
    }
}

/// The cards of one thing: one on each platform that is served.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cards(BTreeMap<Platform, CardState>);

impl Cards {
    /// Cards that are not posted yet, one on each of these.
    #[must_use]
    pub fn on_each(platforms: &BTreeSet<Platform>) -> Self {
        Self(platforms.iter().map(|platform| (*platform, CardState::default())).collect())
    }

    /// The platforms that have one.
    pub fn platforms(&self) -> impl Iterator<Item = Platform> + '_ {
        self.0.keys().copied()
    }

    /// The card on a platform.
    #[must_use]
    pub fn on(&self, platform: Platform) -> Option<&CardState> {
        self.0.get(&platform)
    }

    pub(crate) fn on_mut(&mut self, platform: Platform) -> Option<&mut CardState> {
        self.0.get_mut(&platform)
    }

    /// The platforms whose card does not show this version and can.
    pub fn outdated(&self, version: u64) -> impl Iterator<Item = Platform> + '_ {
        self.0.iter().filter(move |(_, card)| !card.is_current(version)).map(|(platform, _)| *platform)
    }

    /// Whether all of them show this version, or never will.
    #[must_use]
    pub fn are_current(&self, version: u64) -> bool {
        self.outdated(version).next().is_none()
    }

    /// Has one on each of these platforms, and nowhere else. One that a platform got before it was taken away may still be
    /// there, as it was then: it is looked for, and not posted beside.
    pub(crate) fn serve(&mut self, platforms: &BTreeSet<Platform>, asked_at: Timestamp) {
        self.0.retain(|platform, _| platforms.contains(platform));
        for platform in platforms {
            let posting = Posting::Intended { at: asked_at };
            self.0.entry(*platform).or_insert(CardState { posting, ..CardState::default() });
        }
    }
}
