use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, HeaderValue, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{Empty, Full};
use hyper::body::{Body, Incoming};
use hyper::service::{Service as HyperService, service_fn};
use tokio::time::Instant;
use tower_service::Service;
use untis_webhook::Rejection;
use untis_webhook_proxy::Proxy;
use untis_webhook_tenants::{Registry, Store};
use untis_webhook_tower::{VerifiedBody, Verifier, VerifyLayer};

use crate::metrics::{Metrics, Outcome};

/// When the head of a request had come.
#[derive(Clone, Copy)]
struct Began(Instant);

/// The webhook's service that keeps what the platform signed.
pub(super) fn received<S: Store + 'static>(
    verifier: Verifier,
    path: String,
    registry: Registry<S>,
    metrics: Metrics,
) -> impl DeliveryService<Empty<Bytes>> {
    service(
        verifier,
        Deliveries { inner: registry.into_service(), outcome: received_as, path: path.into(), metrics },
    )
}

/// The webhook's service that passes it on.
pub(super) fn passed_on(
    verifier: Verifier,
    path: String,
    proxy: Proxy,
    metrics: Metrics,
) -> impl DeliveryService<Full<Bytes>> {
    service(verifier, Deliveries { inner: proxy, outcome: passed_on_as, path: path.into(), metrics })
}

/// What the webhook's listener serves.
pub(super) trait DeliveryService<B>:
    HyperService<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + 'static
{
}

impl<T, B> DeliveryService<B> for T where
    T: HyperService<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static
{
}

/// What the platform signed goes to the inner service, and nothing else does.
fn service<T, B>(verifier: Verifier, deliveries: Deliveries<T, B>) -> impl DeliveryService<B>
where
    T: Service<Request<VerifiedBody>, Response = Response<B>, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
    B: Body + Default + Send + 'static,
{
    let layer = VerifyLayer::new(verifier);
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
struct Deliveries<T, B> {
    inner: T,
    /// What became of one, by its answer.
    outcome: fn(&mut Response<B>) -> Outcome,
    path: Arc<str>,
    metrics: Metrics,
}

impl<T, B> Service<Request<VerifiedBody>> for Deliveries<T, B>
where
    T: Service<Request<VerifiedBody>, Response = Response<B>, Error = Infallible, Future: Send + 'static>,
    B: Default + 'static,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        let key = request.body().verified().key_id().clone();
        if let Some(Began(began)) = request.extensions().get() {
            self.metrics.verified(key.as_str(), began.elapsed());
        }
        let answered = match self.elsewhere(&request) {
            Some(elsewhere) => Err(elsewhere),
            None => Ok(self.inner.call(request)),
        };
        let (metrics, outcome) = (self.metrics.clone(), self.outcome);
        Box::pin(async move {
            let (response, outcome) = match answered {
                Ok(answered) => {
                    let mut response = answered.await?;
                    let outcome = outcome(&mut response);
                    (response, outcome)
                }
                Err(elsewhere) => elsewhere.respond(),
            };
            metrics.answered(key.as_str(), outcome);
            Ok(response)
        })
    }
}

impl<T, B> Deliveries<T, B> {
    /// The path is compared as it is sent: `/webhook/` is another one.
    fn elsewhere(&self, request: &Request<VerifiedBody>) -> Option<Elsewhere> {
        match (request.uri().path() == &*self.path, request.method()) {
            (false, _) => Some(Elsewhere::Path),
            (true, &Method::POST) => None,
            (true, _) => Some(Elsewhere::Method),
        }
    }
}

impl<T: Clone, B> Clone for Deliveries<T, B> {
    fn clone(&self) -> Self {
        let Self { inner, outcome, path, metrics } = self;
        Self { inner: inner.clone(), outcome: *outcome, path: Arc::clone(path), metrics: metrics.clone() }
    }
}

/// What of a request is not that of a delivery.
#[derive(Clone, Copy)]
enum Elsewhere {
    Method,
    Path,
}

impl Elsewhere {
    fn respond<B: Default>(self) -> (Response<B>, Outcome) {
        let mut response = Response::new(B::default());
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
fn received_as(response: &mut Response<Empty<Bytes>>) -> Outcome {
    match response.status() {
        status if status.is_success() => Outcome::Accepted,
        StatusCode::SERVICE_UNAVAILABLE => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(SECONDS_TO_RETRY));
            Outcome::NotStored
        }
        _ => Outcome::NotForThisRegistry,
    }
}

fn passed_on_as(response: &mut Response<Full<Bytes>>) -> Outcome {
    match response.extensions().get() {
        Some(not_answered) => Outcome::NotAnswered(*not_answered),
        None if response.status().is_success() => Outcome::Accepted,
        None => Outcome::NotTaken,
    }
}

/// For a database that is started again.
const SECONDS_TO_RETRY: &str = "10";
