//! How records lie on the disk. Bytes only: no file, no clock.
//!
//! One `fdatasync` makes one *group* durable: a header, then the frames of whole batches. Nobody is told of a group
//! before its sync, so a group that is broken at the very end of the journal was never acknowledged and may be cut,
//! however its pages reached the disk; and a batch is never half there.
//!
//! ```text
//! group   mark "GKg1" | payload length u32 | CRC-32 of these 8 bytes | frames…
//! frame   content length u32 | CRC-32 of the content | content
//! content previous hash 32 | seq u64 | at, Unix ms i64 | version u16 | body        (integers little-endian)
//! hash    SHA-256 of the content
//! ```

use sha2::{Digest, Sha256};

use super::types::{BATCH_BYTES_MAX, BODY_BYTES_MAX, Hash};

/// First bytes of a group: found again when the length before it is broken.
pub(crate) const GROUP_MARK: [u8; 4] = *b"GKg1";
/// Mark, length, checksum.
pub(crate) const GROUP_HEADER_BYTES: usize = 12;
/// Content length and checksum.
const FRAME_HEADER_BYTES: usize = 8;
/// Content without the body.
const CONTENT_FIXED_BYTES: usize = 50;
/// A group takes no further batch once it has this many bytes, so that one sync stays short.
pub(crate) const GROUP_FILL_BYTES: usize = 4 * 1024 * 1024;
/// No group is longer: one batch may cross the fill mark, and framing is less than a batch. Bounds a reader's buffer.
const GROUP_BYTES_MAX: usize = GROUP_FILL_BYTES + 2 * BATCH_BYTES_MAX;

/// What is wrong with a group or a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameFault {
    #[error("no group of records begins here")]
    Mark,
    #[error("the header of the group does not match its checksum")]
    HeaderSum,
    #[error("a length of {0} bytes is impossible")]
    Length(usize),
    #[error("the record does not match its checksum")]
    Sum,
    #[error("the record is cut off")]
    Short,
}

/// A frame, still in the buffer it was read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// What the hash covers.
    pub(crate) content: &'a [u8],
    pub(crate) previous: Hash,
    pub(crate) seq: u64,
    pub(crate) at_ms: i64,
    pub(crate) version: u16,
    pub(crate) body: &'a [u8],
}

impl Frame<'_> {
    /// Bytes on the disk.
    pub(crate) const fn bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.content.len()
    }

    pub(crate) fn hash(&self) -> Hash {
        hash_of(self.content)
    }
}

/// SHA-256.
pub(crate) fn hash_of(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// Builds one group.
pub(crate) struct GroupBuilder {
    bytes: Vec<u8>,
}

impl GroupBuilder {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; GROUP_HEADER_BYTES] }
    }

    /// Appends a frame; answers the record's hash.
    pub(crate) fn push(&mut self, previous: Hash, seq: u64, at_ms: i64, version: u16, body: &[u8]) -> Hash {
        let mut content = Vec::with_capacity(CONTENT_FIXED_BYTES + body.len());
        content.extend_from_slice(&previous.0);
        content.extend_from_slice(&seq.to_le_bytes());
        content.extend_from_slice(&at_ms.to_le_bytes());
        content.extend_from_slice(&version.to_le_bytes());
        content.extend_from_slice(body);
        self.bytes.extend_from_slice(&length_bytes(content.len()));
        self.bytes.extend_from_slice(&crc32fast::hash(&content).to_le_bytes());
        self.bytes.extend_from_slice(&content);
        hash_of(&content)
    }

    /// The group's bytes; `None` when it has no frame.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        let payload = self.bytes.len() - GROUP_HEADER_BYTES;
        if payload == 0 {
            return None;
        }
        let mut header = [GROUP_MARK, length_bytes(payload)].concat();
        header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
        self.bytes.splice(..GROUP_HEADER_BYTES, header);
        Some(self.bytes)
    }
}

/// Lengths are bounded far below 4 GiB by the limits of a batch; were they not, the reader would refuse this one.
fn length_bytes(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Payload bytes that a group header announces.
pub(crate) fn read_group_header(header: &[u8]) -> Result<usize, FrameFault> {
    let (mark, rest) = header.split_first_chunk::<4>().ok_or(FrameFault::Short)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(FrameFault::Short)?;
    let (sum, _) = rest.split_first_chunk::<4>().ok_or(FrameFault::Short)?;
    if *mark != GROUP_MARK {
        return Err(FrameFault::Mark);
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(mark);
    hasher.update(length);
    if hasher.finalize() != u32::from_le_bytes(*sum) {
        return Err(FrameFault::HeaderSum);
    }
    let length = u32::from_le_bytes(*length) as usize;
    if (FRAME_HEADER_BYTES + CONTENT_FIXED_BYTES..=GROUP_BYTES_MAX).contains(&length) {
        Ok(length)
    } else {
        Err(FrameFault::Length(length))
    }
}

/// Reads the frame at the start of `bytes`.
pub(crate) fn read_frame(bytes: &[u8]) -> Result<Frame<'_>, FrameFault> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FrameFault::Short)?;
    let (sum, rest) = rest.split_first_chunk::<4>().ok_or(FrameFault::Short)?;
    let length = u32::from_le_bytes(*length) as usize;
    if !(CONTENT_FIXED_BYTES..=CONTENT_FIXED_BYTES + BODY_BYTES_MAX).contains(&length) {
        return Err(FrameFault::Length(length));
    }
    let (content, _) = rest.split_at_checked(length).ok_or(FrameFault::Short)?;
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return Err(FrameFault::Sum);
    }
    read_content(content).ok_or(FrameFault::Short)
}

fn read_content(content: &[u8]) -> Option<Frame<'_>> {
    let (previous, rest) = content.split_first_chunk::<32>()?;
    let (seq, rest) = rest.split_first_chunk::<8>()?;
    let (at_ms, rest) = rest.split_first_chunk::<8>()?;
    let (version, body) = rest.split_first_chunk::<2>()?;
    Some(Frame {
        content,
        previous: Hash(*previous),
        seq: u64::from_le_bytes(*seq),
        at_ms: i64::from_le_bytes(*at_ms),
        version: u16::from_le_bytes(*version),
        body,
    })
}

/// Hands each frame of a payload, with its offset in the payload, to `each`; stops at the first fault and says where.
pub(crate) fn read_frames<'a>(
    payload: &'a [u8],
    mut each: impl FnMut(usize, Frame<'a>),
) -> Result<(), (usize, FrameFault)> {
    let mut rest = payload;
    while !rest.is_empty() {
        let offset = payload.len() - rest.len();
        let frame = read_frame(rest).map_err(|fault| (offset, fault))?;
        rest = rest.get(frame.bytes()..).unwrap_or_default();
        each(offset, frame);
    }
    Ok(())
}

/// Whether a whole, sound group whose first record is `seq_min` or later begins anywhere in `bytes`.
pub(crate) fn holds_a_good_group(bytes: &[u8], seq_min: u64) -> bool {
    let starts = bytes.windows(GROUP_MARK.len()).enumerate().filter(|(_, window)| *window == GROUP_MARK);
    starts.filter_map(|(start, _)| bytes.get(start..)).any(|from| is_good_group(from, seq_min))
}

fn is_good_group(bytes: &[u8], seq_min: u64) -> bool {
    let Ok(length) = read_group_header(bytes) else { return false };
    let Some(payload) = bytes.get(GROUP_HEADER_BYTES..GROUP_HEADER_BYTES + length) else { return false };
    let mut first = None;
    let sound = read_frames(payload, |_, frame| {
        first.get_or_insert(frame.seq);
    });
    sound.is_ok() && first.is_some_and(|seq| seq >= seq_min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Vec<u8> {
        let mut group = GroupBuilder::new();
        let first = group.push(Hash::ZERO, 7, 1_000, 1, b"{\"a\":1}");
        group.push(first, 8, 1_001, 1, b"{}");
        group.finish().unwrap()
    }

    #[test]
    fn frames_are_read_back_as_they_were_written() {
        let bytes = group();
        let length = read_group_header(&bytes).unwrap();
        assert_eq!(length, bytes.len() - GROUP_HEADER_BYTES);
        let mut seen = Vec::new();
        read_frames(&bytes[GROUP_HEADER_BYTES..], |_, frame| seen.push(frame)).unwrap();
        assert_eq!(seen.len(), 2);
        assert_eq!(
            (seen[0].seq, seen[0].at_ms, seen[0].version, seen[0].body),
            (7, 1_000, 1, b"{\"a\":1}".as_slice())
        );
        assert_eq!(seen[1].previous, seen[0].hash());
    }

    #[test]
    fn every_flipped_bit_of_a_group_is_noticed() {
        let good = group();
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_good_group(&bytes, 0), "bit {bit}");
        }
        assert!(is_good_group(&good, 0));
    }

    #[test]
    fn a_good_group_is_found_behind_rubbish_and_an_older_one_is_not_taken_for_it() {
        let bytes = [b"GKg1 rubbish GKg1".as_slice(), &group()].concat();
        assert!(holds_a_good_group(&bytes, 7));
        assert!(!holds_a_good_group(&bytes, 8));
        assert!(!holds_a_good_group(&bytes[..bytes.len() - 1], 0));
    }

    #[test]
    fn a_group_without_records_is_not_written() {
        assert_eq!(GroupBuilder::new().finish(), None);
    }
}
