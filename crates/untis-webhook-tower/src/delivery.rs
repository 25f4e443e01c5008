use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Request, StatusCode};
use tracing::Level;
use tracing::field::{self, DebugValue};
use untis_webhook::Verified;

use crate::TARGET;

/// A verified delivery, from its verification to its answer. What is not answered with a success is logged, since the
/// platform may not send it again, and so is what in it was left out.
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
            self.log(Some(status), Some("the handler's answer"));
        } else if tracing::enabled!(target: TARGET, Level::WARN) {
            self.log(Some(status), None);
        }
    }

    /// The inner service has failed.
    pub(crate) fn failed(&mut self) {
        self.is_answered = true;
        self.log(None, Some("the handler's error"));
    }

    /// Why it was not answered with a success, if it was not; else what in it is not as documented, if anything is.
    #[cold]
    fn log(&self, status: Option<StatusCode>, failure: Option<&str>) {
        let event = self.verified.event();
        let irregular = event.as_ref().map(|event| event.irregular_fields()).unwrap_or_default();
        let (tenant, name) =
            event.as_ref().map_or((None, None), |event| (event.tenant_id(), event.event_type()));
        let what = match (&event, failure) {
            (Err(error), Some(_)) => format!("not answered with success: {error}"),
            (Ok(_), Some(failure)) => format!("not answered with success: {failure}"),
            (_, None) if irregular.is_empty() => return,
            (_, None) => "not all as documented".to_owned(),
        };
        tracing::warn!(
            target: TARGET,
            status = status.map(|status| status.as_u16()),
            method = %self.method,
            path = self.target.as_ref().map(PathAndQuery::path).map(shown),
            key = %self.verified.key_id(),
            tenant = tenant.map(shown),
            event = name.map(shown),
            irregular = Some(irregular).filter(|fields| !fields.is_empty()).map(field::debug),
            "verified webhook delivery {what}"
        );
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !self.is_answered {
            self.log(None, Some("dropped before the handler answered"));
        }
    }
}

/// As much of a text as a line of a log is to have, escaped.
fn shown(text: &str) -> DebugValue<&str> {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    field::debug(text.get(..end).unwrap_or_default())
}

/// Characters.
const LONGEST: usize = 128;
