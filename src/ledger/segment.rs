//! One file of the journal: its name, its header, and reading it group by group. Never writes a group.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::disk;
use super::fault::JournalFault;
use super::frame::{FrameFault, GROUP_HEADER_BYTES, read_group_header};
use super::types::Hash;

/// A new segment is begun when the next group would cross this. 64 MiB is about 170,000 decisions: few files, and one
/// of them fits a mail to an auditor.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What a reader asks the operating system for at once.
const READ_BYTES: usize = 1024 * 1024;
/// Mark, format, reserved, number, first record, previous hash, checksum; the same length in every format to come.
pub(crate) const HEADER_BYTES: usize = 60;
const HEADER_MARK: [u8; 8] = *b"GKLEDGER";
/// The layout of segments, groups and frames.
const FORMAT: u16 = 1;
const EXTENSION: &str = "journal";

/// Where a store keeps its journal.
pub(crate) fn journal_dir(store: &Path) -> PathBuf {
    store.join("journal")
}

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// 1 for the first.
    pub(crate) number: u32,
    /// The record it begins with.
    pub(crate) first_seq: u64,
    /// Hash of the record before that.
    pub(crate) previous: Hash,
}

impl Header {
    /// What the first segment of a new journal says.
    pub(crate) const FIRST: Self = Self { number: 1, first_seq: 1, previous: Hash::ZERO };

    fn encode(&self) -> Vec<u8> {
        let mut bytes = HEADER_MARK.to_vec();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.first_seq.to_le_bytes());
        bytes.extend_from_slice(&self.previous.0);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8], path: &Path) -> Result<Self, JournalFault> {
        let broken =
            |what: &str| JournalFault::damaged(path, 0, 0, format!("{what} of the segment's header"));
        let (content, sum) = bytes.split_last_chunk::<4>().ok_or_else(|| broken("a part"))?;
        let (mark, rest) = content.split_first_chunk::<8>().ok_or_else(|| broken("the mark"))?;
        let (format, rest) = rest.split_first_chunk::<2>().ok_or_else(|| broken("the format"))?;
        if *mark != HEADER_MARK {
            return Err(broken("the mark"));
        }
        if bytes.len() != HEADER_BYTES || crc32fast::hash(content) != u32::from_le_bytes(*sum) {
            return Err(broken("the checksum"));
        }
        let found = u16::from_le_bytes(*format);
        if found > FORMAT {
            return Err(JournalFault::FormatFromTheFuture { path: path.to_path_buf(), found, known: FORMAT });
        }
        Self::fields(rest).ok_or_else(|| broken("a field"))
    }

    fn fields(rest: &[u8]) -> Option<Self> {
        let (_reserved, rest) = rest.split_first_chunk::<2>()?;
        let (number, rest) = rest.split_first_chunk::<4>()?;
        let (first_seq, rest) = rest.split_first_chunk::<8>()?;
        let (previous, _) = rest.split_first_chunk::<32>()?;
        let (number, first_seq) = (u32::from_le_bytes(*number), u64::from_le_bytes(*first_seq));
        Some(Self { number, first_seq, previous: Hash(*previous) })
    }
}

/// Creates a segment, whole and durable, and opens it for appending.
pub(crate) fn create_segment(dir: &Path, header: Header) -> Result<(PathBuf, File), JournalFault> {
    let path = dir.join(format!("{:08}.{EXTENSION}", header.number));
    disk::write_whole(&path, &header.encode())?;
    let file = open_to_append(&path)?;
    Ok((path, file))
}

pub(crate) fn open_to_append(path: &Path) -> Result<File, JournalFault> {
    File::options().append(true).open(path).map_err(JournalFault::io("open", path))
}

/// The segment files of a journal folder in order. A folder that is not there has none.
pub(crate) fn list_segments(dir: &Path) -> Result<Vec<PathBuf>, JournalFault> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let reading = || JournalFault::io("read", dir);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(reading())? {
        let path = entry.map_err(reading())?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// What a reader finds next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A group whose header is sound and whose payload is all there: [`SegmentReader::payload`] is its bytes.
    Group {
        /// Of the group's header in the file.
        offset: u64,
    },
    /// The file ends behind the last group.
    End,
    /// The file ends within a group.
    Short {
        /// Of the group's header in the file.
        offset: u64,
    },
    /// The header is wrong, so that nobody knows where the group ends.
    Bad {
        /// Of the group's header in the file.
        offset: u64,
        /// What is wrong.
        fault: FrameFault,
    },
}

/// Reads a segment from front to back through one buffer; its memory is bounded by the longest group.
pub(crate) struct SegmentReader {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// First byte of `buffer` not yet consumed.
    start: usize,
    /// Where `start` is in the file.
    offset: u64,
    /// Bytes of the group that `next` found, header included.
    group: usize,
}

impl SegmentReader {
    /// Opens a segment and reads its header.
    pub(crate) fn open(path: &Path) -> Result<(Header, Self), JournalFault> {
        let file = File::open(path).map_err(JournalFault::io("open", path))?;
        let path = path.to_path_buf();
        let mut reader = Self { path, file, buffer: Vec::new(), start: 0, offset: 0, group: 0 };
        reader.fill(HEADER_BYTES)?;
        let available = reader.available();
        let header = Header::decode(available.get(..HEADER_BYTES).unwrap_or(available), &reader.path)?;
        reader.skip(HEADER_BYTES);
        Ok((header, reader))
    }

    /// Goes on at the group that begins at `offset`.
    pub(crate) fn seek(&mut self, offset: u64) -> Result<(), JournalFault> {
        self.file.seek(SeekFrom::Start(offset)).map_err(JournalFault::io("read", &self.path))?;
        self.buffer.clear();
        self.start = 0;
        self.group = 0;
        self.offset = offset;
        Ok(())
    }

    /// Moves behind the group found before, to the next one.
    pub(crate) fn next(&mut self) -> Result<Next, JournalFault> {
        let before = std::mem::take(&mut self.group);
        self.skip(before);
        let offset = self.offset;
        if self.available().len() < GROUP_HEADER_BYTES {
            self.fill(READ_BYTES)?;
        }
        if self.available().is_empty() {
            return Ok(Next::End);
        }
        let length = match read_group_header(self.available()) {
            Ok(length) => length,
            Err(FrameFault::Short) => return Ok(Next::Short { offset }),
            Err(fault) => return Ok(Next::Bad { offset, fault }),
        };
        let group = GROUP_HEADER_BYTES + length;
        if self.available().len() < group {
            self.fill(group.max(READ_BYTES))?;
        }
        if self.available().len() < group {
            return Ok(Next::Short { offset });
        }
        self.group = group;
        Ok(Next::Group { offset })
    }

    /// The frames of the group found last.
    pub(crate) fn payload(&self) -> &[u8] {
        self.available().get(GROUP_HEADER_BYTES..self.group).unwrap_or_default()
    }

    /// Where the file continues behind what was found last.
    pub(crate) const fn end(&self) -> u64 {
        self.offset + self.group as u64
    }

    fn available(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Reads until `wanted` bytes are available, or the file ends.
    fn fill(&mut self, wanted: usize) -> Result<(), JournalFault> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let missing = wanted.saturating_sub(self.buffer.len()) as u64;
        let reading = JournalFault::io("read", &self.path);
        (&self.file).take(missing).read_to_end(&mut self.buffer).map_err(reading)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_of_a_newer_format_is_refused_with_what_to_do() {
        let mut bytes = Header::FIRST.encode();
        bytes[8] = 9;
        let sum = crc32fast::hash(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&sum.to_le_bytes());
        let fault = Header::decode(&bytes, Path::new("x")).unwrap_err();
        assert!(matches!(fault, JournalFault::FormatFromTheFuture { found: 9, known: 1, .. }));
        assert!(fault.to_string().contains("run the release that wrote it"), "{fault}");
    }

    #[test]
    fn every_flipped_byte_of_a_header_is_noticed() {
        let good = Header { number: 3, first_seq: 41, previous: Hash([5; 32]) };
        assert_eq!(Header::decode(&good.encode(), Path::new("x")).unwrap(), good);
        for at in 0..HEADER_BYTES {
            let mut bytes = good.encode();
            bytes[at] ^= 0x10;
            assert!(Header::decode(&bytes, Path::new("x")).is_err(), "byte {at}");
            assert!(Header::decode(&good.encode()[..at], Path::new("x")).is_err(), "cut at {at}");
        }
    }
}
