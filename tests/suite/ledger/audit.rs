//! Tampering with the journal, as `audit verify` sees it; and what an export hands out.

use std::fs;

use glasskey::audit::{ExportFormat, ExportOptions, export, verify};
use glasskey::ledger::{Batch, Head, NewRecord};
use serde_json::{Value, json};

use super::{at, block_on, counted, open, segment, store_of_segments, store_with};

#[test]
fn a_whole_journal_is_proved_whole_also_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    store_of_segments(dir.path(), 20);
    let (ledger, open_report, _) = open(dir.path());
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_whole());
    assert_eq!((report.records, report.head, report.segments), (20, ledger.head(), open_report.segments));
    std::thread::scope(|scope| {
        let commits = scope.spawn(|| {
            for n in 21..=120 {
                block_on(ledger.commit(counted(n))).unwrap();
            }
        });
        let mut seen = 20;
        while !commits.is_finished() {
            let report = verify(dir.path(), None).unwrap();
            assert!(report.is_whole() && report.records >= seen, "{report:?}");
            seen = report.records;
        }
    });
    assert_eq!(verify(dir.path(), Some(ledger.head())).unwrap().records, 120);
}

#[test]
fn every_flipped_byte_of_every_segment_is_found() {
    let dir = tempfile::tempdir().unwrap();
    store_of_segments(dir.path(), 12);
    for number in 1.. {
        let path = segment(dir.path(), number);
        let Ok(good) = fs::read(&path) else { break };
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 0x01;
            fs::write(&path, &bytes).unwrap();
            let damage = verify(dir.path(), None).unwrap().first_bad;
            let damage = damage.unwrap_or_else(|| panic!("byte {at} of segment {number} was not noticed"));
            assert_eq!(damage.segment, path, "byte {at}: {damage}");
        }
        fs::write(&path, &good).unwrap();
    }
    assert!(verify(dir.path(), None).unwrap().is_whole());
}

/// Rewrites record 2 with correct lengths and checksums, as somebody would who knows the format.
#[test]
fn a_record_rewritten_with_a_correct_checksum_breaks_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 3);
    let path = segment(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let mut group = 60;
    let payload = |bytes: &[u8], group: usize| {
        u32::from_le_bytes(bytes[group + 4..group + 8].try_into().unwrap()) as usize
    };
    group += 12 + payload(&bytes, group);
    let content = group + 12 + 8..group + 12 + payload(&bytes, group);
    let at = content.clone().find(|at| bytes[*at..].starts_with(b"r2")).unwrap();
    bytes[at] = b'x';
    let sum = crc32fast::hash(&bytes[content.clone()]);
    bytes[content.start - 4..content.start].copy_from_slice(&sum.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let damage = verify(dir.path(), None).unwrap().first_bad.unwrap();
    assert_eq!(damage.seq, 3, "record 3 names another predecessor: {damage}");
    assert!(super::try_open(dir.path()).is_err(), "and an open follows the chain of the last records too");
}

#[test]
fn a_cleanly_cut_tail_is_seen_only_with_a_head_noted_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 4);
    let length = fs::metadata(segment(dir.path(), 1)).unwrap().len();
    let short = verify(dir.path(), None).unwrap();
    let (ledger, ..) = open(dir.path());
    let anchor: Head = block_on(ledger.commit(counted(5))).unwrap().to_string().parse().unwrap();
    drop(ledger);
    assert!(verify(dir.path(), Some(anchor)).unwrap().is_whole());
    assert!(verify(dir.path(), Some(short.head)).unwrap().is_whole(), "an older anchor holds too");
    fs::File::options().write(true).open(segment(dir.path(), 1)).unwrap().set_len(length).unwrap();
    assert!(verify(dir.path(), None).unwrap().is_whole(), "every shorter journal is a sound one");
    let damage = verify(dir.path(), Some(anchor)).unwrap().first_bad.unwrap();
    assert_eq!(
        (damage.seq, damage.what.as_str()),
        (5, "the tail is missing: the journal once reached record 5")
    );
    let forged = Head { hash: anchor.hash, ..short.head };
    assert_eq!(verify(dir.path(), Some(forged)).unwrap().first_bad.unwrap().seq, 4);
}

#[test]
fn a_dropped_and_a_swapped_segment_are_found() {
    let dir = tempfile::tempdir().unwrap();
    store_of_segments(dir.path(), 40);
    let (second, third) = (segment(dir.path(), 2), segment(dir.path(), 3));
    let (two, three) = (fs::read(&second).unwrap(), fs::read(&third).unwrap());
    fs::write(&second, &three).unwrap();
    fs::write(&third, &two).unwrap();
    assert_eq!(verify(dir.path(), None).unwrap().first_bad.unwrap().segment, second);
    fs::remove_file(&third).unwrap();
    fs::write(&second, &two).unwrap();
    let damage = verify(dir.path(), None).unwrap().first_bad.unwrap();
    assert_eq!(damage.what, "segment 3 is missing, segment 4 stands in its place");
}

#[test]
fn a_record_being_written_is_told_and_no_fault() {
    let dir = tempfile::tempdir().unwrap();
    store_with(dir.path(), 3);
    let whole = fs::read(segment(dir.path(), 1)).unwrap();
    fs::write(segment(dir.path(), 1), &whole[..whole.len() - 5]).unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_whole());
    assert_eq!(report.records, 2);
    assert!(report.unfinished_bytes > 0 && report.end + report.unfinished_bytes == whole.len() as u64 - 5);
}

fn entry(ms: i64, who: &str) -> Batch {
    let body =
        json!({ "who": who, "n": -7, "reason": "a \"quoted\", line\nwith a break" }).to_string().into_bytes();
    Batch { records: vec![NewRecord { at: at(ms), version: 1, body }], puts: vec![] }
}

#[test]
fn an_export_gives_every_record_since_a_time_and_defuses_formulas() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, ..) = open(dir.path());
    for (ms, who) in [(0, "ana"), (1_000, "=cmd|' /C calc'!A0"), (500, "bo")] {
        block_on(ledger.commit(entry(ms, who))).unwrap();
    }
    assert_eq!(verify(dir.path(), None).unwrap().time_went_back, Some(3));
    let text = |format, since| {
        let columns = vec!["/who".to_owned(), "/n".to_owned(), "/none".to_owned()];
        let mut out = Vec::new();
        let count = export(dir.path(), &ExportOptions { since, format, columns }, &mut out).unwrap();
        (count, String::from_utf8(out).unwrap())
    };
    let (count, lines) = text(ExportFormat::JsonLines, Some(at(500)));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((count, lines.len(), &lines[1]["seq"]), (2, 2, &json!(3)));
    assert_eq!(lines[1]["hash"], ledger.head().hash.to_string());
    assert_eq!(lines[1]["body"]["who"], "bo");
    let (count, csv) = text(ExportFormat::Csv, None);
    assert_eq!(count, 3);
    assert!(
        csv.starts_with("\"seq\",\"at\",\"version\",\"hash\",\"/who\",\"/n\",\"/none\",\"body\"\r\n"),
        "{csv}"
    );
    assert!(csv.contains(",\"'=cmd|' /C calc'!A0\",\"'-7\",\"\",\"{"), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 4);
}
