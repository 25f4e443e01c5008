use std::pin::pin;

use hyper_util::server::graceful::GracefulConnection;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::limits::{AGE, GRACE, LATE, LINGER};
use crate::progress::Progress;

/// What the server does, and its connections are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It takes connections.
    Accepting,
    /// It can take no more: who has nothing under way makes room.
    Full,
    /// It takes no more.
    Stopping,
}

/// Drives a connection to its end, which comes however little, much or slowly its peer sends.
///
/// hyper has timers for some of it, but not for the first octets, nor for a connection of HTTP/2 on which no
/// request begins; so what counts here is whether requests begin and end, whatever the protocol.
pub(crate) async fn drive<C: GracefulConnection>(
    connection: C,
    progress: Progress,
    mut phase: watch::Receiver<Phase>,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    let opened = Instant::now();
    loop {
        let now = *phase.borrow_and_update();
        let deadline = progress.deadline(now == Phase::Full).min(opened + AGE);
        if now == Phase::Stopping || deadline <= Instant::now() {
            break;
        }
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = sleep_until(deadline) => {}
            () = progress.changed() => {}
            changed = phase.changed() => if changed.is_err() { break },
        }
    }

    // Its peer may have sent a request that is still on its way, and would not know whether that was taken. So the next one
    // is answered as well, and the answer says that it is the last.
    let in_use = *phase.borrow() == Phase::Stopping || opened + AGE <= Instant::now();
    let until = Instant::now() + LATE;
    while in_use && progress.idle().0 && Instant::now() < until {
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = sleep_until(until) => {}
            () = progress.changed() => {}
        }
    }

    // Takes no more requests, and ends by itself once those that have begun are answered.
    connection.as_mut().graceful_shutdown();
    let asked = Instant::now();
    loop {
        let (idle, since) = progress.idle();
        let deadline = if idle { since.max(asked) + LINGER } else { asked + GRACE }.min(asked + GRACE);
        if deadline <= Instant::now() {
            if !idle {
                tracing::warn!("a request was cut off: it took too long");
            }
            return Ok(());
        }
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = sleep_until(deadline) => {}
            () = progress.changed() => {}
        }
    }
}
