use std::time::Duration;

use anyhow::Result;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use ureq::Agent;

use crate::commands::send::uri;

/// The application that gets what is verified.
pub(super) struct Forward {
    agent: Agent,
    to: String,
}

impl Forward {
    pub(super) fn new(to: &str) -> Result<Self> {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(Duration::from_secs(30))).build().into();
        Ok(Self { agent, to: uri(to)? })
    }

    /// Sends the signed body with its headers as they came, and gives the status: 502 if there is no answer.
    pub(super) async fn send(&self, headers: HeaderMap, body: &Bytes) -> StatusCode {
        let mut request = Request::post(&self.to);
        for name in [AUTHORIZATION, HeaderName::from_static("algorithm"), CONTENT_TYPE] {
            for value in headers.get_all(&name) {
                request = request.header(&name, value);
            }
        }
        let (agent, request) = (self.agent.clone(), request.body(body.to_vec()));
        let answer = tokio::task::spawn_blocking(move || Some(agent.run(request.ok()?).ok()?.status())).await;
        answer.ok().flatten().unwrap_or(StatusCode::BAD_GATEWAY)
    }
}
