//! The journal after a crash, and after somebody or something changed it.

use std::fs;
use std::path::Path;

use glasskey::ledger::{Batch, JournalFault, Ledger, OpenFault, OpenOptions, RebuildReason, StateReport};
use serde_json::json;

use super::{
    Listed, block_on, copy_folder, counted, derived, open, record, rows, segment, store_of_segments,
    store_with, try_open,
};

/// Length of the journal's only segment after each of the first `count` commits.
fn store_with_lengths(path: &Path, count: u64) -> Vec<u64> {
    let (ledger, ..) = open(path);
    let length = || fs::metadata(segment(path, 1)).unwrap().len();
    let mut lengths = vec![length()];
    for n in 1..=count {
        block_on(ledger.commit(counted(n))).unwrap();
        lengths.push(length());
    }
    lengths
}

#[test]
fn a_torn_last_record_is_cut_and_reported_wherever_it_was_torn() {
    let dir = tempfile::tempdir().unwrap();
    let origin = dir.path().join("origin");
    let lengths = store_with_lengths(&origin, 5);
    let whole = fs::read(segment(&origin, 1)).unwrap();
    for length in lengths[3]..lengths[5] {
        let path = dir.path().join("copy");
        copy_folder(&origin.join("journal"), &path.join("journal"));
        fs::write(segment(&path, 1), &whole[..length as usize]).unwrap();
        let kept = if length >= lengths[4] { 4 } else { 3 };
        let (ledger, report, listed) = open(&path);
        assert_eq!(ledger.head().seq, kept, "cut at {length}");
        assert_eq!(listed.applied, (1..=kept).collect::<Vec<_>>());
        assert_eq!(fs::metadata(segment(&path, 1)).unwrap().len(), lengths[kept as usize]);
        if lengths.contains(&length) {
            assert_eq!(report.cut, None);
        } else {
            let cut = report.cut.clone().unwrap();
            assert_eq!((cut.seq, cut.offset), (kept + 1, lengths[kept as usize]));
            assert_eq!(fs::read(&cut.kept).unwrap(), &whole[cut.offset as usize..length as usize]);
            assert!(
                report.alerts()[0].contains(&format!("torn record {}", kept + 1)),
                "{:?}",
                report.alerts()
            );
        }
        assert_eq!(block_on(ledger.commit(counted(9))).unwrap().seq, kept + 1, "and it goes on");
        drop(ledger);
        assert_eq!(open(&path).1.cut, None, "a tail is cut once");
        fs::remove_dir_all(&path).unwrap();
    }
}

#[test]
fn a_batch_torn_between_its_records_is_cut_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 2);
    let before = fs::metadata(segment(dir.path(), 1)).unwrap().len();
    let (ledger, ..) = open(dir.path());
    let two = Batch { records: vec![record(&json!({"n": 1})), record(&json!({"n": 2}))], puts: vec![] };
    block_on(ledger.commit(two)).unwrap();
    drop(ledger);
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    for length in before + 1..whole.len() as u64 {
        fs::write(segment(dir.path(), 1), &whole[..length as usize]).unwrap();
        let (ledger, report, _) = open(dir.path());
        assert_eq!((ledger.head().seq, report.cut.unwrap().seq), (2, 3), "cut at {length}");
    }
}

#[test]
fn a_tail_of_zeros_or_rubbish_as_a_power_cut_leaves_it_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 3);
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    for tail in [vec![0; 4_096], vec![0xff; 100], b"GKg1".to_vec(), b"GKg1 not a group at all".to_vec()] {
        fs::write(segment(dir.path(), 1), [whole.clone(), tail.clone()].concat()).unwrap();
        let (ledger, report, _) = open(dir.path());
        assert_eq!((ledger.head().seq, report.cut.unwrap().bytes), (3, tail.len() as u64));
        drop(ledger);
        assert_eq!(fs::read(segment(dir.path(), 1)).unwrap(), whole);
    }
}

fn damage_of(path: &Path) -> glasskey::ledger::Damage {
    match try_open(path).map(drop).unwrap_err() {
        OpenFault::Journal(JournalFault::Damaged(damage)) => damage,
        other => panic!("{other}"),
    }
}

#[test]
fn a_bad_record_followed_by_a_good_one_stops_the_start_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let lengths = store_with_lengths(dir.path(), 4);
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    for at in lengths[1]..lengths[3] {
        let mut bytes = whole.clone();
        bytes[at as usize] ^= 0x20;
        fs::write(segment(dir.path(), 1), &bytes).unwrap();
        let damage = damage_of(dir.path());
        let seq = if at < lengths[2] { 2 } else { 3 };
        assert_eq!((damage.seq, damage.segment), (seq, segment(dir.path(), 1)), "flipped at {at}");
        assert!((lengths[seq as usize - 1]..=at).contains(&damage.offset));
        assert_eq!(fs::read(segment(dir.path(), 1)).unwrap(), bytes, "nothing is changed");
    }
    let fault = try_open(dir.path()).map(drop).unwrap_err().to_string();
    assert!(
        fault.contains("record 3 in `")
            && fault.contains("at byte ")
            && fault.contains("glasskey store restore")
    );
}

#[test]
fn a_dropped_a_doubled_and_two_swapped_records_stop_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let ends = store_with_lengths(dir.path(), 4);
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    let part = |n: usize| whole[if n == 0 { 0 } else { ends[n - 1] as usize }..ends[n] as usize].to_vec();
    for (order, seq) in
        [(vec![0, 1, 3, 4], 2), (vec![0, 1, 1, 2, 3, 4], 2), (vec![0, 1, 3, 2, 4], 2), (vec![0, 2, 3], 1)]
    {
        let bytes: Vec<u8> = order.iter().flat_map(|n| part(*n)).collect();
        fs::write(segment(dir.path(), 1), bytes).unwrap();
        assert_eq!(damage_of(dir.path()).seq, seq, "{order:?}");
    }
}

#[test]
fn a_torn_end_or_a_missing_segment_in_the_middle_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    store_of_segments(dir.path(), 20);
    let second = fs::read(segment(dir.path(), 2)).unwrap();
    fs::write(segment(dir.path(), 2), &second[..second.len() - 1]).unwrap();
    assert_eq!(damage_of(dir.path()).segment, segment(dir.path(), 2));
    fs::remove_file(segment(dir.path(), 2)).unwrap();
    let damage = damage_of(dir.path());
    assert_eq!(damage.segment, segment(dir.path(), 3));
    assert_eq!(damage.what, "segment 2 is missing, segment 3 stands in its place");
    fs::write(segment(dir.path(), 2), &second).unwrap();
    let third = fs::read(segment(dir.path(), 3)).unwrap();
    fs::write(segment(dir.path(), 3), &third[..30]).unwrap();
    assert_eq!(damage_of(dir.path()).segment, segment(dir.path(), 3));
    fs::write(segment(dir.path(), 3), &third).unwrap();
    open(dir.path());
}

#[test]
fn an_exchanged_middle_segment_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("a"), dir.path().join("b"));
    store_of_segments(&ours, 20);
    let options = OpenOptions { segment_bytes_max: Some(1_024), ..OpenOptions::default() };
    let (ledger, _) = Ledger::open(&theirs, options, &mut Listed::default()).unwrap();
    for n in 101..=120 {
        block_on(ledger.commit(counted(n))).unwrap();
    }
    drop(ledger);
    fs::copy(segment(&theirs, 2), segment(&ours, 2)).unwrap();
    let damage = damage_of(&ours);
    assert!(matches!(damage.segment, path if path == segment(&ours, 2) || path == segment(&ours, 3)));
}

#[test]
fn a_state_that_knows_lost_records_is_moved_aside_and_the_loss_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let lengths = store_with_lengths(dir.path(), 6);
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    fs::write(segment(dir.path(), 1), &whole[..lengths[4] as usize]).unwrap();
    let (ledger, report, _) = open(dir.path());
    let StateReport::Rebuilt { reason, aside } = &report.state else { panic!("{report:?}") };
    assert_eq!(*reason, RebuildReason::Ahead { state_seq: 6, journal_seq: 4 });
    assert_eq!(aside.as_deref(), Some(dir.path().join("state.broken-1").as_path()));
    assert!(report.alerts()[0].contains("the journal has lost records 5 to 6"), "{:?}", report.alerts());
    assert_eq!(rows(&ledger), derived(&ledger));
}

#[test]
fn a_lost_journal_beside_a_state_stops_the_start_every_time() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 3);
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    for _ in 0..2 {
        let fault = try_open(dir.path()).map(drop).unwrap_err();
        assert!(matches!(fault, OpenFault::JournalGone { state_seq: 3, .. }), "{fault}");
    }
    assert!(!dir.path().join("state.broken-1").exists());
}
