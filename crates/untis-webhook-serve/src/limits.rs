//! How long, and how many: every number by which a connection is bounded. A stranger who keeps one open costs a
//! descriptor, of which there are few.

use std::time::Duration;

/// Before the first request on a connection has begun, and after one that was refused. Who has connected has a
/// head to send, and it fits in one packet.
pub(crate) const SILENT: Duration = Duration::from_secs(10);

/// Between requests on a connection that has brought a genuine delivery. Reverse proxies give up an idle
/// connection after 60 s at most, unless told otherwise; they must be the first, or they send on one that is
/// being closed.
pub(crate) const KEPT: Duration = Duration::from_secs(65);

/// In place of both when there are no more connections to be had: enough for a head that is on its way. One that has
/// brought nothing but refusals has it from when it was opened.
pub(crate) const FULL: Duration = Duration::from_secs(1);

/// For the requests on a connection, since one last began or was answered. A body has 10 s (the layer's), an
/// application behind the proxy 10 s, and its answer 10 s.
pub(crate) const UNDER_WAY: Duration = Duration::from_secs(60);

/// For a connection, whatever comes on it: a stranger who keeps sending forgeries, or keeps an answer from
/// being written, has to come back.
pub(crate) const AGE: Duration = Duration::from_secs(5 * 60);

/// When the server stops, for new connections to cease to come. A health check has told others by then.
pub(crate) const QUEUED: Duration = Duration::from_secs(2);

/// When the server stops, between two new connections, for it to take no more.
pub(crate) const QUIET: Duration = Duration::from_millis(100);

/// When the server stops, for a request to come on a connection that has nothing under way: one that has left its sender
/// already. Who sends one after the other has the next there by then, and who is told by a health check sends no more.
pub(crate) const LATE: Duration = Duration::from_secs(1);

/// When a connection is to end, for what has begun on it; a body has 10 s, and what is done with it the rest.
/// Below the 20 s to 30 s after which those who stop a process kill it.
pub(crate) const GRACE: Duration = Duration::from_secs(15);

/// When a connection is to end, for an answer to leave, if nothing is under way.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// When a connection is closed, for what its peer still sends, and how many octets of it are read: the answer may otherwise be
/// lost. The rest of a body at its limit, and as much again.
pub(crate) const LEFT: Duration = Duration::from_secs(1);
pub(crate) const LEFT_OCTETS: usize = 128 * 1024;

/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so. One that is
/// gone without a word would otherwise hold what it has under way.
pub(crate) const PING: Duration = Duration::from_secs(10);

/// The longest head in HTTP/1.1, in octets, of which a connection keeps what has come; in HTTP/2 it is hyper's 16 KiB.
pub(crate) const HEAD: usize = 128 * 1024;

/// The most connections at once: 128 MiB, if all of them keep a head that long.
const CONNECTIONS: u16 = 1024;

/// Descriptors for everything that is no connection: standard streams, the listener, the runtime, the files of
/// the application.
const RESERVED_DESCRIPTORS: u64 = 16;

/// The most connections at once: as many as leave each a second descriptor, such as for a connection of the
/// proxy to its application.
pub fn connections() -> u16 {
    let connections = descriptors().map(|limit| limit.saturating_sub(RESERVED_DESCRIPTORS) / 2);
    connections
        .and_then(|most| u16::try_from(most).ok())
        .map_or(CONNECTIONS, |most| most.clamp(1, CONNECTIONS))
}

#[cfg(unix)]
fn descriptors() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn descriptors() -> Option<u64> {
    None
}
