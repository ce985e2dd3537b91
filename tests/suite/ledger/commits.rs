//! Committing, reading, grouping, failing disks, documents, back-ups, old formats.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use glasskey::ledger::{
    Batch, Disk, Head, Ledger, LedgerFault, Migrations, OpenFault, OpenOptions, StateReport, Table, backup,
    due_key, restore,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Listed, at, batch, block_on, counted, derived, open, record, rows, store_of_segments, store_with,
};

#[test]
fn what_was_committed_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, report, _) = open(dir.path());
    assert_eq!((report.head, report.state, report.cut), (Head::EMPTY, StateReport::New, None));
    let head = block_on(ledger.commit(counted(1))).unwrap();
    assert_eq!((head.seq, ledger.head()), (1, head));
    assert_eq!(ledger.get(Table::Meta, b"last").unwrap(), Some(b"1".to_vec()));
    drop(ledger);

    let (ledger, report, listed) = open(dir.path());
    assert_eq!((report.head, &report.state), (head, &StateReport::Current));
    assert!(report.alerts().is_empty());
    assert_eq!(listed.applied, [] as [u64; 0], "a current state is loaded, not replayed");
    assert_eq!(listed.rows.get(&(Table::Requests, b"r1".to_vec())), Some(&b"1".to_vec()));
    assert!(
        listed.rows.contains_key(&(Table::Interactions, b"i1".to_vec())),
        "deliveries of the last day are loaded (P6)"
    );
    assert_eq!(ledger.get(Table::Interactions, b"i1").unwrap(), Some(b"done".to_vec()));
    let records = ledger.records(1, 9).unwrap();
    assert_eq!((records.len(), records[0].at, records[0].hash), (1, at(0), head.hash));
}

#[test]
fn the_first_due_job_is_the_first_row() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, ..) = open(dir.path());
    let key = |ms| String::from_utf8(due_key(jiff::Timestamp::from_millisecond(ms).unwrap(), b"j")).unwrap();
    block_on(ledger.commit(batch(json!([[2, key(90), "late"], [2, key(5), "early"], [2, key(70), "mid"]]))))
        .unwrap();
    assert_eq!(ledger.scan(Table::Jobs, b"", 1).unwrap(), [(key(5).into_bytes(), b"early".to_vec())]);
    let after = due_key(jiff::Timestamp::from_millisecond(6).unwrap(), b"");
    assert_eq!(ledger.scan(Table::Jobs, &after, 9).unwrap().len(), 2);
}

#[test]
fn records_are_read_from_any_number_on_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    store_of_segments(dir.path(), 40);
    let (ledger, report, _) = open(dir.path());
    assert!(report.segments > 5, "{}", report.segments);
    for from in 0..=42 {
        let seqs: Vec<u64> = ledger.records(from, 7).unwrap().iter().map(|record| record.seq).collect();
        let wanted: Vec<u64> = (from.max(1)..from.max(1) + 7).filter(|seq| *seq <= 40).collect();
        assert_eq!(seqs, wanted);
    }
    assert!(ledger.records(1, 0).unwrap().is_empty());
}

#[test]
fn five_hundred_commits_at_once_are_all_durable_and_share_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, ..) = open(dir.path());
    let ledger = Arc::new(ledger);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let heads = runtime.block_on(async {
        let one = |n| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move { ledger.commit(counted(n)).await.unwrap().seq })
        };
        let all: Vec<_> = (0..500).map(one).collect();
        let mut heads = BTreeSet::new();
        for done in all {
            heads.insert(done.await.unwrap());
        }
        heads
    });
    assert_eq!(heads, (1..=500).collect());
    let stats = ledger.stats();
    assert_eq!(stats.batches, 500);
    assert!(stats.syncs < 250, "{stats:?}");
    assert!(stats.syncs >= 500 / 32, "at most 32 batches share a sync: {stats:?}");
    drop(ledger);
    let (ledger, ..) = open(dir.path());
    assert_eq!(ledger.scan(Table::Requests, b"", 999).unwrap().len(), 500);
    assert_eq!(rows(&ledger), derived(&ledger));
}

/// A disk that can be told to fail or to stand still.
#[derive(Default)]
struct Moody {
    fails: AtomicBool,
    stands: Mutex<bool>,
    moved: Condvar,
}

impl Disk for Moody {
    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        io::Write::write_all(file, bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let stands = self.stands.lock().unwrap();
        drop(self.moved.wait_while(stands, |stands| *stands).unwrap());
        if self.fails.load(Ordering::SeqCst) {
            return Err(ErrorKind::StorageFull.into());
        }
        file.sync_data()
    }
}

#[test]
fn after_a_failed_sync_nothing_more_is_taken_until_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Moody::default());
    let options = OpenOptions { disk: disk.clone(), ..OpenOptions::default() };
    let (ledger, _) = Ledger::open(dir.path(), options, &mut Listed::default()).unwrap();
    block_on(async {
        ledger.commit(counted(1)).await.unwrap();
        disk.fails.store(true, Ordering::SeqCst);
        assert!(matches!(ledger.commit(counted(2)).await, Err(LedgerFault::Poisoned { .. })));
        disk.fails.store(false, Ordering::SeqCst);
        let fault = ledger.commit(counted(3)).await.unwrap_err();
        assert!(fault.to_string().contains("see to the disk and restart"), "{fault}");
    });
    assert!(ledger.poisoned().is_some());
    assert_eq!(ledger.head().seq, 1);
    assert_eq!(ledger.get(Table::Meta, b"last").unwrap(), Some(b"1".to_vec()));
    drop(ledger);
    let (ledger, ..) = open(dir.path());
    assert!(ledger.head().seq <= 2, "the third was never written");
    assert_eq!(rows(&ledger), derived(&ledger));
}

#[test]
fn a_writer_that_stands_still_is_noticed_once() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Moody::default());
    let (told, stalls) = mpsc::channel();
    let options = OpenOptions {
        disk: disk.clone(),
        stall: Duration::from_millis(40),
        on_stall: Arc::new(move |still| told.send(still).unwrap()),
        ..OpenOptions::default()
    };
    let (ledger, _) = Ledger::open(dir.path(), options, &mut Listed::default()).unwrap();
    *disk.stands.lock().unwrap() = true;
    let ledger = Arc::new(ledger);
    let commit = std::thread::spawn({
        let ledger = Arc::clone(&ledger);
        move || block_on(ledger.commit(counted(1)))
    });
    let still = stalls.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(still >= Duration::from_millis(40));
    assert!(stalls.recv_timeout(Duration::from_millis(200)).is_err(), "it is told once per stall");
    *disk.stands.lock().unwrap() = false;
    disk.moved.notify_all();
    assert_eq!(commit.join().unwrap().unwrap().seq, 1);
}

#[test]
fn an_idle_writer_is_not_taken_for_a_stalled_one() {
    let dir = tempfile::tempdir().unwrap();
    let (told, stalls) = mpsc::channel();
    let options = OpenOptions {
        stall: Duration::from_millis(40),
        on_stall: Arc::new(move |still| told.send(still).unwrap()),
        disk: Arc::new(Moody::default()),
        ..OpenOptions::default()
    };
    let (_ledger, _) = Ledger::open(dir.path(), options, &mut Listed::default()).unwrap();
    assert!(stalls.recv_timeout(Duration::from_millis(200)).is_err());
}

#[test]
fn a_batch_of_several_records_is_numbered_in_order_and_answers_its_last() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, ..) = open(dir.path());
    let three = Batch { records: (0..3).map(|n| record(&json!({ "n": n }))).collect(), puts: vec![] };
    assert_eq!(block_on(ledger.commit(three)).unwrap().seq, 3);
    assert_eq!(block_on(ledger.commit(Batch::default())).unwrap(), ledger.head());
    let records = ledger.records(1, 9).unwrap();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(records[2].previous, records[1].hash);
}

#[test]
fn a_back_up_taken_while_commits_run_restores_to_a_sound_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file, copy) = (dir.path().join("a"), dir.path().join("a.backup"), dir.path().join("b"));
    store_of_segments(&store, 20);
    let (ledger, ..) = open(&store);
    let taken = std::thread::scope(|scope| {
        let commits = scope.spawn(|| {
            block_on(async {
                for n in 21..=80 {
                    ledger.commit(counted(n)).await.unwrap();
                }
            });
        });
        let taken = backup(&store, &file).unwrap();
        commits.join().unwrap();
        taken
    });
    assert!((20..=80).contains(&taken.head.seq));
    assert!(backup(&store, &file).is_err(), "a back-up is never overwritten");
    assert_eq!(restore(&file, &copy).unwrap(), taken);
    assert!(matches!(restore(&file, &copy), Err(OpenFault::NotEmpty { .. })));
    let (restored, report, _) = open(&copy);
    assert_eq!(restored.head(), taken.head);
    assert!(matches!(report.state, StateReport::Rebuilt { aside: None, .. }));
    let count = taken.head.seq as usize;
    assert_eq!(restored.records(1, count).unwrap(), ledger.records(1, count).unwrap());
    assert_eq!(rows(&restored), derived(&restored));
}

#[test]
fn a_cut_or_changed_back_up_is_refused_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = (dir.path().join("a"), dir.path().join("a.backup"));
    store_with(&store, 3);
    backup(&store, &file).unwrap();
    let good = std::fs::read(&file).unwrap();
    let refused = |bytes: &[u8], what: &str| {
        std::fs::write(&file, bytes).unwrap();
        let to = dir.path().join("b");
        assert!(restore(&file, &to).is_err(), "{what}");
        assert_eq!(std::fs::read_dir(&to).unwrap().count(), 0, "{what}");
    };
    for length in (0..good.len()).step_by(7) {
        refused(&good[..length], &format!("cut at {length}"));
    }
    for at in (0..good.len()).step_by(11) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x40;
        refused(&bytes, &format!("flipped at {at}"));
    }
}

fn user_to_who(mut body: Value) -> Result<Value, String> {
    let user = body.as_object_mut().and_then(|body| body.remove("user")).ok_or("no `user`")?;
    body["who"] = user;
    Ok(body)
}

#[test]
fn records_of_an_old_format_are_migrated_when_read_and_new_ones_refused_by_an_old_release() {
    let dir = tempfile::tempdir().unwrap();
    let with = |migrations| OpenOptions { migrations, ..OpenOptions::default() };
    let old = Migrations::new(0, &[]);
    let (ledger, _) = Ledger::open(dir.path(), with(old), &mut Listed::default()).unwrap();
    let mut first = record(&json!({ "user": "ana" }));
    first.version = 0;
    let head = block_on(ledger.commit(Batch { records: vec![first], puts: vec![] })).unwrap();
    drop(ledger);

    let new = Migrations::new(0, &[user_to_who]);
    let (ledger, _) = Ledger::open(dir.path(), with(new), &mut Listed::default()).unwrap();
    let second = record(&json!({ "who": "bo" }));
    block_on(ledger.commit(Batch { records: vec![second], puts: vec![] })).unwrap();
    let records = ledger.records(1, 9).unwrap();
    assert_eq!(records[0].body, br#"{"who":"ana"}"#);
    assert_eq!((records[0].version, records[1].version, records[0].hash), (1, 1, head.hash));
    drop(ledger);

    let fault = Ledger::open(dir.path(), with(old), &mut Listed::default()).map(drop).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "record 2 has format 1, this release reads up to 0; run the release that wrote it, or a newer one"
    );
}

fn random_puts() -> impl Strategy<Value = Vec<(u8, String, Option<String>)>> {
    let value = proptest::option::weighted(0.8, prop_oneof![4 => "[a-z\"é]{0,40}", 1 => "[a-z]{9000,20000}"]);
    proptest::collection::vec((0..8_u8, "[a-d]{1,2}", value), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_the_same_after_a_restart_and_after_a_rebuild(
        histories in proptest::collection::vec(proptest::collection::vec(random_puts(), 0..8), 1..3),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut bodies = Vec::new();
        for history in histories {
            let (ledger, report, _) = open(dir.path());
            prop_assert!(report.alerts().is_empty());
            for puts in history {
                let batch = batch(json!(puts));
                bodies.push(batch.records[0].body.clone());
                block_on(ledger.commit(batch)).unwrap();
            }
            prop_assert_eq!(rows(&ledger), derived(&ledger));
        }
        let (ledger, _, listed) = open(dir.path());
        let read: Vec<_> = ledger.records(1, usize::MAX).unwrap().into_iter().map(|record| record.body).collect();
        prop_assert_eq!(read, bodies);
        let before = rows(&ledger);
        let loaded = before.clone().into_iter().filter(|((table, _), _)| table.is_loaded()).collect();
        prop_assert_eq!(&before, &derived(&ledger));
        prop_assert_eq!(listed.rows, loaded);
        drop(ledger);
        let (ledger, _) = Ledger::rebuild(dir.path(), OpenOptions::default(), &mut Listed::default()).unwrap();
        prop_assert_eq!(rows(&ledger), before);
    }
}
