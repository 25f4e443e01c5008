use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use untis_webhook::VerifyingKey;

use crate::{KeysError, shown};

/// Reads a public key from a file, in any form that [`VerifyingKey`] reads.
///
/// ```
/// use untis_webhook_config::{KeysError, read_key};
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("production.txt");
/// # std::fs::write(&file, untis_webhook_testkit::SigningKey::generate().public_key_base64())?;
///
/// assert_eq!(read_key(&file)?.bits(), 2048);
///
/// // A folder in its place is none, and neither is a private key in it.
/// assert!(matches!(read_key(folder.path()), Err(KeysError::File { .. })));
/// std::fs::write(&file, "-----BEGIN PRIVATE KEY-----")?;
/// assert!(matches!(read_key(&file), Err(KeysError::Key { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
/// ```no_run
/// use std::path::Path;
///
/// use untis_webhook_config::read_file;
///
/// let token = read_file(Path::new("/run/secrets/api-token"))?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If it is neither a regular file nor a pipe, is longer than 64 KiB, does not end within 10 s, or cannot be read; or if 64
/// others of this process have not ended yet. No error repeats its name or what is in it.
pub fn read_file(file: &Path) -> io::Result<Vec<u8>> {
    let reading = Reading::begin()?;
    let (sender, receiver) = mpsc::channel();
    let file = file.to_owned();
    // To ask what it is, to open a pipe and to read it may each wait for ever: for a server that is away, for whoever writes to
    // it. So this is on a thread, which is left behind then.
    thread::spawn(move || {
        let _reading = reading;
        sender.send(read_to_limit(&file))
    });
    receiver
        .recv_timeout(DEADLINE)
        .unwrap_or_else(|_| Err(io::Error::new(ErrorKind::TimedOut, "it did not end within 10 s")))
}

fn read_to_limit(file: &Path) -> io::Result<Vec<u8>> {
    if let Kind::Other(found) = Kind::of(&fs::metadata(file)?) {
        let error = format!("expected a file or a pipe, found {found}");
        return Err(io::Error::new(ErrorKind::InvalidInput, error));
    }
    // All at once: what grows leaves copies behind.
    let mut bytes = Vec::with_capacity(LIMIT + 1);
    File::open(file)?.take(ONE_MORE).read_to_end(&mut bytes)?;
    match bytes.len() {
        ..=LIMIT => Ok(bytes),
        _ => Err(io::Error::new(ErrorKind::FileTooLarge, "expected less, found more than 64 KiB")),
    }
}

/// One of the threads that read, until it ends.
struct Reading;

impl Reading {
    fn begin() -> io::Result<Self> {
        let reading = Self;
        match READING.fetch_add(1, Ordering::Relaxed) {
            ..MOST_READING => Ok(reading),
            _ => Err(io::Error::other("64 files that are read have not ended yet")),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.fetch_sub(1, Ordering::Relaxed);
    }
}

static READING: AtomicUsize = AtomicUsize::new(0);

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

/// Whoever tries again and again leaves no more behind.
const MOST_READING: usize = 64;

/// For a file to be opened and to end.
const DEADLINE: Duration = Duration::from_secs(10);

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use super::*;

    #[test]
    fn files_that_do_not_end_leave_no_more_than_so_many_threads_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, file) = (folder.path().join("pipe"), folder.path().join("file"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        fs::write(&file, "").unwrap();
        let waiting: Vec<_> = (0..MOST_READING)
            .map(|_| {
                let pipe = pipe.clone();
                thread::spawn(move || read_file(&pipe))
            })
            .collect();
        while READING.load(Ordering::Relaxed) < MOST_READING {
            thread::yield_now();
        }
        let error = read_file(&file).unwrap_err().to_string();
        assert_eq!(error, "64 files that are read have not ended yet");

        // Opened for both it waits for nobody, and whoever waits for a writer has one, until it is closed.
        while waiting.iter().any(|reader| !reader.is_finished()) {
            drop(File::options().read(true).write(true).open(&pipe).unwrap());
        }
        for reader in waiting {
            assert_eq!(reader.join().unwrap().unwrap(), b"");
        }
        assert_eq!(read_file(&file).unwrap(), b"");
    }
}
