//! Listeners that were bound before the daemon began.

use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;

#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pub(super) webhook: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
    pub(super) api: Option<ApiSocket>,
}

/// As it was bound, whatever the settings say.
#[derive(Debug)]
pub(crate) enum ApiSocket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}
