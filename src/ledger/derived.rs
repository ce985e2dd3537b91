//! sled: the state derived from the journal. Knows the last record it contains and the sum of its rows, because sled
//! itself reports neither a lost tail nor a flipped bit (`reference/libraries.md` §5). Never the truth.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sha2::{Digest, Sha256};
use sled::transaction::{ConflictableTransactionError, TransactionalTree};
use sled::{Transactional, Tree};

use super::frame::hash_of;
use super::types::{Hash, Head, KeyValue, Put, Table};
use super::values::{self, Row, decode, piece_key};

/// sled's page cache. The hot state lives in the engine's memory; this only serves cold reads and recent writes.
const CACHE_BYTES: u64 = 4 * 1024 * 1024;
/// sled collects its garbage in this thread alone, so it must run.
const FLUSH_EVERY_MS: u64 = 500;
/// A reader may meet a value of several pieces while it is replaced; it looks again this often.
const READ_TRIES: usize = 16;
const HEAD_TREE: &str = "head";
const PIECES_TREE: &str = "pieces";
const HEAD_KEY: &[u8] = b"head";

/// A count and a sum over the rows of one table: enough to notice rows that sled lost or brought back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    rows: u64,
    sum: u64,
}

impl Sum {
    pub(crate) fn add(&mut self, key: &[u8], row: &[u8]) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(row_sum(key, row));
    }

    fn take(&mut self, key: &[u8], row: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(row_sum(key, row));
    }
}

fn row_sum(key: &[u8], row: &[u8]) -> u64 {
    let digest =
        Sha256::new().chain_update(key.len().to_le_bytes()).chain_update(key).chain_update(row).finalize();
    digest.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// What the state says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateHead {
    /// The owner's version of what the tables hold.
    pub(crate) version: u32,
    pub(crate) head: Head,
    pub(crate) sums: [Sum; Table::ALL.len()],
}

impl StateHead {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.version.to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.head.seq.to_le_bytes());
        bytes.extend_from_slice(&self.head.hash.0);
        for sum in &self.sums {
            bytes.extend_from_slice(&sum.rows.to_le_bytes());
            bytes.extend_from_slice(&sum.sum.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, sum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
            return None;
        }
        let (version, rest) = content.split_first_chunk::<4>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (hash, mut rest) = rest.split_first_chunk::<32>()?;
        let mut sums = [Sum::default(); Table::ALL.len()];
        for sum in &mut sums {
            let (rows, after) = rest.split_first_chunk::<8>()?;
            let (total, after) = after.split_first_chunk::<8>()?;
            *sum = Sum { rows: u64::from_le_bytes(*rows), sum: u64::from_le_bytes(*total) };
            rest = after;
        }
        let head = Head { seq: u64::from_le_bytes(*seq), hash: Hash(*hash) };
        rest.is_empty().then_some(Self { version: u32::from_le_bytes(*version), head, sums })
    }
}

/// An open sled store. Every answer of sled that is a panic becomes an `Err`.
pub(crate) struct Derived {
    db: sled::Db,
    /// The tables in the order of [`Table::ALL`], then the pieces, then the head: one transaction covers all.
    trees: Vec<Tree>,
    file: File,
    version: u32,
}

/// Runs what may panic inside sled.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(format!("the database gave up: {said}"))
    })
}

fn text(fault: impl std::fmt::Display) -> String {
    fault.to_string()
}

impl Derived {
    /// Opens or creates the store at `path`.
    pub(crate) fn open(path: &Path, version: u32) -> Result<Self, String> {
        guarded(|| {
            let config = sled::Config::new()
                .path(path)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(Some(FLUSH_EVERY_MS));
            let db = config.open().map_err(text)?;
            let names = Table::ALL.into_iter().map(Table::name).chain([PIECES_TREE, HEAD_TREE]);
            let trees = names.map(|name| db.open_tree(name)).collect::<Result<_, _>>().map_err(text)?;
            let file = File::open(path.join("db")).map_err(text)?;
            Ok(Self { db, trees, file, version })
        })
    }

    fn tree(&self, place: usize) -> Result<&Tree, String> {
        self.trees.get(place).ok_or_else(|| "a table is missing".to_owned())
    }

    /// What the store says of itself; `None` when it is new.
    pub(crate) fn head(&self) -> Result<Option<StateHead>, String> {
        guarded(|| match self.tree(HEAD_PLACE)?.get(HEAD_KEY).map_err(text)? {
            Some(bytes) => {
                StateHead::decode(&bytes).map(Some).ok_or_else(|| "its head is unreadable".to_owned())
            }
            None if self.trees.iter().all(Tree::is_empty) => Ok(None),
            None => Err("it has rows and no head".to_owned()),
        })
    }

    /// Applies changes, and the head they lead to, as one transaction; not yet durable.
    pub(crate) fn apply<'p>(
        &self,
        puts: impl Iterator<Item = &'p Put> + Clone,
        head: Head,
    ) -> Result<(), String> {
        guarded(|| {
            let transaction = self.trees.as_slice().transaction(|trees| {
                // sled may run this closure again, so everything it changes is in the transaction.
                apply_all(trees, puts.clone(), head, self.version).map_err(|stop| match stop {
                    Stop::Sled(fault) => fault,
                    Stop::Broken(why) => ConflictableTransactionError::Abort(why.to_owned()),
                })
            });
            transaction.map_err(|fault| match fault {
                sled::transaction::TransactionError::Abort(why) => why,
                sled::transaction::TransactionError::Storage(fault) => fault.to_string(),
            })
        })
    }

    /// Makes everything applied so far durable: sled's flush alone does not reach the disk.
    pub(crate) fn flush(&self) -> Result<(), String> {
        self.flush_buffers()?;
        self.file.sync_data().map_err(text)
    }

    /// Hands what was applied to the operating system. Often enough, this keeps sled from its deadlock.
    pub(crate) fn flush_buffers(&self) -> Result<(), String> {
        guarded(|| self.db.flush().map(drop).map_err(text))
    }

    /// Reads one value.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        guarded(|| {
            for _ in 0..READ_TRIES {
                let Some(row) = self.tree(table.index())?.get(key).map_err(text)? else { return Ok(None) };
                if let Some(value) = self.value(table, key, &row)? {
                    return Ok(Some(value));
                }
            }
            Err(format!("a value in `{}` has lost pieces", table.name()))
        })
    }

    /// Up to `limit` rows from `from` on, in the order of keys.
    pub(crate) fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<KeyValue>, String> {
        let keys: Vec<sled::IVec> = guarded(|| {
            let rows = self.tree(table.index())?.range(from..).take(limit);
            rows.map(|row| row.map(|(key, _)| key)).collect::<Result<_, _>>().map_err(text)
        })?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(value) = self.get(table, &key)? {
                found.push((key.to_vec(), value));
            }
        }
        Ok(found)
    }

    /// Hands every row of a table to `each`; answers the sum over them.
    pub(crate) fn walk(
        &self,
        table: Table,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
    ) -> Result<Sum, String> {
        guarded(|| {
            let mut sum = Sum::default();
            for row in self.tree(table.index())?.iter() {
                let (key, row) = row.map_err(text)?;
                sum.add(&key, &row);
                let value = self.value(table, &key, &row)?;
                each(&key, &value.ok_or_else(|| format!("a value in `{}` has lost pieces", table.name()))?)?;
            }
            Ok(sum)
        })
    }

    /// The value of a row; `None` when its pieces are not those it names.
    fn value(&self, table: Table, key: &[u8], row: &[u8]) -> Result<Option<Vec<u8>>, String> {
        match decode(row).ok_or_else(|| format!("a row of `{}` is unreadable", table.name()))? {
            Row::Whole(value) => Ok(Some(value.to_vec())),
            Row::Pieces { count, hash } => {
                let mut value = Vec::new();
                for place in 0..count {
                    let piece = self.tree(PIECES_PLACE)?.get(piece_key(table, key, place)).map_err(text)?;
                    let Some(piece) = piece else { return Ok(None) };
                    value.extend_from_slice(&piece);
                }
                Ok((hash_of(&value) == hash).then_some(value))
            }
        }
    }
}

const PIECES_PLACE: usize = Table::ALL.len();
const HEAD_PLACE: usize = Table::ALL.len() + 1;

/// Why a transaction stops.
enum Stop {
    Sled(ConflictableTransactionError<String>),
    Broken(&'static str),
}

impl From<sled::transaction::UnabortableTransactionError> for Stop {
    fn from(fault: sled::transaction::UnabortableTransactionError) -> Self {
        Self::Sled(fault.into())
    }
}

fn apply_all<'p>(
    trees: &[TransactionalTree],
    puts: impl Iterator<Item = &'p Put>,
    head: Head,
    version: u32,
) -> Result<(), Stop> {
    let place = |place: usize| trees.get(place).ok_or(Stop::Broken("a table is missing"));
    let (heads, pieces) = (place(HEAD_PLACE)?, place(PIECES_PLACE)?);
    let before = match heads.get(HEAD_KEY)? {
        Some(bytes) => StateHead::decode(&bytes).ok_or(Stop::Broken("its head is unreadable"))?.sums,
        None => [Sum::default(); Table::ALL.len()],
    };
    let mut state = StateHead { version, head, sums: before };
    for put in puts {
        let sum = state.sums.get_mut(put.table.index()).ok_or(Stop::Broken("a table is missing"))?;
        apply_one(place(put.table.index())?, pieces, put, sum)?;
    }
    heads.insert(HEAD_KEY, state.encode())?;
    Ok(())
}

fn apply_one(
    rows: &TransactionalTree,
    pieces: &TransactionalTree,
    put: &Put,
    sum: &mut Sum,
) -> Result<(), Stop> {
    let (old, new_pieces) = match &put.value {
        None => (rows.remove(put.key.as_slice())?, 0),
        Some(value) => {
            let (row, parts) = values::encode(value);
            sum.add(&put.key, &row);
            let mut place = 0;
            for part in parts {
                pieces.insert(piece_key(put.table, &put.key, place), part)?;
                place += 1;
            }
            (rows.insert(put.key.as_slice(), row)?, place)
        }
    };
    if let Some(old) = old {
        sum.take(&put.key, &old);
        let had = decode(&old).ok_or(Stop::Broken("a row is unreadable"))?.pieces();
        for place in new_pieces..had {
            pieces.remove(piece_key(put.table, &put.key, place))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &[u8], value: Option<Vec<u8>>) -> Put {
        Put { table: Table::Meta, key: key.to_vec(), value }
    }

    fn at(seq: u64) -> Head {
        Head { seq, hash: Hash([9; 32]) }
    }

    #[test]
    fn a_value_larger_than_sled_bears_comes_back_whole_and_leaves_no_piece_behind() {
        let dir = tempfile::tempdir().unwrap();
        let state = Derived::open(dir.path(), 1).unwrap();
        let large: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        state.apply([put(b"k", Some(large.clone()))].iter(), at(1)).unwrap();
        assert_eq!(state.get(Table::Meta, b"k").unwrap(), Some(large.clone()));
        assert_eq!(state.scan(Table::Meta, b"", 9).unwrap(), [(b"k".to_vec(), large)]);
        state.apply([put(b"k", Some(vec![1; 9_000]))].iter(), at(2)).unwrap();
        assert_eq!(state.trees[PIECES_PLACE].len(), 2);
        state.apply([put(b"k", None)].iter(), at(3)).unwrap();
        assert_eq!(state.get(Table::Meta, b"k").unwrap(), None);
        assert!(state.trees[PIECES_PLACE].is_empty());
        assert_eq!(state.head().unwrap().unwrap().sums, [Sum::default(); Table::ALL.len()]);
    }

    #[test]
    fn the_sum_in_the_head_is_the_sum_over_the_rows_also_within_one_batch() {
        let dir = tempfile::tempdir().unwrap();
        let state = Derived::open(dir.path(), 1).unwrap();
        let puts = [
            put(b"a", Some(b"1".to_vec())),
            put(b"a", Some(b"2".to_vec())),
            put(b"b", None),
            put(b"c", Some(vec![])),
        ];
        state.apply(puts.iter(), at(1)).unwrap();
        state.apply([put(b"a", Some(b"3".to_vec())), put(b"c", None)].iter(), at(2)).unwrap();
        let walked = state.walk(Table::Meta, |_, _| Ok(())).unwrap();
        assert_eq!(state.head().unwrap().unwrap().sums[Table::Meta.index()], walked);
        assert_eq!(walked.rows, 1);
        state.trees[Table::Meta.index()].insert(b"a", b"\0x").unwrap();
        assert_ne!(state.walk(Table::Meta, |_, _| Ok(())).unwrap(), walked);
    }

    #[test]
    fn the_head_is_read_back_and_every_flipped_byte_of_it_is_noticed() {
        let head = StateHead { version: 3, head: at(77), sums: [Sum { rows: 4, sum: 5 }; Table::ALL.len()] };
        assert_eq!(StateHead::decode(&head.encode()), Some(head));
        for byte in 0..head.encode().len() {
            let mut bytes = head.encode();
            bytes[byte] ^= 1;
            assert_eq!(StateHead::decode(&bytes), None, "byte {byte}");
        }
    }
}
