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

    /// Whether the application is what listens on this port itself, so that a delivery would never end.
    pub(super) fn is_itself(&self, port: u16) -> bool {
        let here = ["127.0.0.1", "localhost"].iter().any(|host| self.to.host() == Some(*host));
        here && self.to.scheme_str() == Some("http") && self.to.port_u16().unwrap_or(80) == port
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
