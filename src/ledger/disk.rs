//! The few things we ask of the file system, each in the order that survives a power cut. Never swallows an error.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::fault::{JournalFault, OpenFault};

/// Only the bot's own user reads what people asked for and why.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// How the journal reaches the disk. A seam for tests of failing and stalling disks; [`RealDisk`] is the only other.
pub trait Disk: Send + Sync {
    /// Appends bytes to the end of a file.
    ///
    /// # Errors
    /// As the operating system says; part of the bytes may have been written.
    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()>;

    /// Makes a file's content durable, `fdatasync`.
    ///
    /// # Errors
    /// As the operating system says; nobody then knows what is on the disk.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The operating system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// Creates a folder with its parents, and makes the entry durable.
pub(crate) fn create_folder(path: &Path) -> Result<(), JournalFault> {
    if path.is_dir() {
        return Ok(());
    }
    let doing = JournalFault::io("create", path);
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path).map_err(doing)?;
    path.ancestors()
        .skip(1)
        .take_while(|parent| !parent.as_os_str().is_empty())
        .take(2)
        .try_for_each(sync_folder)
}

/// Makes names created, renamed or removed in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), JournalFault> {
    let doing = JournalFault::io("make durable", path);
    File::open(path).and_then(|folder| folder.sync_all()).map_err(doing)
}

/// Writes a file that is there whole or not at all, durably: a temporary name, sync, rename, sync of the folder.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), JournalFault> {
    let temporary = temporary_name(path);
    let written = create_file(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&temporary, path)).map_err(JournalFault::io("write", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Where [`write_whole`] prepares a file; one left behind by a crash may be overwritten or removed.
pub(crate) fn temporary_name(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// Opens a file for writing from its start, readable by us alone.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)
}

/// The store's lock, held as long as this lives; the operating system frees it when the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// Said, and not left to the close: a process that was forked and has not become its program yet holds a copy of the file,
/// and with it the lock.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::debug!(%error, "the lock of the store could not be given back; it goes with the file");
        }
    }
}

impl Lock {
    /// Takes the lock of a store, or says who has it.
    pub(crate) fn take(store: &Path) -> Result<Self, OpenFault> {
        let path = store.join("lock");
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&path);
        let mut file = opened.map_err(JournalFault::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenFault::Locked { path: store.to_path_buf(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(JournalFault::io("lock", &path)(source).into()),
        }
        let me = format!("process {} on {}\n", std::process::id(), host());
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(me.as_bytes()));
        written.map_err(JournalFault::io("write", &path))?;
        Ok(Self { file })
    }
}

/// What the holder wrote about itself; it may be in the middle of writing it.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        Ok(_) | Err(_) => "another process".to_owned(),
    }
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "this host".to_owned(), |name| name.trim().to_owned())
}
