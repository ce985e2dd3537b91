//! Identity Center is away, and back.

use glasskey_domain::watch::Center;
use jiff::ToSpan as _;

use crate::town::{ALONE, Platform, Town};

on_each_platform! {
    an_outage_of_identity_center_is_told_once_and_so_is_its_end,
}

/// Lets time pass after each round of the bot, over the next reading of the directory, until Identity Center is called so.
fn passes_until(town: &Town, what: &str, is: impl Fn(&Center) -> bool) {
    town.book_shows(what, |book, _| {
        let so = is(&book.watch().center);
        if !so {
            town.pass(2.hours());
        }
        so.then_some(())
    });
}

fn an_outage_of_identity_center_is_told_once_and_so_is_its_end(on: Platform) {
    let town = Town::with_break_glass(on, ALONE);
    passes_until(&town, "an answer", |center| matches!(center, Center::Answers { .. }));
    town.aws_goes_down();
    passes_until(&town, "silence", |center| matches!(center, Center::Silent { .. }));
    town.incident_says("Identity Center does not answer");
    assert!(town.okta_sleeps(), "nothing opens by itself");
    town.aws_comes_back();
    passes_until(&town, "an answer", |center| matches!(center, Center::Answers { .. }));
    town.incident_says("Identity Center answers again");
    town.settle();
    assert_eq!(town.said_in_incident("Identity Center does not answer"), 1);
    assert_eq!(town.said_in_incident("Identity Center answers again"), 1);
}
