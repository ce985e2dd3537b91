//! The runbook is there when nothing else is, and it has the right people.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::town::{ACME, PATIENCE, Plan, Town};

const COMMANDERS: &str = r#"
@id("paper-commanders") @max_duration("4h")
permit (principal in Group::"incident-commanders", action == Action::"breakglass", resource);
"#;

/// Break-glass at an Okta that does not answer; its token, and whatever else lies about, is in `folder`.
fn break_glass(folder: &Path, more: &str) -> String {
    let token = folder.join("okta-token");
    fs::write(&token, "pl4nt3d-okta").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    format!(
        "\n[okta]\nurl = \"http://127.0.0.1:1\"\ntoken = \"file:{}\"\n{more}\n[breakglass.main]\n\
         app = \"0oa1emergency\"\ngroups = {{ ro = \"00gro\", ops = \"00gops\" }}\n",
        token.display()
    )
}

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
fn the_bot_starts_and_writes_the_runbook_while_neither_aws_nor_okta_answers() {
    let folder = tempfile::tempdir().unwrap();
    let more = break_glass(folder.path(), "");
    let town = Town::planned(Plan { more, aws_down: true, ..Plan::default() });
    let text = paper(&runbook_of(&town), |text| text.contains("## Close by hand: main"));
    assert!(text.contains("Policy lets nobody open it") && !text.contains("pl4nt3d"), "{text}");
}

#[test]
fn who_to_call_changes_with_the_policies() {
    let folder = tempfile::tempdir().unwrap();
    let more = break_glass(folder.path(), "");
    let policies = format!("{ACME}{COMMANDERS}");
    let town = Town::planned(Plan { more, policies, ..Plan::default() });
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
    let more = break_glass(folder.path(), &format!("[breakglass]\nrunbook = \"{}\"\n", taken.display()));
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
