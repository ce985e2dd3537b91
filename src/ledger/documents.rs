//! Files too large for the state: directory snapshots, policy sets. Named by their content, so that a record can cite
//! one by hash; written whole or not at all; never changed.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::disk;
use super::fault::{JournalFault, LedgerFault};
use super::frame::hash_of;
use super::types::Hash;

/// Longest kind of a document: it is part of a file name.
const NAME_BYTES_MAX: usize = 32;

/// Where a store keeps its documents.
pub(crate) fn documents_dir(store: &Path) -> PathBuf {
    store.join("documents")
}

fn path_of(dir: &Path, name: &str, hash: Hash) -> Result<PathBuf, LedgerFault> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !letters {
        return Err(LedgerFault::DocumentName { name: name.to_owned() });
    }
    Ok(dir.join(format!("{name}_{hash}.doc")))
}

/// Writes a document durably; one that is there already is left as it is.
pub(crate) fn put(dir: &Path, name: &str, bytes: &[u8]) -> Result<Hash, LedgerFault> {
    let hash = hash_of(bytes);
    let path = path_of(dir, name, hash)?;
    if !matches!(read(&path, hash), Ok(Some(_))) {
        disk::write_whole(&path, bytes)?;
    }
    Ok(hash)
}

/// Reads a document and checks that it is the one named.
pub(crate) fn get(dir: &Path, name: &str, hash: Hash) -> Result<Vec<u8>, LedgerFault> {
    let path = path_of(dir, name, hash)?;
    read(&path, hash)?.ok_or_else(|| LedgerFault::NoDocument { name: name.to_owned(), hash })
}

fn read(path: &Path, hash: Hash) -> Result<Option<Vec<u8>>, LedgerFault> {
    match fs::read(path) {
        Ok(bytes) if hash_of(&bytes) == hash => Ok(Some(bytes)),
        Ok(_) => Err(LedgerFault::DocumentDamaged { path: path.to_path_buf() }),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(JournalFault::io("read", path)(fault).into()),
    }
}

/// Removes the documents of a kind that the caller does not name; answers how many.
pub(crate) fn prune(dir: &Path, name: &str, keep: &BTreeSet<Hash>) -> Result<usize, LedgerFault> {
    path_of(dir, name, Hash::ZERO)?;
    let reading = || JournalFault::io("read", dir);
    let mut removed = 0;
    for entry in fs::read_dir(dir).map_err(reading())? {
        let path = entry.map_err(reading())?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split_once('_'));
        let Some((kind, Ok(hash))) = stem.map(|(kind, hash)| (kind, hash.parse())) else { continue };
        if kind == name && !keep.contains(&hash) {
            fs::remove_file(&path).map_err(JournalFault::io("remove", &path))?;
            removed += 1;
        }
    }
    disk::sync_folder(dir)?;
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_as_it_was_put_and_pruning_keeps_the_named_ones() {
        let dir = tempfile::tempdir().unwrap();
        let first = put(dir.path(), "directory", b"one").unwrap();
        let second = put(dir.path(), "directory", b"two").unwrap();
        let other = put(dir.path(), "policy", b"one").unwrap();
        assert_eq!(first, other);
        assert_eq!(get(dir.path(), "directory", second).unwrap(), b"two");
        assert_eq!(prune(dir.path(), "directory", &BTreeSet::from([second])).unwrap(), 1);
        assert!(matches!(get(dir.path(), "directory", first), Err(LedgerFault::NoDocument { .. })));
        assert_eq!(get(dir.path(), "directory", second).unwrap(), b"two");
        assert_eq!(get(dir.path(), "policy", other).unwrap(), b"one");
    }

    #[test]
    fn a_changed_document_is_refused_and_putting_it_again_heals_it() {
        let dir = tempfile::tempdir().unwrap();
        let hash = put(dir.path(), "policy", b"permit").unwrap();
        let path = path_of(dir.path(), "policy", hash).unwrap();
        fs::write(&path, b"permit all").unwrap();
        assert!(matches!(get(dir.path(), "policy", hash), Err(LedgerFault::DocumentDamaged { .. })));
        put(dir.path(), "policy", b"permit").unwrap();
        assert_eq!(get(dir.path(), "policy", hash).unwrap(), b"permit");
    }

    #[test]
    fn a_name_that_could_leave_the_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "../x", "a/b", "A", "a_b", &"x".repeat(33)] {
            assert!(matches!(put(dir.path(), name, b""), Err(LedgerFault::DocumentName { .. })), "{name}");
        }
        put(dir.path(), &"x".repeat(32), b"").unwrap();
    }
}
