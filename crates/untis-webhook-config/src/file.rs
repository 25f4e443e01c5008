use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, TryRecvError};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
/// use std::path::{Path, PathBuf};
///
/// use untis_webhook_config::read_file;
///
/// let token = read_file(Path::new("/run/secrets/api-token"))?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If it is neither a regular file nor a pipe, is longer than 64 KiB, does not end within 10 s, or cannot be read. No error
/// repeats its name or what is in it.
pub fn read_file(file: &Path) -> io::Result<Vec<u8>> {
    read_within(DEADLINE, file)
}

/// To ask what it is, to open a pipe and to read it may each wait for ever: for a server that is away, for whoever writes to it. So
/// this is on a thread, and who asks again waits for the one that is left.
fn read_within(deadline: Duration, file: &Path) -> io::Result<Vec<u8>> {
    let reading = begun(file).unwrap_or_else(|| begin(file.to_owned()));
    reading.recv_timeout(deadline).unwrap_or_else(|_| {
        left().insert(file.to_owned(), reading);
        Err(io::Error::new(ErrorKind::TimedOut, format!("it did not end within {} s", deadline.as_secs())))
    })
}

type Reading = mpsc::Receiver<io::Result<Vec<u8>>>;

fn begin(file: PathBuf) -> Reading {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read_to_limit(&file)));
    receiver
}

fn begun(file: &Path) -> Option<Reading> {
    let reading = left().remove(file)?;
    // What has been read since then is not what the file has now.
    matches!(reading.try_recv(), Err(TryRecvError::Empty)).then_some(reading)
}

/// Those that did not end: one for a file, however often it is read.
fn left() -> MutexGuard<'static, BTreeMap<PathBuf, Reading>> {
    static LEFT: Mutex<BTreeMap<PathBuf, Reading>> = Mutex::new(BTreeMap::new());
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use super::*;

    #[test]
    fn a_file_that_does_not_end_is_waited_for_by_one_thread_however_often_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, file) = (folder.path().join("pipe"), folder.path().join("file"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        fs::write(&file, "mended").unwrap();
        for _ in 0..100 {
            assert_eq!(read_within(Duration::ZERO, &pipe).unwrap_err().kind(), ErrorKind::TimedOut);
        }
        assert!(left().contains_key(&pipe));
        assert_eq!(read_file(&file).unwrap(), b"mended");
        // One that writes is enough, since one reads; and that one is who asks now.
        let writing = {
            let pipe = pipe.clone();
            thread::spawn(move || fs::write(pipe, "written").unwrap())
        };
        assert_eq!(read_file(&pipe).unwrap(), b"written");
        writing.join().unwrap();
        assert!(!left().contains_key(&pipe));
    }

    #[test]
    fn what_was_read_since_it_was_asked_for_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "new").unwrap();
        let (sender, receiver) = mpsc::channel();
        sender.send(Ok(b"old".to_vec())).unwrap();
        left().insert(file.clone(), receiver);
        assert_eq!(read_file(&file).unwrap(), b"new");
    }
}
