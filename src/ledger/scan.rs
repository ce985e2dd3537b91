//! Checking the whole journal at open: every checksum and number of every segment, in parallel. Reads only.
//!
//! It decides between the two ways a journal can be broken. A group that is broken at the very end was being written
//! when the machine stopped and may be cut. Everything else is damage, and damage is for people.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fault::JournalFault;
use super::frame::{Frame, hash_of, holds_a_good_group, read_frames};
use super::segment::{Header, Next, SegmentReader, list_segments};
use super::types::{Hash, Head};

/// One mark per this many records lets a reader begin near the record it wants, at 16 bytes of memory each.
const RECORDS_PER_MARK: u64 = 1_024;
/// More readers than this would only wait for the disk.
const THREADS_MAX: usize = 4;

/// Where a segment's records are, as far as a reader must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentIndex {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
    /// (record, offset of the group that begins with it), ascending.
    marks: Vec<(u64, u64)>,
}

impl SegmentIndex {
    pub(crate) const fn new(path: PathBuf, header: Header) -> Self {
        Self { path, header, marks: Vec::new() }
    }

    /// Notes a group, if the last mark is far enough behind.
    pub(crate) fn note(&mut self, first_seq: u64, offset: u64) {
        if self.marks.last().is_none_or(|(seq, _)| seq + RECORDS_PER_MARK <= first_seq) {
            self.marks.push((first_seq, offset));
        }
    }

    /// Where to begin reading to meet `seq`; `None` begins at the first group.
    pub(crate) fn offset_before(&self, seq: u64) -> Option<u64> {
        let after = self.marks.partition_point(|(first, _)| *first <= seq);
        self.marks.get(after.checked_sub(1)?).map(|(_, offset)| *offset)
    }
}

/// A tail that was never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Torn {
    /// Where the sound part of the last segment ends.
    pub(crate) offset: u64,
    /// The first record that is lost.
    pub(crate) seq: u64,
    pub(crate) what: String,
}

/// A journal that may be opened.
#[derive(Debug)]
pub(crate) struct JournalScan {
    pub(crate) segments: Vec<SegmentIndex>,
    pub(crate) head: Head,
    /// Where the sound part of the last segment ends.
    pub(crate) end: u64,
    pub(crate) torn: Option<Torn>,
    /// The record with the highest body version, and that version.
    pub(crate) newest: Option<(u64, u16)>,
}

/// What one segment holds.
struct SegmentScan {
    index: SegmentIndex,
    head: Head,
    end: u64,
    torn: Option<Torn>,
    newest: Option<(u64, u16)>,
}

/// Checks every record of a journal.
///
/// # Errors
/// Damage anywhere but in a torn tail; what cannot be read.
pub(crate) fn scan_journal(dir: &Path) -> Result<JournalScan, JournalFault> {
    let paths = list_segments(dir)?;
    let mut whole = JournalScan { segments: Vec::new(), head: Head::EMPTY, end: 0, torn: None, newest: None };
    for (scan, path) in scan_all(&paths).into_iter().zip(&paths) {
        let scan = scan?;
        let number = u32::try_from(whole.segments.len() + 1).unwrap_or(u32::MAX);
        join(&scan.index.header, number, whole.head, path)?;
        whole.segments.push(scan.index);
        whole.head = scan.head;
        whole.end = scan.end;
        whole.torn = scan.torn;
        whole.newest = whole.newest.max_by_version(scan.newest);
    }
    Ok(whole)
}

trait Newest {
    fn max_by_version(self, other: Self) -> Self;
}

impl Newest for Option<(u64, u16)> {
    fn max_by_version(self, other: Self) -> Self {
        if other.map(|(_, version)| version) > self.map(|(_, version)| version) { other } else { self }
    }
}

/// Whether a segment carries on where the one before ended.
pub(crate) fn join(header: &Header, number: u32, before: Head, path: &Path) -> Result<(), JournalFault> {
    let seq = before.seq + 1;
    let what = if header.number != number {
        format!("segment {number} is missing, segment {} stands in its place", header.number)
    } else if header.first_seq != seq {
        format!("the segment begins with record {}, records in between are missing", header.first_seq)
    } else if header.previous != before.hash {
        "the segment does not carry on the chain of the one before".to_owned()
    } else {
        return Ok(());
    };
    Err(JournalFault::damaged(path, seq, 0, what))
}

/// Scans the segments with a few threads; answers in the order of `paths`.
fn scan_all(paths: &[PathBuf]) -> Vec<Result<SegmentScan, JournalFault>> {
    let threads =
        std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX).min(paths.len());
    let turn = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = turn.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(place) else { return done };
            done.push((place, scan_segment(path, place + 1 == paths.len())));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for helper in helpers {
            all.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, scan)| scan).collect()
}

fn scan_segment(path: &Path, is_last: bool) -> Result<SegmentScan, JournalFault> {
    let (header, mut reader) = SegmentReader::open(path)?;
    let mut walk = Walk::new(path, header);
    let torn = loop {
        let (offset, what, at) = match reader.next()? {
            Next::End => break None,
            Next::Group { offset } => match walk.group(reader.payload(), offset)? {
                None => continue,
                Some((at, what)) => (offset, what, at),
            },
            Next::Short { offset } => (offset, "the record is cut off".to_owned(), offset),
            Next::Bad { offset, fault } => (offset, fault.to_string(), offset),
        };
        let seq = walk.bad_seq;
        if !is_last || good_group_after(path, offset, walk.head.seq + 1)? {
            return Err(JournalFault::damaged(path, seq, at, what));
        }
        break Some(Torn { offset, seq: walk.head.seq + 1, what });
    };
    let end = torn.as_ref().map_or_else(|| reader.end(), |torn| torn.offset);
    Ok(SegmentScan { head: walk.head(), index: walk.index, end, torn, newest: walk.newest })
}

/// Whether sound records follow the broken ones at `offset`.
fn good_group_after(path: &Path, offset: u64, seq: u64) -> Result<bool, JournalFault> {
    let bytes = std::fs::read(path).map_err(JournalFault::io("read", path))?;
    let from = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(1);
    Ok(holds_a_good_group(bytes.get(from..).unwrap_or_default(), seq))
}

/// What has been read of a segment.
struct Walk<'p> {
    path: &'p Path,
    index: SegmentIndex,
    /// The hash is set by [`Walk::head`].
    head: Head,
    last_content: Vec<u8>,
    newest: Option<(u64, u16)>,
    /// The record that the last broken group broke at.
    bad_seq: u64,
}

impl<'p> Walk<'p> {
    fn new(path: &'p Path, header: Header) -> Self {
        let head = Head { seq: header.first_seq.saturating_sub(1), hash: header.previous };
        let index = SegmentIndex::new(path.to_path_buf(), header);
        Self { path, index, head, last_content: Vec::new(), newest: None, bad_seq: header.first_seq }
    }

    /// Takes a group; answers where in the file and how it is broken.
    fn group(&mut self, payload: &[u8], offset: u64) -> Result<Option<(u64, String)>, JournalFault> {
        let first = self.head.seq + 1;
        let mut next = first;
        let mut gap = None;
        let mut last: Option<Frame<'_>> = None;
        let mut newest = self.newest;
        let at = |inner: usize| offset + (super::frame::GROUP_HEADER_BYTES + inner) as u64;
        let read = read_frames(payload, |inner, frame| {
            if frame.seq != next {
                gap.get_or_insert((at(inner), next, frame.seq));
            }
            next += 1;
            newest = newest.max_by_version(Some((frame.seq, frame.version)));
            last = Some(frame);
        });
        if let Some((at, wanted, found)) = gap {
            let what = format!("record {found} stands in its place");
            return Err(JournalFault::damaged(self.path, wanted, at, what));
        }
        if let Err((inner, fault)) = read {
            self.bad_seq = next;
            return Ok(Some((at(inner), fault.to_string())));
        }
        self.last_content.clear();
        self.last_content.extend_from_slice(last.map_or(&[], |frame| frame.content));
        self.index.note(first, offset);
        self.newest = newest;
        self.head.seq = next - 1;
        self.bad_seq = next;
        Ok(None)
    }

    fn head(&self) -> Head {
        let hash: Hash =
            if self.last_content.is_empty() { self.head.hash } else { hash_of(&self.last_content) };
        Head { seq: self.head.seq, hash }
    }
}
