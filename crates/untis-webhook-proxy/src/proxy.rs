use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::Full;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_service::Service;
use untis_webhook::{Event, Verified};
use untis_webhook_serve::{causes, connections, shown};
use untis_webhook_tower::{Reason, VerifiedBody};

use crate::application::Application;
use crate::{NotAnswered, Upstream, headers};

/// Passes on verified deliveries. Clones share its limit.
#[derive(Clone, Debug)]
pub struct Proxy {
    application: Arc<Application>,
    /// A connection of HTTP/2 brings many deliveries at once.
    places: Arc<Semaphore>,
}

impl Proxy {
    /// To this application.
    pub fn new(upstream: Upstream) -> Self {
        Self {
            application: Arc::new(Application::new(upstream)),
            places: Arc::new(Semaphore::new(connections().into())),
        }
    }

    async fn pass_on(self, request: Request<VerifiedBody>) -> Response<Full<Bytes>> {
        let event = match request.body().verified().event() {
            Ok(event) => event,
            Err(error) => return status(error.status()),
        };
        let Some(request) = to_upstream(request, self.application.upstream()) else {
            return status(StatusCode::BAD_REQUEST);
        };
        let answered = async {
            // It is never closed.
            let _place = self.places.acquire().await;
            self.application.ask(request).await
        };
        let (kind, reason) = match timeout(DEADLINE, answered).await {
            Ok(Ok(mut response)) => {
                if response.status().is_success() {
                    log(&event);
                }
                headers::answered(response.headers_mut());
                // That of the connection to the application.
                *response.version_mut() = Version::HTTP_11;
                return response.map(Full::new);
            }
            Ok(Err(error)) => (error.kind(), causes(&error)),
            Err(_) => (NotAnswered::Late, format!("the application does not answer within {DEADLINE:?}")),
        };
        let mut response = status(kind.status());
        response.extensions_mut().insert(kind);
        response.extensions_mut().insert(Reason(reason.into()));
        response
    }
}

impl Service<Request<VerifiedBody>> for Proxy {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    /// # Panics
    ///
    /// Outside a tokio runtime with a timer and sockets.
    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        let proxy = self.clone();
        Box::pin(async move { Ok(proxy.pass_on(request).await) })
    }
}

/// The request as the application gets it: the same path and query, there.
fn to_upstream(request: Request<VerifiedBody>, upstream: &Upstream) -> Option<Request<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let verified = body.into_verified();
    let key_id = HeaderValue::from_str(verified.key_id().as_str()).ok()?;
    let mut headers = head.headers;
    headers::forwarded(&mut headers, key_id, upstream.host());
    let mut request = Request::new(Full::new(verified.into_inner()));
    *request.method_mut() = head.method;
    *request.uri_mut() = Uri::from(head.uri.path_and_query()?.clone());
    *request.headers_mut() = headers;
    Some(request)
}

/// One delivery is one line; of one that is not answered with success the layer says it.
fn log(event: &Verified<Event>) {
    let tenant = shown(event.tenant_id().unwrap_or_default());
    let name = shown(event.event_type().unwrap_or("credentials of version 1"));
    let key = event.key_id();
    match **event {
        Event::Credentials(_) | Event::Deactivation(_) => {
            tracing::info!(%tenant, event = %name, %key, "delivery");
        }
        _ => tracing::warn!(%tenant, event = %name, %key, "delivery of an event that is not known"),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// For the application's answer in whole; to connect to it is part of it.
const DEADLINE: Duration = Duration::from_secs(10);
