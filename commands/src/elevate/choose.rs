//! Which names are asked for: one, or an account and a permission set that stand together.
//!
//! Must never take a name out of the middle of a reason.

use super::request::{Kind, Known};
use crate::parts::Unit;
use std::ops::Range;

pub(super) struct Chosen {
    /// The account, or the group or the bundle.
    pub(super) name: Option<usize>,
    pub(super) set: Option<usize>,
    /// The units around them, up to the next name on either side.
    pub(super) run: Range<usize>,
}

/// The first name, where one is asked for; where it stands in a text with others, those belong to the reason.
pub(super) fn one(units: &[Unit<Kind>]) -> Chosen {
    let mut names = units.iter().enumerate().filter(|(_, unit)| matches!(unit.kind, Kind::Name(_)));
    let (first, second) = (names.next(), names.next());
    Chosen { name: first.map(|(at, _)| at), set: None, run: 0..second.map_or(units.len(), |(at, _)| at) }
}

/// The account and the permission set.
pub(super) fn pair(units: &[Unit<Kind>]) -> Chosen {
    let names: Vec<(usize, Known)> = units
        .iter()
        .enumerate()
        .filter_map(|(at, unit)| if let Kind::Name(known) = unit.kind { Some((at, known)) } else { None })
        .collect();
    let place = |k: usize| names.get(k).map(|(at, _)| *at);
    let run = |k: usize| {
        k.checked_sub(1).and_then(place).map_or(0, |at| at + 1)..place(k + 2).unwrap_or(units.len())
    };
    let is_length = |unit: &Unit<Kind>| matches!(unit.kind, Kind::Length(_));

    // Only the first known name may open the pair: an earlier one would be a part of another request.
    let first_known = names.iter().position(|(_, known)| known.account || known.set);
    let pair = first_known.filter(|k| {
        let fits = matches!((names.get(*k), names.get(k + 1)), (Some((_, a)), Some((_, b))) if fits(*a, *b) || fits(*b, *a));
        let with_length = units.get(place(*k).unwrap_or(0)..run(*k).end).is_some_and(|run| run.iter().any(is_length));
        fits && (*k == 0 || with_length || !units.iter().any(is_length))
    });
    let k = pair.unwrap_or(0);
    let (account, set) = match (names.get(k), names.get(k + 1)) {
        (None, _) => (None, None),
        (Some((at, known)), None) if known.set && !known.account => (None, Some(*at)),
        (Some((at, _)), None) => (Some(*at), None),
        (Some((a, first)), Some((b, second))) if swapped(*first, *second) => (Some(*b), Some(*a)),
        (Some((a, _)), Some((b, _))) => (Some(*a), Some(*b)),
    };
    Chosen { name: account, set, run: run(k) }
}

fn fits(account: Known, set: Known) -> bool {
    account.account && set.set
}

/// Whether the permission set was typed before the account, as far as anything tells.
fn swapped(first: Known, second: Known) -> bool {
    if fits(first, second) {
        return false;
    }
    fits(second, first) || (!first.account && !second.set && (first.set || second.account))
}
