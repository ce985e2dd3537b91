//! Processes that die, and processes that come second. The test binary runs itself as the other process.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use glasskey::ledger::{StateReport, Table};

use super::{block_on, counted, derived, open, rows, try_open};

/// Names the store to the child; without it a test is the parent.
const CHILD_STORE: &str = "GLASSKEY_TEST_CHILD_STORE";
const ROUNDS: u64 = 20;

#[expect(clippy::disallowed_methods, reason = "the only word between a test and its child")]
fn child_store() -> Option<PathBuf> {
    std::env::var(CHILD_STORE).ok().map(PathBuf::from)
}

fn spawn_self(test: &str, store: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD_STORE, store)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn commit_for_ever(store: &Path) -> ! {
    let (ledger, ..) = open(store);
    block_on(async {
        loop {
            let n = ledger.head().seq + 1;
            ledger.commit(counted(n)).await.unwrap();
            say(&format!("ack {n}"));
        }
    })
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_nine() {
    if let Some(store) = child_store() {
        commit_for_ever(&store);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let mut child = spawn_self("ledger::kill::nothing_acknowledged_is_lost_by_kill_nine", dir.path());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut acks = lines.filter_map(|line| line.split_once("ack ")?.1.parse::<u64>().ok());
        // Round by round a little later, so that the kill meets every part of a commit.
        let first = acks.next().unwrap();
        assert!(first > acknowledged, "a number was given twice");
        acknowledged = acks.by_ref().take(1 + (round * 7 % 40) as usize).last().unwrap();
        child.kill().unwrap();
        acknowledged = acks.last().unwrap_or(acknowledged);
        child.wait().unwrap();

        let (ledger, report, _) = open(dir.path());
        assert!(ledger.head().seq >= acknowledged, "round {round}: {acknowledged} lost, {report:?}");
        assert!(ledger.head().seq <= acknowledged + 1, "one commit may be there unacknowledged");
        assert!(matches!(report.state, StateReport::Current | StateReport::Replayed { .. }), "{report:?}");
        let last = ledger.get(Table::Requests, format!("r{acknowledged}").as_bytes()).unwrap();
        assert_eq!(last, Some(acknowledged.to_string().into_bytes()));
        assert_eq!(rows(&ledger), derived(&ledger));
    }
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    if let Some(store) = child_store() {
        say(&format!("answer {}", try_open(&store).map(drop).unwrap_err()));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (ledger, ..) = open(dir.path());
    let child = spawn_self("ledger::kill::a_second_process_is_told_who_has_the_store", dir.path());
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let answer = output.lines().find_map(|line| Some(line.split_once("answer ")?.1)).unwrap();
    assert!(answer.contains(&format!("is in use by process {} on ", std::process::id())), "{answer}");
    assert!(answer.contains("ask the running bot") && answer.contains("or stop it first"), "{answer}");
    drop(ledger);
    open(dir.path());
}
