use std::io;
use std::path::{Path, PathBuf};

/// SQLite would make it as the process's mask has it, and gives what it puts beside it the same mode. An empty file is an empty
/// database.
pub(super) fn make_private(file: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // One that is there is as its owner has it, and of what cannot be made SQLite says why.
    drop(options.open(file));
}

/// Which file was opened: SQLite goes on in it when another one, or none, has its name.
pub(super) struct OpenedFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        // The process may go to another folder.
        let path = path.canonicalize()?;
        let identity = identity(&path)?;
        Ok(Self { path, identity })
    }

    /// # Errors
    ///
    /// What has its name is another file.
    pub(super) fn check(&self) -> io::Result<()> {
        match identity(&self.path)? == self.identity {
            true => Ok(()),
            false => Err(io::Error::other("the database's file is another than the one that was opened")),
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Option<(u64, u64)>> {
    use std::os::unix::fs::MetadataExt;
    let found = path.metadata()?;
    Ok(Some((found.dev(), found.ino())))
}

/// A file that is open cannot be moved.
#[cfg(not(unix))]
fn identity(_: &Path) -> io::Result<Option<(u64, u64)>> {
    Ok(None)
}
