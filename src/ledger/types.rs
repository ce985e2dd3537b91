//! The words of the ledger: record, batch, put, table, hash, head. No I/O.

use std::fmt;
use std::str::FromStr;

use super::fault::LedgerFault;

/// Largest body of one record, in bytes: a decision is about 400 bytes, so this is room, not a target; it bounds the
/// memory of every reader.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most records in one batch: an import must come in slices so that no commit holds the writer for long.
pub const BATCH_RECORDS_MAX: usize = 256;
/// Most puts in one batch: the record of a start touches every grant whose creation was under way, three puts each, and
/// ten thousand of them at once must not keep the bot from starting.
pub const BATCH_PUTS_MAX: usize = 32_768;
/// Most bytes of bodies, keys and values in one batch.
pub const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest key of a put, in bytes: our keys are ids and due times.
pub const KEY_BYTES_MAX: usize = 512;
/// Largest value of a put, in bytes. sled itself is given pieces of at most 8 KiB (larger ones become blob files that
/// leak and are never synced: `reference/libraries.md` §5); larger values are cut into pieces. What does not fit here
/// belongs into a document.
pub const VALUE_BYTES_MAX: usize = 512 * 1024;

/// SHA-256 of a record's content, or of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record names as its predecessor.
    pub const ZERO: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a hash: 64 hexadecimal digits are expected");
        if text.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(pair).map_err(|_| wrong())?;
            if digits.contains('+') {
                return Err(wrong());
            }
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// The last record of a journal: its number and its hash. Written as `seq:hash`, it is the anchor that lets a cut tail
/// be noticed; keep it outside the machine (a log line, a chat message).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last record; 0 when there is none.
    pub seq: u64,
    /// Hash of the last record; zero when there is none.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty journal.
    pub const EMPTY: Self = Self { seq: 0, hash: Hash::ZERO };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a head: write it as `seq:hash`, as the bot logs it");
        let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Self { seq: seq.parse().map_err(|_| wrong())?, hash: hash.parse()? })
    }
}

/// One decision to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// When it was decided; kept with millisecond precision.
    pub at: jiff::Timestamp,
    /// Version of the body's format: the current one of [`super::Migrations`].
    pub version: u16,
    /// A JSON object: the decision with its events.
    pub body: Vec<u8>,
}

/// One decision as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// 1 for the first, without gaps.
    pub seq: u64,
    /// When it was decided, millisecond precision.
    pub at: jiff::Timestamp,
    /// Version of the body's format, after migration.
    pub version: u16,
    /// A JSON object, after migration.
    pub body: Vec<u8>,
    /// Hash of the record before.
    pub previous: Hash,
    /// Hash of this record as it was written, before migration.
    pub hash: Hash,
}

/// A change to the derived state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The table.
    pub table: Table,
    /// The key, at most [`KEY_BYTES_MAX`] bytes.
    pub key: Vec<u8>,
    /// The new value, at most [`VALUE_BYTES_MAX`] bytes; `None` removes the key.
    pub value: Option<Vec<u8>>,
}

/// The tables of the derived state; each is a sled tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Live access requests.
    Requests,
    /// (principal, target) pairs that we gave, or are about to give or take.
    Holdings,
    /// Due jobs, keyed by [`due_key`] so that the first due one is the first key.
    Jobs,
    /// Interaction ids that took effect (P6), for a day.
    Interactions,
    /// Chat account to person.
    Bindings,
    /// Emergencies and the state of the federation.
    Emergencies,
    /// Ended requests, for `list` and `show`. Cold, and not checked at open because it only grows.
    Closed,
    /// Single values of the engine.
    Meta,
}

impl Table {
    /// Every table, in the order in which the state's head lists them.
    pub const ALL: [Self; 8] = [
        Self::Requests,
        Self::Holdings,
        Self::Jobs,
        Self::Interactions,
        Self::Bindings,
        Self::Emergencies,
        Self::Closed,
        Self::Meta,
    ];

    /// The sled tree's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Holdings => "holdings",
            Self::Jobs => "jobs",
            Self::Interactions => "interactions",
            Self::Bindings => "bindings",
            Self::Emergencies => "emergencies",
            Self::Closed => "closed",
            Self::Meta => "meta",
        }
    }

    /// Whether an open hands its rows to [`Projection::load`]: the hot state does, what is looked up by key does not.
    #[must_use]
    pub const fn is_loaded(self) -> bool {
        !matches!(self, Self::Closed)
    }

    /// Whether an open compares its rows with the sum in the state's head. `Closed` grows for ever and decides nothing.
    #[must_use]
    pub(crate) const fn is_checked(self) -> bool {
        !matches!(self, Self::Closed)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// A row of the state: key and value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// The key of a job: 8 bytes of due time (big-endian Unix milliseconds), then the job's own key, so that a scan from the
/// start meets the first due job first. A time before 1970 counts as 1970.
#[must_use]
pub fn due_key(due: jiff::Timestamp, key: &[u8]) -> Vec<u8> {
    let due_ms = u64::try_from(due.as_millisecond()).unwrap_or(0);
    [due_ms.to_be_bytes().as_slice(), key].concat()
}

/// What becomes durable together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records for the journal.
    pub records: Vec<NewRecord>,
    /// What they change in the state: exactly what [`Projection::apply`] would answer for them, in order.
    pub puts: Vec<Put>,
}

impl Batch {
    /// Bytes it will take in journal and state, without framing.
    pub(crate) fn bytes(&self) -> usize {
        let records: usize = self.records.iter().map(|record| record.body.len()).sum();
        let puts: usize =
            self.puts.iter().map(|put| put.key.len() + put.value.as_ref().map_or(0, Vec::len)).sum();
        records + puts
    }

    /// Refuses what could not be written, kept or read back.
    pub(crate) fn check(&self, version: u16) -> Result<(), LedgerFault> {
        let limit = |what, is, most| Err(LedgerFault::TooLarge { what, is, most });
        if self.records.is_empty() && !self.puts.is_empty() {
            return Err(LedgerFault::Underived);
        }
        if self.records.len() > BATCH_RECORDS_MAX {
            return limit("records in a batch", self.records.len(), BATCH_RECORDS_MAX);
        }
        if self.puts.len() > BATCH_PUTS_MAX {
            return limit("puts in a batch", self.puts.len(), BATCH_PUTS_MAX);
        }
        if self.bytes() > BATCH_BYTES_MAX {
            return limit("bytes in a batch", self.bytes(), BATCH_BYTES_MAX);
        }
        self.records.iter().try_for_each(|record| check_record(record, version))?;
        self.puts.iter().try_for_each(check_put)
    }
}

fn check_record(record: &NewRecord, version: u16) -> Result<(), LedgerFault> {
    if record.body.len() > BODY_BYTES_MAX {
        let is = record.body.len();
        return Err(LedgerFault::TooLarge { what: "bytes in a record", is, most: BODY_BYTES_MAX });
    }
    if record.version != version {
        return Err(LedgerFault::Version { found: record.version, current: version });
    }
    let object = record.body.first() == Some(&b'{')
        && serde_json::from_slice::<serde::de::IgnoredAny>(&record.body).is_ok();
    if object { Ok(()) } else { Err(LedgerFault::NotAnObject) }
}

pub(crate) fn check_put(put: &Put) -> Result<(), LedgerFault> {
    if put.key.len() > KEY_BYTES_MAX {
        return Err(LedgerFault::TooLarge { what: "bytes in a key", is: put.key.len(), most: KEY_BYTES_MAX });
    }
    match &put.value {
        Some(value) if value.len() > VALUE_BYTES_MAX => {
            Err(LedgerFault::TooLarge { what: "bytes in a value", is: value.len(), most: VALUE_BYTES_MAX })
        }
        Some(_) | None => Ok(()),
    }
}

/// Derives the state from the journal: the domain's `evolve`, seen from the ledger. Used when the state is behind or
/// has to be rebuilt, and to hand the hot state to its owner at open.
pub trait Projection {
    /// Forget everything; `load` or `apply` from the first record follow.
    fn reset(&mut self);

    /// Take one row of the state as it stood when the ledger was last open (tables with [`Table::is_loaded`]).
    ///
    /// # Errors
    /// A row that cannot be read: the state is then rebuilt from the journal.
    fn load(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), String>;

    /// Take one record, and say what it changes in the state.
    ///
    /// # Errors
    /// A record that cannot be understood: the ledger then refuses to open.
    fn apply(&mut self, record: &Record) -> Result<Vec<Put>, String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_as_it_was_written() {
        let head = Head { seq: 812, hash: Hash([0xa7; 32]) };
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        for wrong in
            ["", "812", "812:", "x:00", &format!("1:{}", "+f".repeat(32)), &format!("1:{}", "é".repeat(32))]
        {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn jobs_sort_by_due_time_and_not_by_their_own_key() {
        let at = |ms| jiff::Timestamp::from_millisecond(ms).unwrap();
        let early = due_key(at(1_000), b"z");
        let late = due_key(at(70_000), b"a");
        assert!(early < late);
        assert!(due_key(at(-5), b"z") < early);
    }

    #[test]
    fn every_table_stands_at_its_own_place_in_the_list() {
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table.index(), place);
        }
    }

    #[test]
    fn what_could_not_be_kept_is_refused_at_the_limit_and_not_before() {
        let record = |body: Vec<u8>| NewRecord { at: jiff::Timestamp::UNIX_EPOCH, version: 1, body };
        let put = |key: usize, value: usize| Put {
            table: Table::Meta,
            key: vec![1; key],
            value: Some(vec![2; value]),
        };
        let with = |puts: Vec<Put>| Batch { records: vec![record(b"{}".to_vec())], puts };
        assert!(with(vec![put(KEY_BYTES_MAX, VALUE_BYTES_MAX)]).check(1).is_ok());
        assert!(with(vec![put(KEY_BYTES_MAX + 1, 1)]).check(1).is_err());
        assert!(with(vec![put(1, VALUE_BYTES_MAX + 1)]).check(1).is_err());
        assert!(with(vec![put(1, 1); BATCH_PUTS_MAX]).check(1).is_ok());
        assert!(with(vec![put(1, 1); BATCH_PUTS_MAX + 1]).check(1).is_err());
        let text = |bytes: usize| [b"{\"a\":\"", "x".repeat(bytes - 8).as_bytes(), b"\"}"].concat();
        let of = |records| Batch { records, puts: vec![] };
        assert!(of(vec![record(text(BODY_BYTES_MAX))]).check(1).is_ok());
        assert!(of(vec![record(text(BODY_BYTES_MAX + 1))]).check(1).is_err());
        assert!(of(vec![record(b"{}".to_vec()); BATCH_RECORDS_MAX]).check(1).is_ok());
        assert!(of(vec![record(b"{}".to_vec()); BATCH_RECORDS_MAX + 1]).check(1).is_err());
        let most = BATCH_BYTES_MAX / BODY_BYTES_MAX;
        assert!(of(vec![record(text(BODY_BYTES_MAX)); most]).check(1).is_ok());
        assert!(of(vec![record(text(BODY_BYTES_MAX)); most + 1]).check(1).is_err());
    }

    #[test]
    fn a_body_that_is_no_json_object_or_of_another_version_is_refused() {
        let of = |version, body: &[u8]| Batch {
            records: vec![NewRecord { at: jiff::Timestamp::UNIX_EPOCH, version, body: body.to_vec() }],
            puts: vec![],
        };
        assert!(of(1, b"{\"a\":1}").check(1).is_ok());
        for body in [b"[1]".as_slice(), b"", b"{", b"{\"a\":1} x", b"\xff"] {
            assert!(matches!(of(1, body).check(1), Err(LedgerFault::NotAnObject)), "{body:?}");
        }
        assert!(matches!(of(2, b"{}").check(1), Err(LedgerFault::Version { found: 2, current: 1 })));
        let underived =
            Batch { records: vec![], puts: vec![Put { table: Table::Meta, key: vec![], value: None }] };
        assert!(matches!(underived.check(1), Err(LedgerFault::Underived)));
    }
}
