use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Request, StatusCode};
use untis_webhook::Verified;

/// A verified delivery, from its verification to its answer. What is not answered with a success is logged: the
/// platform may not send it again.
pub(crate) struct Delivery {
    verified: Verified<Bytes>,
    method: Method,
    target: Option<PathAndQuery>,
    is_answered: bool,
}

impl Delivery {
    pub(crate) fn new(verified: Verified<Bytes>, request: &Request<()>) -> Self {
        let target = request.uri().path_and_query().cloned();
        Self { verified, method: request.method().clone(), target, is_answered: false }
    }

    pub(crate) fn verified(&self) -> &Verified<Bytes> {
        &self.verified
    }

    /// The inner service has answered it.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.is_answered = true;
        if !status.is_success() {
            self.log(Some(status), "the handler's answer");
        }
    }

    /// The inner service has failed.
    pub(crate) fn failed(&mut self) {
        self.is_answered = true;
        self.log(None, "the handler's error");
    }

    #[cold]
    fn log(&self, status: Option<StatusCode>, reason: &str) {
        let event = self.verified.event();
        let (tenant, name, reason) = match &event {
            Ok(event) => (event.tenant_id(), event.event_type(), reason.to_owned()),
            Err(error) => (None, None, error.to_string()),
        };
        tracing::warn!(
            status = status.map(|status| status.as_u16()),
            method = %self.method,
            path = ?start(self.target.as_ref().map_or("/", PathAndQuery::path)),
            key = %self.verified.key_id(),
            tenant = tenant.map(|tenant| tracing::field::debug(start(tenant))),
            event = name.map(|name| tracing::field::debug(start(name))),
            "verified webhook delivery not answered with success: {reason}"
        );
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !self.is_answered {
            self.log(None, "dropped before the handler answered");
        }
    }
}

/// As much of a text as a line of a log is to have.
fn start(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// Characters.
const LONGEST: usize = 128;
