//! The journal: appending groups of batches and reading records back. Never rewrites what it has written.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::disk::Disk;
use super::fault::JournalFault;
use super::frame::{Frame, GROUP_HEADER_BYTES, GroupBuilder, read_frames};
use super::migrate::Migrations;
use super::scan::{JournalScan, SegmentIndex};
use super::segment::{
    HEADER_BYTES, Header, Next, SEGMENT_BYTES_MAX, SegmentReader, create_segment, open_to_append,
};
use super::types::{Batch, Hash, Head, Record};

/// Where the segments are; shared by the one who appends and those who read.
pub(crate) type Segments = Arc<RwLock<Vec<SegmentIndex>>>;

/// The end of the journal that is written.
pub(crate) struct Journal {
    dir: PathBuf,
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
    head: Head,
    segments: Segments,
    disk: Arc<dyn Disk>,
}

impl Journal {
    /// Goes on where the scan ended; a journal without segments gets its first.
    pub(crate) fn resume(
        dir: PathBuf,
        scan: JournalScan,
        disk: Arc<dyn Disk>,
        bytes_max: Option<u64>,
    ) -> Result<Self, JournalFault> {
        let mut segments = scan.segments;
        let (path, file, bytes) = match segments.last() {
            Some(last) => (last.path.clone(), open_to_append(&last.path)?, scan.end),
            None => {
                let (path, file) = create_segment(&dir, Header::FIRST)?;
                segments.push(SegmentIndex::new(path.clone(), Header::FIRST));
                (path, file, HEADER_BYTES as u64)
            }
        };
        let segments = Arc::new(RwLock::new(segments));
        let bytes_max = bytes_max.unwrap_or(SEGMENT_BYTES_MAX);
        Ok(Self { dir, path, file, bytes, bytes_max, head: scan.head, segments, disk })
    }

    pub(crate) const fn head(&self) -> Head {
        self.head
    }

    pub(crate) fn segments(&self) -> Segments {
        Arc::clone(&self.segments)
    }

    /// Writes whole batches and makes them durable with one sync; answers the head behind each. After an error nobody
    /// knows what is on the disk, and the journal must not be used again.
    pub(crate) fn append<'b>(
        &mut self,
        batches: impl Iterator<Item = &'b Batch>,
    ) -> Result<Vec<Head>, JournalFault> {
        let mut group = GroupBuilder::new();
        let mut head = self.head;
        let heads = batches.map(|batch| push_batch(&mut group, &mut head, batch)).collect();
        let Some(bytes) = group.finish() else { return Ok(heads) };
        self.rotate_for(bytes.len() as u64)?;
        self.disk.append(&mut self.file, &bytes).map_err(JournalFault::io("append to", &self.path))?;
        self.disk.sync(&self.file).map_err(JournalFault::io("make durable", &self.path))?;
        if let Some(last) = self.segments.write().unwrap_or_else(PoisonError::into_inner).last_mut() {
            last.note(self.head.seq + 1, self.bytes);
        }
        self.bytes += bytes.len() as u64;
        self.head = head;
        Ok(heads)
    }

    /// Begins a new segment if `coming` bytes would make this one too long. A segment holds at least one group.
    fn rotate_for(&mut self, coming: u64) -> Result<(), JournalFault> {
        if self.bytes == HEADER_BYTES as u64 || self.bytes + coming <= self.bytes_max {
            return Ok(());
        }
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        let number = u32::try_from(segments.len() + 1).unwrap_or(u32::MAX);
        let header = Header { number, first_seq: self.head.seq + 1, previous: self.head.hash };
        let (path, file) = create_segment(&self.dir, header)?;
        segments.push(SegmentIndex::new(path.clone(), header));
        (self.path, self.file, self.bytes) = (path, file, HEADER_BYTES as u64);
        Ok(())
    }
}

fn push_batch(group: &mut GroupBuilder, head: &mut Head, batch: &Batch) -> Head {
    for record in &batch.records {
        let seq = head.seq + 1;
        let hash = group.push(head.hash, seq, record.at.as_millisecond(), record.version, &record.body);
        *head = Head { seq, hash };
    }
    *head
}

/// A record as it lies in the journal, with the place it was found at.
pub(crate) struct RawRecord<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) hash: Hash,
    pub(crate) offset: u64,
}

impl RawRecord<'_> {
    /// The record as today's release understands it.
    pub(crate) fn bring_up(&self, migrations: &Migrations) -> Result<Record, JournalFault> {
        let Frame { seq, at_ms, version, previous, body, .. } = self.frame;
        let unreadable = |fault: jiff::Error| JournalFault::Migration {
            seq,
            from: version,
            to: migrations.current(),
            why: format!("its time cannot be read: {fault}"),
        };
        Ok(Record {
            seq,
            at: jiff::Timestamp::from_millisecond(at_ms).map_err(unreadable)?,
            version: migrations.current(),
            body: migrations.bring_up(seq, version, body)?,
            previous,
            hash: self.hash,
        })
    }
}

/// How a segment ended for [`walk_segment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All of it was walked, or `each` had enough.
    Clean,
    /// The file ends within a group that begins at this offset.
    Unfinished(u64),
}

/// Walks the records of a segment behind `head`, following the chain of hashes; `each` answers whether to go on.
/// `from` is the offset of the group that follows `head`; `None` begins behind the segment's header.
pub(crate) fn walk_segment<F: From<JournalFault>>(
    reader: &mut SegmentReader,
    path: &std::path::Path,
    head: &mut Option<Head>,
    mut each: impl FnMut(RawRecord<'_>) -> Result<bool, F>,
) -> Result<Ending, F> {
    loop {
        let wanted = |head: &Option<Head>| head.map_or(0, |head| head.seq + 1);
        let offset = match reader.next()? {
            Next::End => return Ok(Ending::Clean),
            Next::Short { offset } => return Ok(Ending::Unfinished(offset)),
            Next::Bad { offset, fault } => {
                return Err(JournalFault::damaged(path, wanted(head), offset, fault.to_string()).into());
            }
            Next::Group { offset } => offset,
        };
        let mut outcome = Ok(true);
        let read = read_frames(reader.payload(), |inner, frame| {
            let offset = offset + (GROUP_HEADER_BYTES + inner) as u64;
            if matches!(outcome, Ok(true)) {
                outcome = chain(path, head, frame, offset).map_err(F::from).and_then(&mut each);
            }
        });
        if !outcome? {
            return Ok(Ending::Clean);
        }
        if let Err((inner, fault)) = read {
            let at = offset + (GROUP_HEADER_BYTES + inner) as u64;
            return Err(JournalFault::damaged(path, wanted(head), at, fault.to_string()).into());
        }
    }
}

/// Checks that a frame follows `head`, and moves it on.
fn chain<'a>(
    path: &std::path::Path,
    head: &mut Option<Head>,
    frame: Frame<'a>,
    offset: u64,
) -> Result<RawRecord<'a>, JournalFault> {
    let before = head.unwrap_or(Head { seq: frame.seq.saturating_sub(1), hash: frame.previous });
    if frame.seq != before.seq + 1 {
        let what = format!("record {} stands in its place", frame.seq);
        return Err(JournalFault::damaged(path, before.seq + 1, offset, what));
    }
    if frame.previous != before.hash {
        let what = "it does not carry on the chain: it, or the record before it, was changed";
        return Err(JournalFault::damaged(path, frame.seq, offset, what));
    }
    let hash = frame.hash();
    *head = Some(Head { seq: frame.seq, hash });
    Ok(RawRecord { frame, hash, offset })
}

/// Walks records `from..=to`, which must all be durable; `each` answers whether to go on. The hash chain is followed
/// over everything that is read.
pub(crate) fn walk_records<F: From<JournalFault>>(
    segments: &Segments,
    from: u64,
    to: u64,
    mut each: impl FnMut(RawRecord<'_>) -> Result<bool, F>,
) -> Result<(), F> {
    let segments = segments.read().unwrap_or_else(PoisonError::into_inner).clone();
    let first = segments.partition_point(|segment| segment.header.first_seq <= from).saturating_sub(1);
    let mut head = None;
    for segment in segments.iter().skip(first).take_while(|segment| segment.header.first_seq <= to) {
        let (_, mut reader) = SegmentReader::open(&segment.path)?;
        if let Some(offset) = segment.offset_before(from) {
            reader.seek(offset)?;
        }
        let mut more = true;
        walk_segment(&mut reader, &segment.path, &mut head, |record| {
            more = match record.frame.seq {
                seq if seq > to => false,
                seq if seq < from => true,
                seq => each(record)? && seq < to,
            };
            Ok::<bool, F>(more)
        })?;
        if !more {
            break;
        }
    }
    Ok(())
}
