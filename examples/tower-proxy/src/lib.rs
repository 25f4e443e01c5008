//! A reverse proxy in front of an application in any language: it forwards what the Untis Platform signed,
//! and nothing else. An example of the layer around a tower service.
//!
//! The application gets the signed body as it came, and in the header `x-untis-key` the name of the key that
//! signed it. It must listen where only the proxy can reach it.

mod upstream;

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, handle, route};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use untis_webhook_tower::{VerifiedBody, Verifier, VerifyLayer};

pub use upstream::{Upstream, UpstreamError};

/// The body of a response: the application's, or none.
type Body = BoxBody<Bytes, hyper::Error>;

/// Serves `POST /webhook`, for deliveries that one of the verifier's keys signed, until it is to stop, and
/// then ends what has begun.
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop, upstream: Upstream) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let proxy = service_fn(move |request| {
        let (client, upstream) = (client.clone(), upstream.clone());
        async move { Ok::<_, Infallible>(proxy(&client, &upstream, request).await.unwrap_or_else(status)) }
    });
    let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(proxy);
    receiver_support::serve(listener, TowerToHyperService::new(service), stop).await;
}

async fn proxy(
    client: &Client<HttpConnector, VerifiedBody>,
    upstream: &Upstream,
    mut request: Request<VerifiedBody>,
) -> Result<Response<Body>, StatusCode> {
    route(&request)?;
    handle(&request.body().verified().event().map_err(|error| error.status())?);

    let key_id = request.body().verified().key_id().as_str();
    let key_id = HeaderValue::from_str(key_id).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    *request.uri_mut() = upstream.uri(request.uri()).ok_or(StatusCode::BAD_REQUEST)?;
    *request.version_mut() = Version::HTTP_11;
    remove_hop_by_hop(request.headers_mut());
    request.headers_mut().remove(HOST);
    // Whatever came under this name is not ours: it is replaced, all of it.
    request.headers_mut().insert(KEY_HEADER, key_id);

    let mut response = client.request(request).await.map_err(|error| {
        tracing::warn!(%error, "the application does not answer");
        StatusCode::BAD_GATEWAY
    })?;
    remove_hop_by_hop(response.headers_mut());
    Ok(response.map(BodyExt::boxed))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}

/// What is said of one connection is not passed on to the next (RFC 9110 section 7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    let always = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
    let obsolete = [HeaderName::from_static("keep-alive"), HeaderName::from_static("proxy-connection")];
    for name in named.into_iter().chain(always).chain(obsolete) {
        headers.remove(name);
    }
}

const KEY_HEADER: HeaderName = HeaderName::from_static("x-untis-key");
