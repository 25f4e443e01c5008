//! What is logged, kept for a test to read.

use std::io;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;

/// Keeps what is logged. Clones share it.
#[derive(Clone, Debug)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// While there is but one subscriber in a process, a line that another thread comes to first is off for ever: tracing asks that
/// thread, which has none, and keeps the answer. So there is another one.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

impl Default for Log {
    fn default() -> Self {
        LazyLock::force(&ANOTHER);
        Self(Arc::default())
    }
}

impl Log {
    /// Makes writers for a subscriber.
    pub fn writer(&self) -> impl Fn() -> Self + use<> {
        let log = self.clone();
        move || log.clone()
    }

    /// What was logged since it was last taken.
    pub fn take(&self) -> String {
        String::from_utf8(mem::take(&mut *self.0.lock().expect("a log"))).expect("a log of text")
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
