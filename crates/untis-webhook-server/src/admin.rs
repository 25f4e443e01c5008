//! What an operator's programs ask: whether it lives, whether it is ready, what it counts; and a page for people.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use tokio::sync::watch;
use untis_webhook_serve::Stranger;
use untis_webhook_tenants::{Registry, Store, Summary, Timestamp};

pub(crate) use self::application::Application;
use self::host::is_for_loopback;
pub(crate) use self::page::Access;
use self::readiness::{NotReady, Readiness};
pub(crate) use self::tenants::Tenants;
use crate::metrics::Metrics;
use crate::reload::Reloads;

mod application;
mod host;
mod page;
mod readiness;
mod summary;
mod tenants;

/// What there is to ask about where deliveries go.
pub(crate) trait Watched: Send + Sync + 'static {
    /// What is said when it does not answer.
    const SILENT: &'static str;

    /// Where tenants are kept, if they are.
    type Store: Store + 'static;

    /// The tenants, if they are kept.
    fn registry(&self) -> Option<&Registry<Self::Store>>;

    /// How many there are, and when they were counted, without waiting long for it.
    fn numbers(&self, metrics: &Metrics) -> impl Future<Output = Option<(Summary, Timestamp)>> + Send;

    /// Whether deliveries can be taken now.
    fn look(&self) -> impl Future<Output = Result<(), NotReady>> + Send;

    /// Sees to it that the numbers that are not counted one by one are of late.
    fn count(&self, metrics: &Metrics) -> impl Future<Output = ()> + Send;
}

/// The admin listener's service.
pub(crate) struct Admin<W> {
    watched: W,
    metrics: Metrics,
    reloads: Reloads,
    readiness: Readiness,
    /// Gone when the daemon has begun to stop.
    serving: watch::Receiver<()>,
    access: Access,
}

impl<W: Watched> Admin<W> {
    pub(crate) fn new(
        watched: W,
        metrics: Metrics,
        reloads: Reloads,
        serving: watch::Receiver<()>,
        access: Access,
    ) -> Self {
        Self { watched, metrics, reloads, readiness: Readiness::default(), serving, access }
    }

    pub(crate) async fn answer<B>(
        self: Arc<Self>,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        // A page in a browser on this machine may send a request here, under a name of its own.
        if self.access.is_on_loopback() && !is_for_loopback(&request) {
            return Ok(text(StatusCode::MISDIRECTED_REQUEST, "expected a name of this machine's own"));
        }
        let path = request.uri().path();
        if !["/livez", "/readyz", "/metrics"].contains(&path) && !page::PATHS.contains(&path) {
            return Ok(elsewhere());
        }
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "expected GET or HEAD");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Ok(response);
        }
        Ok(match path {
            "/livez" => text(StatusCode::OK, "alive"),
            "/readyz" => match self.is_ready().await {
                Ok(()) if self.reloads.failure().is_some() => text(StatusCode::OK, NOT_RELOADED),
                Ok(()) => text(StatusCode::OK, "ready"),
                Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, why),
            },
            "/metrics" => {
                self.watched.count(&self.metrics).await;
                let mut response = text(StatusCode::OK, self.metrics.render());
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROMETHEUS));
                response
            }
            _ => page::answer(&self, &request.into_parts().0).await,
        })
    }

    async fn is_ready(&self) -> Result<(), &'static str> {
        if self.serving.has_changed().is_err() {
            return Err("stopping");
        }
        self.readiness.of(&self.watched).await
    }
}

/// There is nothing else that everybody may ask for.
fn elsewhere() -> Response<Full<Bytes>> {
    text(StatusCode::NOT_FOUND, "expected /livez, /readyz or /metrics")
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Nobody is asked who they are.
    response.extensions_mut().insert(Stranger);
    response
}

/// It is no reason to take deliveries elsewhere, where it may be the same.
const NOT_RELOADED: &str = "ready with what was read before: what is configured now cannot be used";

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
