use std::convert::Infallible;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
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
/// [`Event::Unknown`], and not refused. Why a request was refused is in the response's extensions. See the [crate's
/// documentation](crate) for an example.
pub fn endpoint<H, F>(
    layer: VerifyLayer,
    handler: H,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone + Send + Sync + 'static
where
    H: Fn(Verified<Event>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Reply> + Send,
{
    bytes_endpoint(layer, move |delivery| decode_then_call(delivery, handler.clone()))
}

/// The end of a route as [`endpoint`], whose handler also gets what the filters before it have extracted: a parameter
/// of the path, a state.
///
/// `before` extracts one value, which may be a tuple, and may pass a request on to other routes, before anything of
/// it is verified. What it has let in is answered here, and goes to no other route.
///
/// ```
/// use untis_webhook_warp::{Event, Verified, VerifyLayer, endpoint_with};
/// use warp::http::StatusCode;
/// use warp::{Filter, Reply};
///
/// # fn routes(layer: VerifyLayer) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
/// let before = warp::path!("webhook" / String).and(warp::post());
/// endpoint_with(before, layer, async |environment: String, event: Verified<Event>| {
///     match event.key_id() == environment.as_str() {
///         true => StatusCode::NO_CONTENT,
///         false => StatusCode::FORBIDDEN,
///     }
/// })
/// # }
/// # use untis_webhook_testkit::{Delivery, SigningKey};
/// # use untis_webhook_warp::{KeySet, Verifier};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let platform = SigningKey::generate();
/// # let layer = VerifyLayer::new(Verifier::new(KeySet::new([("production", platform.verifying_key())])?));
/// # for (path, expected) in [("/webhook/production", 204), ("/webhook/test", 403), ("/elsewhere", 404)] {
/// #     let delivery = Delivery::sign(&platform, r#"{"tenantId":"12345","eventType":"DELETION"}"#);
/// #     let mut request = warp::test::request().method("POST").path(path).body(delivery.body());
/// #     for (name, value) in &delivery.headers() {
/// #         request = request.header(name, value);
/// #     }
/// #     assert_eq!(request.reply(&routes(layer.clone())).await.status(), expected);
/// # }
/// # Ok(())
/// # }
/// ```
pub fn endpoint_with<T, B, H, F>(
    before: B,
    layer: VerifyLayer,
    handler: H,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone + Send + Sync + 'static
where
    T: Send + 'static,
    B: Filter<Extract = (T,), Error = Rejection> + Clone + Send + Sync + 'static,
    H: Fn(T, Verified<Event>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Reply> + Send,
{
    bytes_endpoint_with(before, layer, move |value, delivery| {
        let handler = handler.clone();
        decode_then_call(delivery, move |event| handler(value, event))
    })
}

/// The end of a route: verifies the request, calls `handler` with the signed bytes, and replies.
///
/// As [`endpoint`], for a handler that decodes the bytes itself, such as with [`Verified::json`].
///
/// ```
/// use std::collections::HashMap;
///
/// use untis_webhook_warp::{VerifyLayer, bytes_endpoint};
/// use warp::http::StatusCode;
/// use warp::{Filter, Reply};
///
/// fn routes(layer: VerifyLayer) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
///     let webhook = bytes_endpoint(layer, async |delivery| match delivery.json::<HashMap<String, String>>() {
///         Ok(fields) => {
///             println!("{:?}", fields.get("country"));
///             StatusCode::NO_CONTENT
///         }
///         Err(error) => error.status(),
///     });
///     warp::path!("webhook").and(warp::post()).and(webhook)
/// }
/// ```
pub fn bytes_endpoint<H, F>(
    layer: VerifyLayer,
    handler: H,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone + Send + Sync + 'static
where
    H: Fn(Verified<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Reply> + Send,
{
    incoming().then(move |incoming| {
        let (layer, handler) = (layer.clone(), handler.clone());
        async move { verify_then_call(&layer, incoming, handler).await }
    })
}

/// The end of a route as [`bytes_endpoint`], whose handler also gets what the filters before it have extracted: see
/// [`endpoint_with`].
///
/// ```
/// use untis_webhook_warp::{VerifyLayer, bytes_endpoint_with};
/// use warp::http::StatusCode;
/// use warp::{Filter, Reply};
///
/// fn routes(layer: VerifyLayer) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
///     let before = warp::path!("webhook" / String).and(warp::post());
///     bytes_endpoint_with(before, layer, async |queue: String, delivery| {
///         println!("{} octets to {queue}", delivery.len());
///         StatusCode::ACCEPTED
///     })
/// }
/// ```
pub fn bytes_endpoint_with<T, B, H, F>(
    before: B,
    layer: VerifyLayer,
    handler: H,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone + Send + Sync + 'static
where
    T: Send + 'static,
    B: Filter<Extract = (T,), Error = Rejection> + Clone + Send + Sync + 'static,
    H: Fn(T, Verified<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output: Reply> + Send,
{
    before.and(incoming()).then(move |value: T, incoming| {
        let (layer, handler) = (layer.clone(), handler.clone());
        async move { verify_then_call(&layer, incoming, |delivery| handler(value, delivery)).await }
    })
}

async fn decode_then_call<H, F>(delivery: Verified<Bytes>, handler: H) -> Response
where
    H: FnOnce(Verified<Event>) -> F,
    F: Future<Output: Reply>,
{
    match delivery.event() {
        Ok(event) => handler(event).await.into_response(),
        Err(error) => {
            let mut response = error.status().into_response();
            response.extensions_mut().insert(error);
            response
        }
    }
}

async fn verify_then_call<B, H, F>(layer: &VerifyLayer, request: Option<Request<B>>, handler: H) -> Response
where
    B: http_body::Body<Error = warp::Error>,
    H: FnOnce(Verified<Bytes>) -> F,
    F: Future<Output: Reply>,
{
    // An earlier filter of the route has taken the body away: there is nothing left to verify.
    let Some(request) = request else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    // The layer calls a clone of the service, and that once.
    let handler = Mutex::new(Some(handler));
    let service = service_fn(|request: Request<VerifiedBody>| {
        let handler = handler.lock().ok().and_then(|mut handler| handler.take());
        async {
            Ok::<_, Infallible>(match handler {
                Some(handler) => handler(request.into_body().into_verified()).await.into_response(),
                None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            })
        }
    });
    let Ok(response) = layer.verify_then_call(request, &service).await;
    response
}

/// The request as it came, as far as it matters to the signature; none if its body was taken before.
fn incoming()
-> impl Filter<Extract = (Option<Request<impl http_body::Body<Error = warp::Error>>>,), Error = Infallible> + Clone
{
    let body = warp::body::stream().map(Some).or_else(async |_| Ok::<_, Infallible>((None,)));
    warp::method().and(warp::header::headers_cloned()).and(body).map(request)
}

fn request(
    method: Method,
    headers: HeaderMap,
    body: Option<impl Stream<Item = Result<impl Buf, warp::Error>>>,
) -> Option<Request<impl http_body::Body<Error = warp::Error>>> {
    let mut request = Request::new(StreamBody::new(body?.map_ok(Frame::data)));
    *request.method_mut() = method;
    // warp does not survive being asked for the path of a request that has none (`POST webhook`), and does not say
    // whether it has one. So this is a target without one, and the log says nothing of a path.
    *request.uri_mut() = Uri::from_static("unknown");
    *request.headers_mut() = headers;
    Some(request)
}
