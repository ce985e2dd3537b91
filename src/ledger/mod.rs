//! The ledger: the journal (the truth) and sled (what is derived from it).
//!
//! It keeps bytes and knows nothing of the domain: what the state tables hold is computed by a [`Projection`], so that
//! they can be thrown away and rebuilt. It must never answer a commit before the journal is on the disk, never go on
//! after a failed write, and never repair the journal beyond cutting a torn tail that nobody was told about.
//!
//! ```text
//! <store>/lock               held by the one process that may write
//! <store>/journal/*.journal  segments: append-only, checksummed, numbered, hash-chained: the truth
//! <store>/state/             sled, derived; `state.broken-<n>` are earlier ones that were moved aside
//! <store>/cut/               torn tails that an open cut off, byte for byte
//! <store>/documents/         content-addressed files too large for sled
//! ```

mod backup;
mod derived;
mod disk;
mod documents;
mod fault;
mod frame;
mod handle;
mod journal;
mod migrate;
mod open;
mod rows;
mod scan;
mod segment;
mod state;
mod types;
mod values;
mod vault;
mod verify;
mod watchdog;
mod writer;

pub use backup::{BackupReport, backup, restore};
pub use disk::{Disk, RealDisk};
pub use fault::{Damage, JournalFault, LedgerFault, OpenFault};
pub use handle::{Ledger, Stats};
pub use migrate::{Migrations, Step};
pub use open::{Cut, OnStall, OpenOptions, OpenReport, RebuildReason, StateReport};
pub use types::{
    BATCH_BYTES_MAX, BATCH_PUTS_MAX, BATCH_RECORDS_MAX, BODY_BYTES_MAX, Batch, Hash, Head, KEY_BYTES_MAX,
    KeyValue, NewRecord, Projection, Put, Record, Table, VALUE_BYTES_MAX, due_key,
};
pub use vault::{Opened, Vault, last_directory, open, rebuild};
pub use verify::{VerifyReport, verify};

pub(crate) use journal::{RawRecord, walk_segment};
pub(crate) use scan::join;
pub(crate) use segment::{SegmentReader, journal_dir, list_segments};
