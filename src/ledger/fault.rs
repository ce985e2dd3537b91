//! What can go wrong with the ledger, in sentences an operator can act on. Never a panic, never a Rust name.

use std::io;
use std::path::{Path, PathBuf};

/// Where the journal is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment file.
    pub segment: PathBuf,
    /// Number of the record that is missing or wrong.
    pub seq: u64,
    /// Where in the file, in bytes from its start.
    pub offset: u64,
    /// What is wrong there.
    pub what: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { segment, seq, offset, what } = self;
        write!(f, "record {seq} in `{}` at byte {offset}: {what}", segment.display())
    }
}

/// The journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalFault {
    /// The operating system said no.
    #[error("could not {doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The journal was changed or lost a part in its middle.
    #[error(
        "the journal is damaged: {0}; nothing was changed; keep a copy of the store for the investigation, put back the \
         last back-up with `glasskey store restore`, and check AWS for access that only the lost records knew of"
    )]
    Damaged(Damage),
    /// A newer Glasskey wrote this segment.
    #[error(
        "`{}` has journal format {found}, this release reads up to {known}; run the release that wrote it, or a newer one",
        path.display()
    )]
    FormatFromTheFuture {
        /// The segment file.
        path: PathBuf,
        /// Its format.
        found: u16,
        /// The newest format we read.
        known: u16,
    },
    /// A newer Glasskey wrote this record.
    #[error(
        "record {seq} has format {found}, this release reads up to {known}; run the release that wrote it, or a newer one"
    )]
    RecordFromTheFuture {
        /// The record.
        seq: u64,
        /// Its version.
        found: u16,
        /// The newest version we read.
        known: u16,
    },
    /// An old record could not be brought to today's format.
    #[error(
        "record {seq} of format {from} could not be brought to format {to}: {why}; run the release that wrote it"
    )]
    Migration {
        /// The record.
        seq: u64,
        /// The version it has.
        from: u16,
        /// The version wanted.
        to: u16,
        /// Why not.
        why: String,
    },
}

impl JournalFault {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    pub(crate) fn damaged(segment: &Path, seq: u64, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged(Damage { segment: segment.to_path_buf(), seq, offset, what: what.into() })
    }
}

/// Why a ledger did not open. Nothing was changed in the journal, except that a torn tail may have been cut.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// Another process has it.
    #[error(
        "the store `{}` is in use by {holder}; one process owns a store: ask the running bot (`glasskey requests`, \
         `glasskey audit verify` work beside it), or stop it first", path.display()
    )]
    Locked {
        /// The store.
        path: PathBuf,
        /// What the lock file says: process id and host.
        holder: String,
    },
    /// The journal is unreadable, damaged, or of a newer release.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// There is state but no journal: starting would forget every deadline.
    #[error(
        "the journal in `{}` is empty, but the state beside it knows {state_seq} records; is the right volume mounted? \
         Put back a back-up with `glasskey store restore`; to begin anew on purpose, move the whole store away",
        path.display()
    )]
    JournalGone {
        /// The journal folder.
        path: PathBuf,
        /// The last record that the state contains.
        state_seq: u64,
    },
    /// The domain could not take a record.
    #[error("record {seq} could not be applied: {why}; run the release that wrote it")]
    Projection {
        /// The record.
        seq: u64,
        /// The domain's answer.
        why: String,
    },
    /// Not even a fresh state could be written.
    #[error("the state in `{}` could not be written: {why}; check the disk's space and health", path.display())]
    State {
        /// The state folder.
        path: PathBuf,
        /// sled's answer.
        why: String,
    },
    /// A restore would overwrite something.
    #[error("`{}` is not empty; restore into a new folder, or move this one away first", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The file is not a back-up of ours, or not all of it is there.
    #[error("`{}` is not a whole back-up: {why}; use another one", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a commit or a read of an open ledger failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// An earlier write failed, so that nobody can say what is on the disk. Only a restart finds out.
    #[error("the ledger takes no more writes since a write failed ({why}); see to the disk and restart")]
    Poisoned {
        /// The first failure.
        why: String,
    },
    /// The thread that writes died of a bug.
    #[error("the ledger's writer has died; restart, and report what the log says of it")]
    WriterGone,
    /// Beyond a limit.
    #[error("{is} {what}, at most {most} are taken; commit in smaller pieces or use a document")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        is: usize,
        /// How much is allowed.
        most: usize,
    },
    /// A change of state that no record explains would vanish at the next rebuild.
    #[error("a batch changes the state without a record that explains it; journal the decision too")]
    Underived,
    /// The body is not what the journal keeps.
    #[error("the body of a record is not a JSON object")]
    NotAnObject,
    /// Only the current format is written.
    #[error("a record of format {found} was to be written, the current format is {current}")]
    Version {
        /// The version given.
        found: u16,
        /// The version written today.
        current: u16,
    },
    /// The state could not be read; a restart checks it and rebuilds it.
    #[error("the state could not be read: {why}; a restart rebuilds it from the journal")]
    State {
        /// sled's answer.
        why: String,
    },
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The name cannot be a file name.
    #[error("`{name}` is no name for a document: 1 to 32 of a-z, 0-9 and `-` are taken")]
    DocumentName {
        /// What was given.
        name: String,
    },
    /// No such document.
    #[error("there is no document {name} {hash}; refresh it from its source")]
    NoDocument {
        /// Its kind.
        name: String,
        /// Its hash.
        hash: super::Hash,
    },
    /// The file is not what was put.
    #[error("the document `{}` is damaged; remove it and refresh it from its source", path.display())]
    DocumentDamaged {
        /// The file.
        path: PathBuf,
    },
}
