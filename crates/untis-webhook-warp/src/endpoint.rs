use std::convert::Infallible;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{HeaderMap, Request, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use tower::service_fn;
use untis_webhook::{Event, Verified};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};
use warp::reply::Response;
use warp::{Buf, Filter, Rejection, Reply, Stream};

/// The end of a route: verifies the request, decodes its event, calls `handler` with it, and replies.
///
/// It always replies, and never passes a request on to another route. A request that is refused gets the
/// status of its [`Rejection`](untis_webhook::Rejection); one whose signed body cannot be decoded that of its
/// [`DecodeError`](untis_webhook::DecodeError), 400 or 422. An event of a name that is not known is
/// [`Event::Unknown`], and not refused. See the [crate's documentation](crate) for an example.
pub fn endpoint<H, F>(
    layer: VerifyLayer,
    handler: H,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone + Send + Sync + 'static
where
    H: Fn(Verified<Event>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Reply> + Send,
{
    bytes_endpoint(layer, move |delivery: Verified<Bytes>| {
        let handler = handler.clone();
        async move {
            match delivery.event() {
                Ok(event) => handler(event).await.into_response(),
                Err(error) => {
                    tracing::debug!(%error, "verified webhook delivery refused");
                    error.status().into_response()
                }
            }
        }
    })
}

/// The end of a route: verifies the request, calls `handler` with the signed bytes, and replies.
///
/// As [`endpoint`], for a handler that decodes the bytes itself, such as with [`Verified::json`].
pub fn bytes_endpoint<H, F>(
    layer: VerifyLayer,
    handler: H,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone + Send + Sync + 'static
where
    H: Fn(Verified<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Reply> + Send,
{
    warp::header::headers_cloned()
        .and(warp::body::stream())
        .then(move |headers, body| {
            let (layer, handler) = (layer.clone(), handler.clone());
            async move { verify_then_call(&layer, request(headers, body), handler).await }
        })
        // Only if an earlier filter of the route took the body away: there is nothing left to verify.
        .recover(async |_: Rejection| Ok::<_, Infallible>(StatusCode::INTERNAL_SERVER_ERROR))
}

async fn verify_then_call<B, H, F>(layer: &VerifyLayer, request: Request<B>, handler: H) -> Response
where
    B: http_body::Body<Error = warp::Error>,
    H: Fn(Verified<Bytes>) -> F + Clone,
    F: Future<Output: Reply>,
{
    let service = service_fn(|request: Request<VerifiedBody>| {
        let reply = handler(request.into_body().into_verified());
        async { Ok::<_, Infallible>(reply.await.into_response()) }
    });
    let Ok(response) = layer.verify_then_call(request, &service).await;
    response
}

/// The request as it came, as far as it matters to the signature.
fn request(
    headers: HeaderMap,
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Request<impl http_body::Body<Error = warp::Error>> {
    let mut request = Request::new(StreamBody::new(body.map_ok(Frame::data)));
    *request.headers_mut() = headers;
    request
}
