//! Where there is no systemd: nothing is given, and nobody is told.

use std::net::TcpListener;

use super::error::StartError;

#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pub(super) webhook: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
    pub(super) api: Option<ApiSocket>,
}

#[derive(Debug)]
pub(crate) enum ApiSocket {
    Tcp(TcpListener),
}

impl Sockets {
    pub(super) fn take() -> Result<Self, StartError> {
        Ok(Self::default())
    }
}

pub(super) fn ready() {}

pub(super) fn stopping() {}

pub(super) async fn alive() {
    std::future::pending().await
}
