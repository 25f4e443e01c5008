use std::borrow::Cow;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode};
use tracing::Level;
use tracing::field::{self, DebugValue};
use untis_webhook::Verified;

use crate::{TARGET, counted};

/// A verified delivery, from its verification to its answer. What is not answered with a success is logged, since the
/// platform may not send it again, and so is what in it was left out.
pub(crate) struct Delivery {
    verified: Verified<Bytes>,
    method: Method,
    target: Option<PathAndQuery>,
    is_over: bool,
}

/// What became of a verified delivery.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    /// It was answered with a success.
    Accepted,
    /// It was not answered at all.
    Dropped,
    /// The inner service failed.
    Failed,
    /// It was answered otherwise.
    NotTaken,
}

impl Delivery {
    pub(crate) fn new(verified: Verified<Bytes>, request: &Request<()>) -> Self {
        let target = request.uri().path_and_query().cloned();
        Self { verified, method: request.method().clone(), target, is_over: false }
    }

    pub(crate) fn verified(&self) -> &Verified<Bytes> {
        &self.verified
    }

    /// The inner service has answered it.
    pub(crate) fn answered<B>(&mut self, response: &mut Response<B>) {
        let status = response.status();
        if status.is_success() {
            self.end(Outcome::Accepted);
            if tracing::enabled!(target: TARGET, Level::WARN) {
                self.log(Some(status), None);
            }
        } else {
            self.end(Outcome::NotTaken);
            if response.extensions_mut().insert(Logged).is_none() {
                let reason =
                    response.extensions().get().map_or("the handler's answer", |Reason(reason)| reason);
                self.log(Some(status), Some(reason));
            }
        }
    }

    /// The inner service has failed.
    pub(crate) fn failed(&mut self) {
        self.end(Outcome::Failed);
        self.log(None, Some("the handler's error"));
    }

    fn end(&mut self, outcome: Outcome) {
        self.is_over = true;
        counted::ended(self.verified.key_id(), outcome);
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
            method = %start(self.method.as_str()),
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
        if !self.is_over {
            self.end(Outcome::Dropped);
            self.log(None, Some("dropped before the handler answered"));
        }
    }
}

/// Why a verified delivery is not answered with a success, for the layer's line in the log.
///
/// An inner service that knows more than its status says puts it into the extensions of its response. It is for the
/// operator, and must hold nothing of the delivery.
///
/// ```
/// use http::{Response, StatusCode};
/// use untis_webhook_tower::Reason;
///
/// let mut response = Response::new(());
/// *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
/// response.extensions_mut().insert(Reason("the database does not answer".into()));
/// ```
#[derive(Clone, Debug)]
pub struct Reason(pub Cow<'static, str>);

/// That a layer has logged it already, for one that stands outside.
#[derive(Clone)]
struct Logged;

/// As much of a text as a line of a log is to have, escaped.
fn shown(text: &str) -> DebugValue<&str> {
    field::debug(start(text))
}

fn start(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// Characters.
const LONGEST: usize = 128;
