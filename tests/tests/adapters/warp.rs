//! The warp adapter: an endpoint that always replies, and the layer around all routes.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use bytes::Bytes;
use http::StatusCode;
use tower::ServiceExt;
use tower_layer::Layer;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Guarded, Stalled, Unread};
use untis_webhook_tests::platform::{BODY, PLATFORM, forged, genuine, verifier};
use untis_webhook_warp::{
    Event, Rejection, Verified, VerifyLayer, bytes_endpoint, bytes_endpoint_with, endpoint, endpoint_with,
};
use warp::{Filter, Reply};

fn layer() -> VerifyLayer {
    VerifyLayer::new(verifier())
}

/// What the routes answer, as warp serves them. (A function would have to name a trait that warp keeps to
/// itself.)
macro_rules! answer {
    ($routes:expr, $request:expr) => {{
        let Ok(response) = warp::service($routes).oneshot($request).await;
        response
    }};
}

async fn webhook(event: Verified<Event>) -> StatusCode {
    assert_eq!(event.key_id(), "production");
    assert_eq!(event.tenant_id(), Some("12345"));
    StatusCode::NO_CONTENT
}

#[tokio::test]
async fn the_endpoint_hands_the_genuine_event_to_the_handler() {
    assert_eq!(answer!(endpoint(layer(), webhook), genuine(Frames::of([BODY]))).status(), 204);
    let bytes = bytes_endpoint(layer(), async |delivery: Verified<Bytes>| delivery.into_inner().to_vec());
    let response = answer!(bytes, genuine(Frames::one_byte_each(&BODY.into())));
    assert_eq!(response.status(), 200);
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, BODY);
}

#[tokio::test]
async fn a_refused_request_never_falls_through_to_an_open_route() {
    let open = || warp::any().map(|| StatusCode::OK);
    let guarded = || warp::path!("webhook").and(warp::post()).and(endpoint(layer(), webhook));
    let tampered = || genuine(Frames::of(["another body"]));
    let not_json =
        || Delivery::sign(&PLATFORM, "not JSON").into_request("/webhook").map(|body| Frames::of([body]));
    let cut_off = || genuine(Frames::of([&BODY[..9]]).then_disconnect());

    assert_eq!(answer!(guarded().or(open()), forged(Unread)).status(), 401);
    assert_eq!(answer!(guarded().or(open()), tampered()).status(), 401);
    assert_eq!(answer!(guarded().or(open()), not_json()).status(), 400);
    assert_eq!(answer!(guarded().or(open()), cut_off()).status(), 400);
    assert_eq!(answer!(guarded().or(open()), genuine(Frames::of([BODY]))).status(), 204);
    // A path filter before it still passes on what is not its path: there is an open route to fall through
    // to.
    let mut elsewhere = forged(Unread);
    *elsewhere.uri_mut() = "/elsewhere".parse().unwrap();
    assert_eq!(answer!(guarded().or(open()), elsewhere).status(), 200);
}

#[tokio::test]
async fn a_refused_request_has_the_challenge_and_the_reason() {
    let response = answer!(endpoint(layer(), webhook), forged(Unread));
    assert_eq!(response.headers().get("www-authenticate").unwrap(), "Untis-Signature");
    assert_eq!(response.extensions().get(), Some(&Rejection::UntrustedSignature));
}

#[tokio::test]
async fn a_body_that_an_earlier_filter_took_is_500() {
    let taken = warp::body::bytes().and(endpoint(layer(), webhook)).map(|_, reply| reply);
    assert_eq!(answer!(taken, genuine(Frames::of([BODY]))).status(), 500);
}

#[tokio::test]
async fn a_dropped_request_releases_its_body() {
    let alive = Arc::new(());
    let busy = endpoint(layer(), |_| pending::<StatusCode>());
    let mut cx = Context::from_waker(Waker::noop());
    let mut reading = Box::pin(warp::service(busy.clone()).oneshot(genuine(Guarded::new(Stalled, &alive))));
    assert!(reading.as_mut().poll(&mut cx).is_pending());
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(reading);
    assert_eq!(Arc::strong_count(&alive), 1);

    let body = Guarded::new(Frames::of([BODY]), &alive);
    let mut working = Box::pin(warp::service(busy).oneshot(genuine(body)));
    assert!(working.as_mut().poll(&mut cx).is_pending());
    assert_eq!(Arc::strong_count(&alive), 1, "the body outlives its reading");
}

#[tokio::test]
async fn what_earlier_filters_extract_reaches_the_handler() {
    let before = || warp::path!("webhook" / String / u8).and(warp::post()).map(|name, number| (name, number));
    let event =
        endpoint_with(before(), layer(), async |(name, number): (String, u8), event: Verified<Event>| {
            format!("{name} {number} {}", event.tenant_id().unwrap_or_default())
        });
    let bytes = bytes_endpoint_with(before(), layer(), async |(name, _), bytes: Verified<Bytes>| {
        assert_eq!(bytes[..], *BODY.as_bytes());
        format!("{name}: bytes")
    });
    let open = || warp::any().map(|| StatusCode::OK);
    let to = |uri: &'static str, mut request: http::Request<_>| {
        *request.uri_mut() = uri.parse().unwrap();
        request
    };
    for (routes, expected) in [
        (event.map(Reply::into_response).boxed(), "a 7 12345"),
        (bytes.map(Reply::into_response).boxed(), "a: bytes"),
    ] {
        let routes = || routes.clone().or(open());
        let response = answer!(routes(), to("/webhook/a/7", genuine(Frames::of([BODY]))));
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert_eq!(body, expected);
        // What it has let in is answered here. What it has not goes on to the open route.
        let forged = || forged(Frames::of([BODY]));
        assert_eq!(answer!(routes(), to("/webhook/a/7", forged())).status(), 401);
        assert_eq!(answer!(routes(), to("/webhook/a/x", forged())).status(), 200);
    }
    let taken =
        endpoint_with(warp::body::bytes(), layer(), async |_: Bytes, _: Verified<Event>| StatusCode::OK);
    assert_eq!(answer!(taken, genuine(Frames::of([BODY]))).status(), 500);
}

/// `POST webhook HTTP/1.1`, say: hyper takes it, and the target has no path then.
#[tokio::test]
async fn a_target_without_a_path_is_no_reason_to_panic() {
    for (method, target) in
        [("POST", "webhook"), ("GET", "example.com:80"), ("CONNECT", "example.com:80"), ("OPTIONS", "*")]
    {
        let with = |mut request: http::Request<_>| {
            *request.method_mut() = method.parse().unwrap();
            *request.uri_mut() = target.parse().unwrap();
            request
        };
        let endpoint = || endpoint(layer(), webhook);
        assert_eq!(answer!(endpoint(), with(genuine(Frames::of([BODY])))).status(), 204, "{method} {target}");
        assert_eq!(answer!(endpoint(), with(forged(Frames::of([BODY])))).status(), 401, "{method} {target}");
    }
}

#[tokio::test]
async fn the_endpoint_cannot_fail() {
    fn infallible(_: &impl Filter<Error = Infallible>) {}
    infallible(&endpoint(layer(), webhook));
    infallible(&bytes_endpoint(layer(), async |_: Verified<Bytes>| StatusCode::NO_CONTENT));
}

#[tokio::test]
async fn the_layer_around_all_routes_guards_them_and_without_it_they_answer_500() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let routes = || {
        warp::path!("webhook").and(warp::ext::get::<Verified<Bytes>>()).map(|delivery: Verified<Bytes>| {
            CALLS.fetch_add(1, Ordering::SeqCst);
            assert_eq!(delivery[..], *BODY.as_bytes());
            StatusCode::NO_CONTENT
        })
    };
    let service = layer().layer(warp::service(routes()));
    assert_eq!(service.clone().oneshot(forged(Unread)).await.unwrap().status(), 401);
    assert_eq!(service.clone().oneshot(genuine(Frames::of(["another body"]))).await.unwrap().status(), 401);
    assert_eq!(answer!(routes(), genuine(Frames::of([BODY]))).status(), 500);
    assert_eq!(CALLS.load(Ordering::SeqCst), 0);
    assert_eq!(service.oneshot(genuine(Frames::of([BODY]))).await.unwrap().status(), 204);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
}
