//! The platform's token endpoint: the client credentials grant of OAuth 2.0 (RFC 6749 section 4.4).

use std::error::Error;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use untis_webhook_axum::event::Secret;
use untis_webhook_tenants::TenantCredentials;
use ureq::Agent;
use zeroize::Zeroizing;

#[derive(Clone, Debug)]
pub(crate) struct Platform {
    agent: Agent,
    api_url: String,
}

impl Platform {
    /// The platform at its `API_URL`. None if that is no address, or one to which passwords would go in the clear.
    pub(crate) fn new(api_url: &str) -> Option<Self> {
        let uri: Uri = api_url.parse().ok()?;
        let is_private = match (uri.scheme_str()?, uri.host()?) {
            ("https", _) => true,
            ("http", host) => matches!(host, "127.0.0.1" | "[::1]" | "localhost"),
            _ => false,
        };
        // Neither a redirection nor the environment decides who gets a password.
        let config = Agent::config_builder().max_redirects(0).proxy(None).timeout_global(Some(DEADLINE));
        let api_url = api_url.trim_end_matches('/').to_owned();
        is_private.then(|| Self { agent: config.build().into(), api_url })
    }

    /// A token for this school. It is good for three minutes.
    pub(crate) async fn token(
        &self,
        tenant_id: &str,
        credentials: &TenantCredentials,
    ) -> Result<Secret, Box<dyn Error + Send + Sync>> {
        let school = utf8_percent_encode(tenant_id, NON_ALPHANUMERIC);
        let request = Request::post(format!("{}/WebUntis/api/sso/v3/{school}/token", self.api_url))
            .header(AUTHORIZATION, basic(credentials)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")?;
        let agent = self.agent.clone();
        // ureq blocks.
        spawn_blocking(move || {
            let mut response = agent.run(request)?;
            if response.status() != StatusCode::OK {
                return Err(format!("expected a token, found status {}", response.status()).into());
            }
            let answer = response.body_mut().with_config().limit(ANSWER).read_to_string()?;
            let answer: Answer = serde_json::from_str(&Zeroizing::new(answer)).map_err(|_| NO_TOKEN)?;
            Ok(Secret::new(&Zeroizing::new(answer.access_token)))
        })
        .await?
    }
}

/// The client id and the password, which is not the OpenID Connect secret.
fn basic(credentials: &TenantCredentials) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let pair = Zeroizing::new(format!("{}:{}", credentials.client_id, credentials.password.expose()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(&*pair)))?;
    value.set_sensitive(true);
    Ok(value)
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
}

const NO_TOKEN: &str = "expected a token, found something else";

/// For all of an answer, from looking up the name on.
const DEADLINE: Duration = Duration::from_secs(10);

/// Octets of an answer: a token is a fraction of it.
const ANSWER: u64 = 64 * 1024;
