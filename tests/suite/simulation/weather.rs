//! Numbers that look random, and the weather they make.

use std::collections::BTreeSet;
use std::time::Duration;

use glasskey::ports::Fault;
use glasskey_domain::Platform;
use glasskey_domain::federation::READ_ONLY;
use jiff::SignedDuration;

use crate::crash::outside::{Mishap, calls};

/// Numbers that look random and are the same for the same seed (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `sides`.
    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }

    pub(super) fn of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let sides = things.len().max(1) as u64;
        things.get(self.below(sides) as usize)
    }
}

/// How the weather is.
pub(super) struct Weather {
    pub(super) dice: Dice,
    pub(super) clear: bool,
    pub(super) aws_down: bool,
    pub(super) chat_down: BTreeSet<Platform>,
    pub(super) okta_down: bool,
    pub(super) okta_read_only: bool,
}

fn transient(what: &str, retry_after: Option<u64>) -> Mishap {
    let retry_after = retry_after.map(Duration::from_secs);
    Mishap::Before(Fault::Transient { what: what.to_owned(), retry_after })
}

impl Weather {
    /// It gets worse where it was fair, and better where it was not.
    pub(super) fn turns_at_chat(&mut self, on: Platform) {
        if !self.chat_down.remove(&on) {
            self.chat_down.insert(on);
        }
    }

    pub(super) fn strikes(&mut self, call: &str) -> Mishap {
        if self.clear {
            return Mishap::None;
        }
        let changes = matches!(call, "activate" | "deactivate" | "add" | "remove");
        let at_okta = changes || matches!(call, "observe" | "observe-part" | "metadata");
        let at_aws =
            matches!(call, "look" | "create" | "delete" | "poll" | "cut" | "cut-look" | "deny" | "live");
        let chat_down = self.chat_down.iter().any(|on| calls(*on).contains(&call));
        if (at_aws && self.aws_down) || chat_down || (at_okta && self.okta_down) {
            return transient("it is down", None);
        }
        if changes && self.okta_read_only {
            return transient(&format!("{READ_ONLY} disaster recovery"), Some(60));
        }
        match (self.dice.below(100), call) {
            (0..6, _) => transient("ThrottlingException", Some(1)),
            (6..11, _) => Mishap::Lost,
            (11..15, "create") | (11..14, "delete") | (11..40, "deny") => Mishap::Fails,
            (11..13, "add") => Mishap::Fails,
            (11..14, "observe" | "activate" | "deactivate") => Mishap::Hangs,
            (15..18, "create") | (14..17, "activate" | "add" | "deactivate" | "remove") => {
                Mishap::Late(SignedDuration::from_millis(self.dice.below(12_000) as i64))
            }
            (18..20, _) => transient("the connection was refused", None),
            _ => Mishap::None,
        }
    }
}
