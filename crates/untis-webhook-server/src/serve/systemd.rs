//! What systemd, or whoever starts the daemon as systemd does, gives it and is told.

use std::env;
use std::io;
use std::mem::replace;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState::{self, Ready, Status, Stopping, Watchdog};
use tokio::task::{spawn, spawn_blocking};
use tokio::time::sleep;
use untis_webhook_serve::shown;

use super::error::StartError;
use super::sockets::{ApiSocket, Sockets};

impl Sockets {
    /// Takes all of them, by their names. One that nobody uses would keep its peers waiting, so it is an error.
    ///
    /// It changes the environment, and so comes before there are threads.
    pub(super) fn take() -> Result<Self, StartError> {
        let mut given = ListenFd::from_env();
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut sockets = Self::default();
        for index in 0..given.len() {
            let name = names.next().unwrap_or_default();
            let put = sockets.put(name, &mut given, index);
            put.map_err(|error| StartError::Socket(shown(name), error))?;
        }
        Ok(sockets)
    }

    fn put(&mut self, name: &str, given: &mut ListenFd, index: usize) -> io::Result<()> {
        let is_second = match name {
            "webhook" => replace(&mut self.webhook, given.take_tcp_listener(index)?).is_some(),
            "admin" => replace(&mut self.admin, given.take_tcp_listener(index)?).is_some(),
            "api" => {
                let socket = match given.take_unix_listener(index) {
                    Ok(socket) => socket.map(ApiSocket::Unix),
                    Err(_) => given.take_tcp_listener(index)?.map(ApiSocket::Tcp),
                };
                replace(&mut self.api, socket).is_some()
            }
            _ => return Err(io::Error::other("expected the name webhook, admin or api")),
        };
        match is_second {
            true => Err(io::Error::other("expected one of this name, found another")),
            false => Ok(()),
        }
    }
}

/// All listeners are bound.
pub(super) fn ready() {
    tell(&[Ready, Status("taking deliveries")]);
}

pub(super) fn stopping() {
    tell(&[Stopping, Status("ending what has begun")]);
}

/// Says, until the end, that the daemon is alive, if somebody would start it again otherwise.
///
/// Whoever polls this accepts connections as well, so that it says no more than is so. What a restart does not mend,
/// such as a database that is away, is no reason to be silent: /readyz has it.
pub(super) async fn alive() {
    if let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) {
        beat(limit / 2, || tell(&[Watchdog])).await;
    }
    std::future::pending().await
}

/// Beats at most this often, as long as timers fire and the threads that serve connections take up tasks.
async fn beat(every: Duration, tell: impl Fn() + Copy + Send + 'static) {
    // Told apart from what is served, since whoever is told may be slow to hear it.
    while spawn(async {}).await.is_ok() && spawn_blocking(tell).await.is_ok() {
        sleep(every).await;
    }
}

/// To whoever asked to be told, which is nobody unless it started the daemon for that.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn it_is_not_alive_while_no_thread_takes_up_tasks() {
        static BEATS: AtomicU32 = AtomicU32::new(0);
        let beats = || BEATS.load(Ordering::Relaxed);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let (blocked, is_blocked) = mpsc::channel();
        let (go_on, gone_on) = mpsc::channel::<()>();
        runtime.spawn(async move {
            blocked.send(()).unwrap();
            gone_on.recv().unwrap();
        });
        is_blocked.recv().unwrap();
        let handle = runtime.handle().clone();
        thread::spawn(move || {
            handle.block_on(beat(Duration::from_millis(1), || _ = BEATS.fetch_add(1, Ordering::Relaxed)))
        });
        thread::sleep(Duration::from_millis(200));
        assert_eq!(beats(), 0);
        go_on.send(()).unwrap();
        while beats() < 3 {
            thread::sleep(Duration::from_millis(1));
        }
        runtime.shutdown_background();
    }
}
