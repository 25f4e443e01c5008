use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

/// Looks four times a second whether files were replaced or written to, on a thread of its own, until it is dropped.
///
/// What a name leads to is looked at: a link that leads elsewhere is a change, and so is that of a folder on the way, by which
/// Kubernetes replaces a mounted secret. A file may be missing for a while. What is no regular file, such as a pipe, never changes.
#[derive(Debug)]
#[must_use = "when it is dropped nobody looks any more"]
pub struct FileWatch {
    /// Gone with it, which the thread sees.
    _alive: Sender<Infallible>,
}

impl FileWatch {
    /// Calls `changed` after each change since the files were read, at `read_at`, once nothing has changed for a quarter of a
    /// second: what is being written is not read. While one of them goes on to change it is called every 5 s. It may be called
    /// once for a change of shortly before.
    ///
    /// ```no_run
    /// use std::time::SystemTime;
    ///
    /// use untis_webhook_config::FileWatch;
    ///
    /// let read_at = SystemTime::now();
    /// // … the files are read, and then watched:
    /// let files = vec!["server.pem".into(), "server.key".into()];
    /// let _watch = FileWatch::new(files, read_at, || println!("the certificate is to be read again"))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the system has no thread left.
    pub fn new(
        files: Vec<PathBuf>,
        read_at: SystemTime,
        mut changed: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let (alive, gone) = mpsc::channel::<Infallible>();
        let look = move || files.iter().map(|file| Stamp::of(file)).collect::<Vec<_>>();
        // A file's clock is behind by as much as a tick of the system's, or of another machine's.
        let read_at = read_at.checked_sub(Duration::from_secs(2)).unwrap_or(read_at);
        thread::Builder::new().name("file-watch".to_owned()).spawn(move || {
            let mut seen = look();
            let mut told =
                (!seen.iter().flatten().any(|stamp| stamp.is_since(read_at))).then(|| seen.clone());
            let mut unrest = 0;
            while gone.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let now = look();
                unrest = if now == seen { 0 } else { unrest + 1 };
                if (unrest == 0 || unrest >= LONGEST_UNREST) && told.as_ref() != Some(&now) {
                    changed();
                    told = Some(now.clone());
                    unrest = 0;
                }
                seen = now;
            }
        })?;
        Ok(Self { _alive: alive })
    }
}

/// By which one content is told from another without being read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// The device and the number of the file.
    #[cfg(unix)]
    identity: (u64, u64),
    /// When the file, its name or its mode was last changed.
    #[cfg(unix)]
    changed: Option<SystemTime>,
}

impl Stamp {
    /// None of what is missing, or no regular file.
    fn of(file: &Path) -> Option<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: (metadata.dev(), metadata.ino()),
            #[cfg(unix)]
            changed: changed(metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    fn is_since(&self, then: SystemTime) -> bool {
        let times = [
            self.modified,
            #[cfg(unix)]
            self.changed,
        ];
        times.into_iter().any(|time| time.is_none_or(|time| time >= then))
    }
}

#[cfg(unix)]
fn changed(seconds: i64, nanoseconds: i64) -> Option<SystemTime> {
    let since = Duration::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

const INTERVAL: Duration = Duration::from_millis(250);

/// Intervals after which one that never rests hides no change of the others any longer.
const LONGEST_UNREST: u32 = 20;
