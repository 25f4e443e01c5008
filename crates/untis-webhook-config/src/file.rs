use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use untis_webhook::VerifyingKey;

use crate::{KeysError, shown};

/// Reads a public key from a file, in any form that [`VerifyingKey`] reads.
///
/// # Errors
///
/// [`KeysError`] if it is neither a regular file nor a pipe, is longer than 64 KiB, does not end within 10 s, or
/// holds something else than a public key.
pub fn read_key(file: &Path) -> Result<VerifyingKey, KeysError> {
    let bytes = read_file(file).map_err(|error| KeysError::File { file: shown(file), error })?;
    VerifyingKey::from_bytes(&bytes).map_err(|error| KeysError::Key { file: shown(file), error })
}

/// Reads a file that an operator named: of a key, of a secret, of a configuration. What it may hold is wiped by the caller;
/// no other copy is left of it.
///
/// # Errors
///
/// If it is neither a regular file nor a pipe, is longer than 64 KiB, does not end within 10 s, or cannot be read. No
/// error repeats its name or what is in it.
pub fn read_file(file: &Path) -> io::Result<Vec<u8>> {
    match Kind::of(&fs::metadata(file)?) {
        Kind::Readable => read_within_deadline(file.to_owned()),
        Kind::Other(found) => {
            Err(io::Error::new(ErrorKind::InvalidInput, format!("expected a file or a pipe, found {found}")))
        }
    }
}

fn read_to_limit(file: &Path) -> io::Result<Vec<u8>> {
    // All at once: what grows leaves copies behind.
    let mut bytes = Vec::with_capacity(LIMIT + 1);
    File::open(file)?.take(ONE_MORE).read_to_end(&mut bytes)?;
    match bytes.len() {
        ..=LIMIT => Ok(bytes),
        _ => Err(io::Error::new(ErrorKind::FileTooLarge, "expected less, found more than 64 KiB")),
    }
}

/// Opening a pipe waits for whoever writes to it, and reading for the end of that; some files of the system never end
/// either. So this is on a thread, which is left behind then.
fn read_within_deadline(file: PathBuf) -> io::Result<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read_to_limit(&file)));
    receiver
        .recv_timeout(DEADLINE)
        .unwrap_or_else(|_| Err(io::Error::new(ErrorKind::TimedOut, "it did not end within 10 s")))
}

enum Kind {
    /// A regular file or a pipe.
    Readable,
    Other(&'static str),
}

impl Kind {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        if std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type()) {
            return Self::Readable;
        }
        match () {
            () if metadata.is_file() => Self::Readable,
            () if metadata.is_dir() => Self::Other("a directory"),
            () => Self::Other("a device or a socket"),
        }
    }
}

/// Octets in a file: the largest key and its comments are a fraction of it.
const LIMIT: usize = 64 * 1024;

/// To see whether that was all.
const ONE_MORE: u64 = 64 * 1024 + 1;

/// For a file to be opened and to end.
const DEADLINE: Duration = Duration::from_secs(10);
