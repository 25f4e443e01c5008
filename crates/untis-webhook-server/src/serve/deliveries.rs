use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, HeaderValue, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::{Service as HyperService, service_fn};
use tokio::time::Instant;
use tower_service::Service;
use untis_webhook::Rejection;
use untis_webhook_tenants::{ReceiveService, Registry, Store};
use untis_webhook_tower::{VerifiedBody, Verifier, VerifyLayer};

use crate::metrics::{Metrics, Outcome};

/// When the head of a request had come.
#[derive(Clone, Copy)]
struct Began(Instant);

/// The webhook's service: what the platform signed goes into the registry, and nothing else does.
pub(super) fn service<S: Store + 'static>(
    verifier: Verifier,
    path: String,
    registry: Registry<S>,
    metrics: Metrics,
) -> impl HyperService<
    Request<Incoming>,
    Response = Response<Empty<Bytes>>,
    Error = Infallible,
    Future: Send + 'static,
> + Clone
+ Send
+ 'static {
    let layer = VerifyLayer::new(verifier);
    let deliveries = Deliveries { receive: registry.into_service(), path: path.into(), metrics };
    service_fn(move |mut request: Request<Incoming>| {
        let began = Began(Instant::now());
        request.extensions_mut().insert(began);
        let metrics = deliveries.metrics.clone();
        let answered = layer.verify_then_call(request, &deliveries);
        async move {
            let response = answered.await?;
            if let Some(rejection) = response.extensions().get::<Rejection>() {
                metrics.refused(*rejection, began.0.elapsed());
            }
            Ok(response)
        }
    })
}

/// What is done with a verified delivery.
struct Deliveries<S> {
    receive: ReceiveService<S>,
    path: Arc<str>,
    metrics: Metrics,
}

impl<S: Store + 'static> Service<Request<VerifiedBody>> for Deliveries<S> {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.receive.poll_ready(cx)
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        let key = request.body().verified().key_id().clone();
        if let Some(Began(began)) = request.extensions().get() {
            self.metrics.verified(key.as_str(), began.elapsed());
        }
        let elsewhere = self.elsewhere(&request);
        let metrics = self.metrics.clone();
        let received = elsewhere.is_none().then(|| self.receive.call(request));
        Box::pin(async move {
            let (response, outcome) = match (elsewhere, received) {
                (None, Some(received)) => with_outcome(received.await?),
                (elsewhere, _) => elsewhere.unwrap_or(Elsewhere::Path).respond(),
            };
            metrics.answered(key.as_str(), outcome);
            Ok(response)
        })
    }
}

impl<S> Deliveries<S> {
    /// The path is compared as it is sent: `/webhook/` is another one.
    fn elsewhere(&self, request: &Request<VerifiedBody>) -> Option<Elsewhere> {
        match (request.uri().path() == &*self.path, request.method()) {
            (false, _) => Some(Elsewhere::Path),
            (true, &Method::POST) => None,
            (true, _) => Some(Elsewhere::Method),
        }
    }
}

impl<S> Clone for Deliveries<S> {
    fn clone(&self) -> Self {
        Self { receive: self.receive.clone(), path: Arc::clone(&self.path), metrics: self.metrics.clone() }
    }
}

/// What of a request is not that of a delivery.
#[derive(Clone, Copy)]
enum Elsewhere {
    Method,
    Path,
}

impl Elsewhere {
    fn respond(self) -> (Response<Empty<Bytes>>, Outcome) {
        let mut response = Response::new(Empty::new());
        match self {
            Self::Method => {
                *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                (response, Outcome::OtherMethod)
            }
            Self::Path => {
                *response.status_mut() = StatusCode::NOT_FOUND;
                (response, Outcome::OtherPath)
            }
        }
    }
}

/// What could not be stored is to be sent again, and not at once.
fn with_outcome(mut response: Response<Empty<Bytes>>) -> (Response<Empty<Bytes>>, Outcome) {
    let outcome = match response.status() {
        status if status.is_success() => Outcome::Accepted,
        StatusCode::SERVICE_UNAVAILABLE => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(SECONDS_TO_RETRY));
            Outcome::NotStored
        }
        _ => Outcome::NotForThisRegistry,
    };
    (response, outcome)
}

/// For a database that is started again.
const SECONDS_TO_RETRY: &str = "10";
