//! Tells the application, in the format of Standard Webhooks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{HeaderName, Request, Uri};
use http_body_util::Full;
use tokio::time::{Instant, timeout};
use untis_webhook::event::Secret;
use untis_webhook_serve::causes;
use untis_webhook_tenants::{Failed, Handler, Message, Retry};

use self::connection::{Application, NotTold};
use crate::metrics::Metrics;

mod answer;
mod connection;
mod message;
mod signature;

pub(crate) use self::connection::{AddressError, is_in_the_clear};
pub(crate) use self::signature::{SecretError, Signer};

/// Posts each message to the application, signed.
pub(crate) struct Notify {
    application: Application,
    signer: Signer,
    metrics: Metrics,
}

/// Whether the application can be told at this address, as far as that is known before it is connected to.
pub(crate) fn check_address(url: &Uri) -> Result<(), AddressError> {
    Application::new(url).map(drop)
}

/// Whether messages can be signed with these.
pub(crate) fn check_secrets(secrets: &[Secret]) -> Result<(), SecretError> {
    Signer::new(secrets).map(drop)
}

/// Why the application cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotifyError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Notify {
    /// Tells the application at this address. With several secrets there is a signature for each, so that it can go over
    /// from one to the next.
    pub(crate) fn new(url: &Uri, secrets: &[Secret], metrics: Metrics) -> Result<Self, NotifyError> {
        Ok(Self { application: Application::new(url)?, signer: Signer::new(secrets)?, metrics })
    }

    async fn tell(&self, message: &Message) -> Result<(), Failed> {
        let body = message::body(message)?;
        let request = self.request(&message::id(message), body)?;
        let answered = timeout(DEADLINE, self.application.post(request)).await;
        let answer = answered.map_err(|_| NotTold::Deadline(DEADLINE)).flatten();
        answer::judge(&answer.map_err(later)?, SystemTime::now())
    }

    fn request(&self, id: &str, body: Vec<u8>) -> Result<Request<Full<Bytes>>, Failed> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let signature = self.signer.sign(id, now, &body);
        Ok(Request::post(self.application.target())
            .header(HOST, self.application.authority())
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close")
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("untis-webhookd/", env!("CARGO_PKG_VERSION")))
            .header(WEBHOOK_ID, id)
            .header(WEBHOOK_TIMESTAMP, HeaderValue::from(now))
            .header(WEBHOOK_SIGNATURE, signature)
            .body(Full::from(body))?)
    }

    /// What signs, so that its secrets can be replaced.
    pub(crate) fn signer(&self) -> Signer {
        self.signer.clone()
    }

    #[cfg(test)]
    pub(crate) fn trusting(mut self, certificate: &[u8]) -> Self {
        self.application = self.application.trusting(certificate);
        self
    }
}

impl Handler for Notify {
    async fn handle(&self, message: Message) -> Result<(), Failed> {
        let begun = Instant::now();
        let told = self.tell(&message).await;
        let outcome = match told.as_ref().map_err(Failed::retry) {
            Ok(()) => "acknowledged",
            Err(Retry::Never) => "given_up",
            Err(Retry::After(_) | Retry::Later) => "to_be_retried",
        };
        self.metrics.told(outcome, begun.elapsed());
        told
    }
}

fn later(error: NotTold) -> Failed {
    Failed::new(causes(&error), Retry::Later)
}

/// For all of it, from looking up the name to the head of the answer. What takes longer is to be done after the answer.
const DEADLINE: Duration = Duration::from_secs(15);

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
