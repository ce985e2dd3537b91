//! sled may be behind, lost, broken or of another history: what reads see afterwards is what the journal says.

use std::fs;
use std::path::Path;

use glasskey::ledger::{
    Ledger, OpenOptions, OpenReport, Projection, Put, RebuildReason, Record, StateReport, Table,
};

use super::{Listed, block_on, copy_folder, counted, derived, open, rows, store_with};

/// Opens, and checks that state, projection and journal agree.
fn settled(path: &Path) -> OpenReport {
    let (ledger, report, listed) = open(path);
    let rows = rows(&ledger);
    assert_eq!(rows, derived(&ledger), "{report:?}");
    let hot = |rows: super::Rows| {
        rows.into_iter().filter(|((table, _), _)| table.is_loaded()).collect::<super::Rows>()
    };
    assert_eq!(hot(listed.rows), hot(rows), "{report:?}");
    report
}

#[test]
fn a_state_that_is_behind_is_replayed() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 120);
    let old = dir.path().join("old");
    copy_folder(&dir.path().join("state"), &old);
    let (ledger, ..) = open(dir.path());
    for n in 121..=300 {
        block_on(ledger.commit(counted(n))).unwrap();
    }
    drop(ledger);
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    fs::rename(&old, dir.path().join("state")).unwrap();
    let report = settled(dir.path());
    assert_eq!(report.state, StateReport::Replayed { from: 121, to: 300 });
    assert!(report.alerts().is_empty(), "a kill leaves this behind: {:?}", report.alerts());
    assert_eq!(settled(dir.path()).state, StateReport::Current);
}

#[test]
fn a_lost_state_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 130);
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    let report = settled(dir.path());
    assert_eq!(report.state, StateReport::Rebuilt { reason: RebuildReason::Missing, aside: None });
    assert_eq!(report.alerts().len(), 1);
}

#[test]
fn a_state_of_another_history_is_moved_aside_and_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("a"), dir.path().join("b"));
    store_with(&ours, 5);
    let (ledger, ..) = open(&theirs);
    for n in 11..=13 {
        block_on(ledger.commit(counted(n))).unwrap();
    }
    drop(ledger);
    fs::remove_dir_all(ours.join("state")).unwrap();
    copy_folder(&theirs.join("state"), &ours.join("state"));
    let report = settled(&ours);
    let reason = RebuildReason::OtherHistory { state_seq: 3 };
    assert_eq!(report.state, StateReport::Rebuilt { reason, aside: Some(ours.join("state.broken-1")) });
}

#[test]
fn a_state_of_another_version_is_rebuilt_without_alarm() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 5);
    let options =
        OpenOptions { state_version: OpenOptions::default().state_version + 1, ..OpenOptions::default() };
    let (_ledger, report) = Ledger::open(dir.path(), options, &mut Listed::default()).unwrap();
    assert!(matches!(report.state, StateReport::Rebuilt { reason: RebuildReason::OtherVersion, .. }));
    assert!(report.alerts().is_empty());
}

#[test]
fn a_row_that_sled_lost_without_a_word_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 5);
    let db = sled::open(dir.path().join("state")).unwrap();
    db.open_tree("requests").unwrap().remove("r3").unwrap();
    db.flush().unwrap();
    drop(db);
    let report = settled(dir.path());
    let StateReport::Rebuilt { reason: RebuildReason::Broken(why), .. } = &report.state else {
        panic!("{report:?}")
    };
    assert_eq!(why, "`requests` has lost or gained rows");
}

#[test]
fn states_moved_aside_do_not_fill_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 3);
    for _ in 0..5 {
        let (ledger, _) =
            Ledger::rebuild(dir.path(), OpenOptions::default(), &mut Listed::default()).unwrap();
        assert_eq!(rows(&ledger), derived(&ledger));
    }
    let aside = |n: u32| dir.path().join(format!("state.broken-{n}")).exists();
    assert_eq!([1, 2, 3, 4, 5].map(aside), [false, false, true, true, true]);
}

/// Flips and cuts all over sled's file; every open must end with the rows that the journal says.
#[test]
fn a_damaged_state_is_never_believed() {
    let dir = tempfile::tempdir().unwrap();
    let origin = dir.path().join("origin");
    store_with(&origin, 120);
    let length = fs::metadata(origin.join("state/db")).unwrap().len();
    let mut rebuilt = 0;
    for round in 0..40_u64 {
        let path = dir.path().join(format!("copy-{round}"));
        copy_folder(&origin, &path);
        let db = path.join("state/db");
        let at = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) % length;
        if round % 4 == 0 {
            fs::File::options().write(true).open(&db).unwrap().set_len(at).unwrap();
        } else {
            let mut bytes = fs::read(&db).unwrap();
            let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
            bytes[(at % used) as usize] ^= 1 << (round % 8);
            fs::write(&db, bytes).unwrap();
        }
        rebuilt += u32::from(settled(&path).state != StateReport::Current);
        fs::remove_dir_all(&path).unwrap();
    }
    assert!(rebuilt >= 10, "the damage was real: {rebuilt} of 40");
}

/// Stands still while it is loaded, as a sled that hangs does, until the watchdog has spoken.
struct Hanging(std::sync::mpsc::Receiver<()>);

impl Projection for Hanging {
    fn reset(&mut self) {}

    fn load(&mut self, _: Table, _: &[u8], _: &[u8]) -> Result<(), String> {
        self.0.recv().map_err(|fault| fault.to_string())
    }

    fn apply(&mut self, record: &Record) -> Result<Vec<Put>, String> {
        Ok(super::puts_of(&record.body))
    }
}

#[test]
fn a_state_on_which_an_open_hangs_is_out_of_the_way_of_the_next_open() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 1);
    let (spoken, hears) = std::sync::mpsc::channel();
    let on_stall = move |_| (0..9).for_each(|_| spoken.send(()).unwrap());
    let options = OpenOptions {
        stall: std::time::Duration::from_millis(40),
        on_stall: std::sync::Arc::new(on_stall),
        ..OpenOptions::default()
    };
    drop(Ledger::open(dir.path(), options, &mut Hanging(hears)));
    assert!(dir.path().join("state.broken-1").exists());
    let report = settled(dir.path());
    assert_eq!(report.state, StateReport::Rebuilt { reason: RebuildReason::Missing, aside: None });
}
