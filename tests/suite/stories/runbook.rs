//! The runbook is there when nothing else is, and it has the right people.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use glasskey_playground::okta::OktaOptions;

use crate::town::{ACME, PATIENCE, Plan, Town};

const COMMANDERS: &str = r#"
@id("paper-commanders") @max_duration("4h")
permit (principal in Group::"incident-commanders", action == Action::"breakglass", resource);
"#;

/// Waits until the file says it. A file tells nobody that it was written, so it is looked at again.
fn paper(path: &Path, says: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if says(&text) {
            return text;
        }
        assert!(begun.elapsed() < PATIENCE, "the runbook at {} says: {text}", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn runbook_of(town: &Town) -> PathBuf {
    town.store().join("runbook.md")
}

#[test]
fn the_bot_starts_and_writes_the_runbook_while_aws_is_down_and_okta_takes_nobody() {
    let okta = OktaOptions { ssws_token: None, ..OktaOptions::default() };
    let town = Town::planned(Plan { okta, aws_down: true, ..Plan::default() });
    let text = paper(&runbook_of(&town), |text| text.contains("## Close by hand: main"));
    assert!(text.contains("Policy lets nobody open it") && !text.contains("pl4nt3d"), "{text}");
}

#[test]
fn who_to_call_changes_with_the_policies() {
    let policies = format!("{ACME}{COMMANDERS}");
    let town = Town::planned(Plan { policies, ..Plan::default() });
    town.changes_policies(&format!("{ACME}{COMMANDERS}// other words\n"));
    paper(&runbook_of(&town), |text| text.contains("| ops, alone | |"));
    town.changes_policies(&COMMANDERS.replace("permit", "forbid").replace("@max_duration(\"4h\")", ""));
    paper(&runbook_of(&town), |text| text.contains("Policy lets nobody open it"));
}

#[test]
fn a_runbook_that_cannot_be_written_is_told_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let more = format!("[breakglass]\nrunbook = \"{}\"\n", taken.display());
    let town = Town::planned(Plan { more, ..Plan::default() });
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.card(&it);
    let begun = Instant::now();
    while !town.notes().contains_key("runbook") {
        assert!(begun.elapsed() < PATIENCE, "nobody was told");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(town.notes()["runbook"].contains("taken"));
}
