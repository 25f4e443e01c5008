use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::Result;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode, Uri};
use bytes::Bytes;
use untis_webhook::HeaderNames;

use crate::client::{Client, address};

/// The application that gets what is verified.
pub(super) struct Forward {
    client: Client,
    to: Uri,
    names: HeaderNames,
}

impl Forward {
    pub(super) fn new(to: &str, names: HeaderNames) -> Result<Self> {
        Ok(Self { client: Client::direct(Duration::from_secs(30)), to: address("--forward", to)?, names })
    }

    /// Whether the application is what listens on this port itself, under whatever name, so that a delivery would never end.
    pub(super) fn is_itself(&self, port: u16) -> bool {
        let host = self.to.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_http = self.to.scheme_str() == Some("http");
        let addresses = (host, self.to.port_u16().unwrap_or(80)).to_socket_addrs();
        let is_here = |address: SocketAddr| {
            let ip = address.ip().to_canonical();
            address.port() == port && (ip.is_loopback() || ip.is_unspecified())
        };
        is_http && addresses.is_ok_and(|mut addresses| addresses.any(is_here))
    }

    /// Sends the signed body with its headers as they came, and gives the status, or why there is none.
    pub(super) async fn send(&self, headers: HeaderMap, body: Bytes) -> Result<StatusCode> {
        let mut request = Request::post(&self.to);
        for name in [&self.names.signature, &self.names.algorithm, &CONTENT_TYPE, &CONTENT_ENCODING] {
            for value in headers.get_all(name) {
                request = request.header(name, value);
            }
        }
        let (client, request) = (self.client.clone(), request.body(body)?);
        tokio::task::spawn_blocking(move || Ok(client.send(request)?.status)).await?
    }
}
