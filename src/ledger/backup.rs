//! Back-up and restore: the journal in one file. Never the live sled folder, which cannot be copied safely, and never
//! documents, which can be read again from their sources.
//!
//! ```text
//! mark "GKBACKUP" | format u16 | segments, each: length u64, bytes | 0 u64 | head seq u64 | head hash 32
//! ```

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::disk;
use super::fault::{JournalFault, OpenFault};
use super::segment::{SegmentReader, journal_dir, list_segments};
use super::types::{Hash, Head};
use super::verify::verify;

const MARK: [u8; 8] = *b"GKBACKUP";
const FORMAT: u16 = 1;

/// What was backed up or restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The last record in it.
    pub head: Head,
    /// Segments in it.
    pub segments: usize,
}

/// Writes the journal of a store, up to its last whole record, to a new file. Works beside a running bot.
///
/// # Errors
/// The journal is damaged (a back-up of it would hide that), the file exists already, or the disk says no.
pub fn backup(store: &Path, to: &Path) -> Result<BackupReport, OpenFault> {
    let report = verify(store, None)?;
    if let Some(damage) = report.first_bad {
        return Err(JournalFault::Damaged(damage).into());
    }
    if to.exists() {
        return Err(JournalFault::io("write", to)(ErrorKind::AlreadyExists.into()).into());
    }
    let paths = list_segments(&journal_dir(store))?;
    let paths: Vec<PathBuf> = paths.into_iter().take(report.segments).collect();
    let temporary = disk::temporary_name(to);
    let written = write_backup(&paths, report.end, report.head, &temporary);
    written.and_then(|()| fs::rename(&temporary, to)).map_err(JournalFault::io("write", to))?;
    to.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), disk::sync_folder)?;
    Ok(BackupReport { head: report.head, segments: paths.len() })
}

/// `end` is where the last segment ends; the others never change again.
fn write_backup(paths: &[PathBuf], end: u64, head: Head, to: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(disk::create_file(to)?);
    out.write_all(&MARK)?;
    out.write_all(&FORMAT.to_le_bytes())?;
    for (place, path) in paths.iter().enumerate() {
        let file = File::open(path)?;
        let bytes = if place + 1 == paths.len() { end } else { file.metadata()?.len() };
        out.write_all(&bytes.to_le_bytes())?;
        if std::io::copy(&mut file.take(bytes), &mut out)? != bytes {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    out.write_all(&0_u64.to_le_bytes())?;
    out.write_all(&head.seq.to_le_bytes())?;
    out.write_all(&head.hash.0)?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

/// Makes a new store of a back-up. The journal is there whole or not at all; the next open derives the state.
///
/// # Errors
/// The folder is not empty; the file is not a whole back-up; the disk says no.
pub fn restore(file: &Path, store: &Path) -> Result<BackupReport, OpenFault> {
    disk::create_folder(store)?;
    let mut entries = fs::read_dir(store).map_err(JournalFault::io("read", store))?;
    if entries.next().is_some() {
        return Err(OpenFault::NotEmpty { path: store.to_path_buf() });
    }
    let unpacked = unpack(file, &journal_dir(store));
    if unpacked.is_err() {
        // Nothing was here before, so that all of it is ours; the first fault is what the caller must hear.
        drop(fs::remove_dir_all(journal_dir(store)));
    }
    unpacked
}

fn unpack(file: &Path, journal: &Path) -> Result<BackupReport, OpenFault> {
    let wrong = |why: &str| OpenFault::NotABackup { path: file.to_path_buf(), why: why.to_owned() };
    let opened = File::open(file).map_err(JournalFault::io("open", file))?;
    let mut input = BufReader::new(opened);
    let part = |fault: std::io::Error| match fault.kind() {
        ErrorKind::UnexpectedEof => wrong("it is cut off"),
        _ => JournalFault::io("read", file)(fault).into(),
    };
    if take::<8>(&mut input).map_err(part)? != MARK {
        return Err(wrong("it does not begin like one"));
    }
    let format = u16::from_le_bytes(take(&mut input).map_err(part)?);
    if format != FORMAT {
        return Err(wrong(&format!("it has format {format}, this release reads {FORMAT}")));
    }
    disk::create_folder(journal)?;
    let mut segments = 0;
    loop {
        let bytes = u64::from_le_bytes(take(&mut input).map_err(part)?);
        if bytes == 0 {
            break;
        }
        segments += 1;
        let to = journal.join(format!("{segments:08}.journal"));
        let mut out = disk::create_file(&to).map_err(JournalFault::io("write", &to))?;
        if std::io::copy(&mut (&mut input).take(bytes), &mut out).map_err(JournalFault::io("write", &to))?
            != bytes
        {
            return Err(wrong("it is cut off"));
        }
        out.sync_all().map_err(JournalFault::io("write", &to))?;
        SegmentReader::open(&to)?;
    }
    let seq = u64::from_le_bytes(take(&mut input).map_err(part)?);
    let head = Head { seq, hash: Hash(take(&mut input).map_err(part)?) };
    disk::sync_folder(journal)?;
    let store = journal.parent().unwrap_or(journal);
    let report = verify(store, Some(head))?;
    match report.first_bad {
        _ if report.unfinished_bytes > 0 => Err(wrong("its last record is not whole")),
        None if report.head == head => Ok(BackupReport { head, segments }),
        None => Err(wrong("its records are not those it was closed with")),
        Some(damage) => Err(wrong(&damage.to_string())),
    }
}

fn take<const N: usize>(input: &mut impl Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
