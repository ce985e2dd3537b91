//! Following the whole chain: every checksum, number and hash of every segment. Reads only, works beside a running bot.
//!
//! What it cannot see by itself is a tail cut off cleanly at a record: every shorter journal is a sound one. For that it
//! is given a head that was noted elsewhere (the bot logs one now and then), and checks that it is in the journal.

use std::path::Path;

use super::fault::{Damage, JournalFault};
use super::journal::{Ending, RawRecord, walk_segment};
use super::scan::join;
use super::segment::{SegmentReader, journal_dir, list_segments};
use super::types::Head;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Sound records, from the first on.
    pub records: u64,
    /// Segments that were read.
    pub segments: usize,
    /// The last sound record.
    pub head: Head,
    /// Where the last segment's sound part ends, in bytes.
    pub end: u64,
    /// Bytes behind the last record that are no whole record: being written just now, or torn by a crash and cut at the
    /// next start. Not a fault.
    pub unfinished_bytes: u64,
    /// The first record whose time is before that of the record before it: a clock was set back. Not a fault.
    pub time_went_back: Option<u64>,
    /// The first place where the journal is not what was written. Records behind it were not looked at.
    pub first_bad: Option<Damage>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.first_bad.is_none()
    }
}

/// Checks the journal of a store. `expected` is a head noted earlier: a journal that does not contain it was cut or
/// exchanged.
///
/// # Errors
/// Files that cannot be read, or are of a newer format. Damage is not an error but a finding.
pub fn verify(store: &Path, expected: Option<Head>) -> Result<VerifyReport, JournalFault> {
    let dir = journal_dir(store);
    let paths = list_segments(&dir)?;
    let mut check = Check {
        report: VerifyReport {
            records: 0,
            segments: 0,
            head: Head::EMPTY,
            end: 0,
            unfinished_bytes: 0,
            time_went_back: None,
            first_bad: None,
        },
        expected,
        last_at_ms: i64::MIN,
    };
    for (place, path) in paths.iter().enumerate() {
        match check.segment(path, place + 1 == paths.len()) {
            Ok(()) => {}
            Err(JournalFault::Damaged(damage)) => {
                check.report.first_bad = Some(damage);
                return Ok(check.report);
            }
            Err(fault) => return Err(fault),
        }
    }
    check.report.first_bad = missing_tail(expected, &check.report, paths.last().map_or(&dir, |path| path));
    Ok(check.report)
}

fn missing_tail(expected: Option<Head>, report: &VerifyReport, path: &Path) -> Option<Damage> {
    let expected = expected.filter(|expected| expected.seq > report.head.seq)?;
    Some(Damage {
        segment: path.to_path_buf(),
        seq: report.head.seq + 1,
        offset: report.end,
        what: format!("the tail is missing: the journal once reached record {}", expected.seq),
    })
}

struct Check {
    report: VerifyReport,
    expected: Option<Head>,
    last_at_ms: i64,
}

impl Check {
    fn segment(&mut self, path: &Path, is_last: bool) -> Result<(), JournalFault> {
        let (header, mut reader) = SegmentReader::open(path)?;
        let number = u32::try_from(self.report.segments + 1).unwrap_or(u32::MAX);
        join(&header, number, self.report.head, path)?;
        self.report.segments += 1;
        let mut head = Some(self.report.head);
        let ending = walk_segment(&mut reader, path, &mut head, |record| self.record(path, &record))?;
        self.report.end = reader.end();
        if let Ending::Unfinished(offset) = ending {
            if !is_last {
                let seq = self.report.head.seq + 1;
                return Err(JournalFault::damaged(path, seq, offset, "the segment ends within a record"));
            }
            let length = std::fs::metadata(path).map_err(JournalFault::io("read", path))?.len();
            self.report.end = offset;
            self.report.unfinished_bytes = length.saturating_sub(offset);
        }
        Ok(())
    }

    fn record(&mut self, path: &Path, record: &RawRecord<'_>) -> Result<bool, JournalFault> {
        let seq = record.frame.seq;
        if let Some(expected) =
            self.expected.filter(|expected| expected.seq == seq && expected.hash != record.hash)
        {
            let what = format!("it is not the record that was noted as {expected}");
            return Err(JournalFault::damaged(path, seq, record.offset, what));
        }
        if record.frame.at_ms < self.last_at_ms {
            self.report.time_went_back.get_or_insert(seq);
        }
        self.last_at_ms = record.frame.at_ms;
        self.report.records += 1;
        self.report.head = Head { seq, hash: record.hash };
        Ok(true)
    }
}
