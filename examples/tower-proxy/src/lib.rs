//! A reverse proxy in front of an application in any language: it forwards what the Untis Platform signed,
//! and nothing else. An example of the layer around a tower service.
//!
//! The application gets the signed body as it came, and in the header `x-untis-key` the name of the key that
//! signed it. The body is all that is signed: query and other headers are the sender's word. It must listen
//! where only the proxy can reach it, and has 10 s to answer, and 10 s for the body of its answer.
//!
//! `UPSTREAM` is the application's host and port; all else that can be set is in [`receiver_support`].

mod headers;
mod upstream;

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, causes, handle, respond, route};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tower::{ServiceBuilder, service_fn};
use tower_http::timeout::DeadlineBody;
use untis_webhook_tower::{Reason, VerifiedBody, Verifier, VerifyLayer};

pub use upstream::{Upstream, UpstreamError};

/// The body of a response: the application's, or none.
type Body = BoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// Serves `POST /webhook`, for deliveries that one of the verifier's keys signed, until it is to stop, and
/// then ends what has begun.
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop, upstream: Upstream) {
    // A connection for each delivery: one that is kept may be closed by the application just as it is used again.
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let proxy = service_fn(move |request| {
        let (client, upstream) = (client.clone(), upstream.clone());
        async move {
            Ok::<_, Infallible>(proxy(&client, &upstream, request).await.unwrap_or_else(NotTaken::respond))
        }
    });
    let service = ServiceBuilder::new()
        .layer(VerifyLayer::new(verifier))
        // A connection of HTTP/2 brings many deliveries at once.
        .concurrency_limit(receiver_support::connections().into())
        .service(proxy);
    receiver_support::serve(listener, TowerToHyperService::new(service), stop).await;
}

async fn proxy(
    client: &Client<HttpConnector, VerifiedBody>,
    upstream: &Upstream,
    mut request: Request<VerifiedBody>,
) -> Result<Response<Body>, NotTaken> {
    route(&request)?;
    handle(&request.body().verified().event().map_err(|error| error.status())?);

    let key_id = request.body().verified().key_id().as_str();
    let key_id = HeaderValue::from_str(key_id).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    *request.uri_mut() = upstream.uri(request.uri()).ok_or(StatusCode::BAD_REQUEST)?;
    *request.version_mut() = Version::HTTP_11;
    headers::forwarded(request.headers_mut(), key_id);

    let answered = timeout(ANSWER_DEADLINE, client.request(request)).await;
    let mut response = answered
        .map_err(|_| {
            let reason = format!("the application does not answer within {ANSWER_DEADLINE:?}");
            NotTaken(StatusCode::GATEWAY_TIMEOUT, Some(reason))
        })?
        .map_err(|error| {
            let reason = format!("the application does not answer: {}", causes(&error));
            NotTaken(StatusCode::BAD_GATEWAY, Some(reason))
        })?;
    if response.status().is_informational() {
        let reason = format!("the application answers {}, which is no answer", response.status());
        return Err(NotTaken(StatusCode::BAD_GATEWAY, Some(reason)));
    }
    headers::remove_hop_by_hop(response.headers_mut());
    Ok(response.map(|body| {
        let whole = DeadlineBody::new(ANSWER_BODY_DEADLINE, body);
        let whole = whole.inspect_err(|error| {
            tracing::warn!(cause = causes(&**error), "the application's answer breaks off");
        });
        whole.boxed()
    }))
}

/// The status of a delivery that was not passed on, and why, for the log.
struct NotTaken(StatusCode, Option<String>);

impl NotTaken {
    fn respond(self) -> Response<Body> {
        let Self(status, reason) = self;
        let mut response = respond(status);
        if let Some(reason) = reason {
            response.extensions_mut().insert(Reason(reason.into()));
        }
        response
    }
}

impl From<StatusCode> for NotTaken {
    fn from(status: StatusCode) -> Self {
        Self(status, None)
    }
}

/// For the head of the application's answer; to connect to it is part of it.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// For the rest of it.
const ANSWER_BODY_DEADLINE: Duration = Duration::from_secs(10);
