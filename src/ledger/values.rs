//! How values lie in sled: in one piece up to 8 KiB, in several beyond. Bytes only.

use super::frame::hash_of;
use super::types::{Hash, Table};

/// Most bytes of one sled value: larger ones become blob files, which leak and are never synced (`libraries.md` §5).
pub(crate) const PIECE_BYTES_MAX: usize = 8 * 1024;
const IN_ONE_PIECE: u8 = 0;
const IN_PIECES: u8 = 1;

/// What a row of a table says of its value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Row<'a> {
    /// Here it is.
    Whole(&'a [u8]),
    /// It lies in this many pieces, and has this hash.
    Pieces { count: u32, hash: Hash },
}

impl Row<'_> {
    /// Pieces that the row owns.
    pub(crate) const fn pieces(&self) -> u32 {
        match self {
            Self::Whole(_) => 0,
            Self::Pieces { count, .. } => *count,
        }
    }
}

/// The row for a value, and its pieces.
pub(crate) fn encode(value: &[u8]) -> (Vec<u8>, Vec<&[u8]>) {
    if value.len() < PIECE_BYTES_MAX {
        return ([&[IN_ONE_PIECE], value].concat(), Vec::new());
    }
    let pieces: Vec<&[u8]> = value.chunks(PIECE_BYTES_MAX).collect();
    let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    ([[IN_PIECES].as_slice(), &count.to_le_bytes(), &hash_of(value).0].concat(), pieces)
}

/// Reads a row.
pub(crate) fn decode(row: &[u8]) -> Option<Row<'_>> {
    let (kind, rest) = row.split_first()?;
    match *kind {
        IN_ONE_PIECE => Some(Row::Whole(rest)),
        IN_PIECES => {
            let (count, rest) = rest.split_first_chunk::<4>()?;
            let hash = Hash(rest.try_into().ok()?);
            Some(Row::Pieces { count: u32::from_le_bytes(*count), hash })
        }
        _ => None,
    }
}

/// Where a piece lies in the tree of pieces.
pub(crate) fn piece_key(table: Table, key: &[u8], place: u32) -> Vec<u8> {
    let length = u16::try_from(key.len()).unwrap_or(u16::MAX);
    let table = u8::try_from(table.index()).unwrap_or(u8::MAX);
    [[table].as_slice(), &length.to_be_bytes(), key, &place.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_and_no_piece_is_larger_than_sled_bears() {
        for length in
            [0, 1, PIECE_BYTES_MAX - 1, PIECE_BYTES_MAX, PIECE_BYTES_MAX + 1, 5 * PIECE_BYTES_MAX + 3]
        {
            let value = vec![7; length];
            let (row, pieces) = encode(&value);
            assert!(
                row.len() <= PIECE_BYTES_MAX && pieces.iter().all(|piece| piece.len() <= PIECE_BYTES_MAX)
            );
            match decode(&row).unwrap() {
                Row::Whole(whole) => assert_eq!(whole, value),
                Row::Pieces { count, hash } => {
                    assert_eq!((count as usize, hash), (pieces.len(), hash_of(&value)));
                    assert_eq!(pieces.concat(), value);
                }
            }
        }
    }

    #[test]
    fn pieces_of_different_rows_never_share_a_key() {
        assert_ne!(piece_key(Table::Jobs, b"a", 0), piece_key(Table::Jobs, b"a\0\0\0\0", 0));
        assert_ne!(piece_key(Table::Jobs, b"a", 0), piece_key(Table::Meta, b"a", 0));
    }
}
