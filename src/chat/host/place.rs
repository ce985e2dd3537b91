//! The socket's place in the file system: taken only where nobody else could have put something. Never removes what
//! answers, nor what is not a socket.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Anybody else's right to put files into a folder.
const OTHERS_WRITE: u32 = 0o022;

/// Why the socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PlaceFault {
    /// Another bot has it.
    #[error(
        "another glasskey is running: it answers on {0}; stop it first, or give this one a socket of its own"
    )]
    Taken(PathBuf),
    /// Something else is there.
    #[error("{0} is not a socket, so it is left alone; choose another `admin.socket` or remove it")]
    NotASocket(PathBuf),
    /// Others could put something there.
    #[error(
        "the folder {path} can be written by others (mode {mode:04o}); `chmod go-w` it, or choose another one"
    )]
    OpenFolder {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Somebody else could put something there.
    #[error(
        "the folder {0} belongs to another user; the socket must lie in one of root or of the bot's own user"
    )]
    StrangeFolder(PathBuf),
    /// The system says no.
    #[error("the socket {path} cannot be made: {why}")]
    System {
        /// The socket.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

/// Takes the place, for the owner alone.
pub(super) fn take(path: &Path) -> Result<UnixListener, PlaceFault> {
    let system = |why| PlaceFault::System { path: path.to_path_buf(), why };
    let folder = path.parent().unwrap_or_else(|| Path::new("/"));
    check_folder(folder, path)?;
    remove_stale(path)?;
    // Made in a folder of its own, so that it is never open to others, not even for a moment; then moved.
    let private = folder.join(format!(".gk-{}", std::process::id()));
    remove_unfinished(&private).map_err(system)?;
    fs::DirBuilder::new().mode(0o700).create(&private).map_err(system)?;
    let made = private.join("s");
    let taken = UnixListener::bind(&made).and_then(|listener| {
        fs::set_permissions(&made, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        fs::rename(&made, path)?;
        Ok(listener)
    });
    if taken.is_err() {
        // Best effort: what failed is told below.
        drop(fs::remove_file(&made));
    }
    fs::remove_dir(&private).map_err(system)?;
    taken.map_err(system)
}

fn check_folder(folder: &Path, path: &Path) -> Result<(), PlaceFault> {
    let metadata =
        fs::metadata(folder).map_err(|why| PlaceFault::System { path: path.to_path_buf(), why })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS_WRITE != 0 {
        return Err(PlaceFault::OpenFolder { path: folder.to_path_buf(), mode });
    }
    if metadata.uid() != 0 && metadata.uid() != nix::unistd::Uid::effective().as_raw() {
        return Err(PlaceFault::StrangeFolder(folder.to_path_buf()));
    }
    Ok(())
}

/// Removes a socket that a dead bot left behind.
fn remove_stale(path: &Path) -> Result<(), PlaceFault> {
    let system = |why| PlaceFault::System { path: path.to_path_buf(), why };
    match fs::symlink_metadata(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(system(why)),
        Ok(metadata) if !metadata.file_type().is_socket() => Err(PlaceFault::NotASocket(path.to_path_buf())),
        Ok(_) => match UnixStream::connect(path) {
            Err(why) if why.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(system)
            }
            Err(why) => Err(system(why)),
            Ok(_) => Err(PlaceFault::Taken(path.to_path_buf())),
        },
    }
}

/// Removes what a bot with our number left when it was killed right here: in a container every bot has the same one.
fn remove_unfinished(private: &Path) -> io::Result<()> {
    for removed in [fs::remove_file(private.join("s")), fs::remove_dir(private)] {
        match removed {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            Err(_) | Ok(()) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        folder
    }

    #[test]
    fn the_socket_is_for_its_owner_alone_and_nothing_is_left_beside_it() {
        let folder = folder();
        let path = folder.path().join("s.sock");
        let _listener = take(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_second_bot_is_refused_and_a_dead_one_is_followed() {
        let folder = folder();
        let path = folder.path().join("s.sock");
        let first = take(&path).unwrap();
        assert!(matches!(take(&path), Err(PlaceFault::Taken(_))));
        drop(first);
        assert!(path.exists());
        assert!(take(&path).is_ok());
    }

    #[test]
    fn a_bot_that_was_killed_while_it_took_its_place_is_followed_by_one_of_the_same_number() {
        let folder = folder();
        let private = folder.path().join(format!(".gk-{}", std::process::id()));
        fs::create_dir(&private).unwrap();
        drop(UnixListener::bind(private.join("s")).unwrap());
        take(&folder.path().join("s.sock")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_a_socket_is_left_alone() {
        let folder = folder();
        let path = folder.path().join("notes");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(take(&path), Err(PlaceFault::NotASocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        let folder = folder();
        for mode in [0o777, 0o1777, 0o770] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(take(&folder.path().join("s")), Err(PlaceFault::OpenFolder { .. })), "{mode:o}");
        }
    }
}
