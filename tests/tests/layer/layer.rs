//! What the layer does to a request, and what it never does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it is surprised"
)]

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, Limited};
use tokio::time::Instant;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_layer::Layer;
use untis_webhook::{HeaderNames, Rejection, Verified, Verifier};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Stalled, Unread};
use untis_webhook_tests::platform::{BODY, PLATFORM, forged, genuine, keys, verifier};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

fn layer() -> VerifyLayer {
    VerifyLayer::new(verifier())
}

/// Answers with the bytes that were verified.
async fn echo(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(request.into_body().into_verified().into_inner())))
}

async fn never_called(_: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    panic!("the handler was called");
}

async fn rejection<B>(layer: VerifyLayer, request: Request<B>) -> Option<Rejection>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let response = layer.layer(service_fn(never_called)).oneshot(request).await.unwrap();
    response.extensions().get().copied()
}

async fn echoed<B>(request: Request<B>) -> Bytes
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let response = layer().layer(service_fn(echo)).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.extensions().get::<Rejection>());
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn a_forged_request_is_refused_and_its_body_never_polled() {
    let request = forged(Unread);
    assert_eq!(rejection(layer(), request).await, Some(Rejection::UntrustedSignature));
    // The same body is read, and panics, where the signature is genuine: the test can fail.
    let read = tokio::spawn(layer().layer(service_fn(echo)).oneshot(genuine(Unread))).await;
    assert!(read.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_forged_request_is_401_whatever_length_it_declares() {
    let mut request = forged(Unread);
    request.headers_mut().insert("content-length", HeaderValue::from_static("1000000000000000"));
    assert_eq!(rejection(layer(), request).await, Some(Rejection::UntrustedSignature));
}

#[tokio::test]
async fn a_length_above_the_limit_is_refused_before_the_first_poll() {
    let mut by_header = genuine(Unread);
    by_header.headers_mut().insert("content-length", HeaderValue::from_static("1000000000000000"));
    assert_eq!(rejection(layer(), by_header).await, Some(Rejection::BodyTooLarge));
    let by_hint = genuine(Full::new(Bytes::from(vec![0; 64 * 1024 + 1])));
    assert_eq!(rejection(layer(), by_hint).await, Some(Rejection::BodyTooLarge));
}

#[tokio::test]
async fn the_default_limit_is_64_kib_and_exact() {
    for (len, expected) in [(65536, None), (65537, Some(Rejection::BodyTooLarge))] {
        let body = Bytes::from(vec![b' '; len]);
        let request = Delivery::sign(&PLATFORM, body.clone())
            .into_request("/")
            .map(|body| Frames::of(body.chunks(1000).map(Bytes::copy_from_slice)));
        let response = layer().layer(service_fn(echo)).oneshot(request).await.unwrap();
        assert_eq!(response.extensions().get().copied(), expected, "{len}");
    }
}

#[tokio::test]
async fn a_body_is_the_same_in_any_frames() {
    assert_eq!(echoed(genuine(Full::<Bytes>::from(BODY))).await, BODY);
    assert_eq!(echoed(genuine(Frames::of([BODY]))).await, BODY);
    assert_eq!(echoed(genuine(Frames::one_byte_each(&Bytes::from(BODY)))).await, BODY);
    assert_eq!(echoed(genuine(Frames::of(["", &BODY[..5], "", "", &BODY[5..], ""]))).await, BODY);
    let not_contiguous =
        Bytes::from(&BODY[..5]).chain(Bytes::from(&BODY[5..9])).chain(Bytes::from(&BODY[9..]));
    assert_eq!(echoed(genuine(Frames::of_buf(not_contiguous))).await, BODY);
}

#[tokio::test]
async fn trailers_are_dropped() {
    let trailers =
        HeaderMap::from_iter([(HeaderName::from_static("tenantid"), HeaderValue::from_static("666"))]);
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        let collected = request.into_body().collect().await.unwrap();
        assert!(collected.trailers().is_none());
        Ok::<_, Infallible>(Response::new(Full::new(collected.to_bytes())))
    });
    let response =
        layer().layer(handler).oneshot(genuine(Frames::of([BODY]).then_trailers(trailers))).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), BODY);
}

#[tokio::test]
async fn a_disconnect_ends_the_future_at_once() {
    let request = genuine(Frames::of([&BODY[..9]]).then_disconnect());
    let service = layer().layer(service_fn(never_called));
    let mut future = pin!(service.oneshot(request));
    // By hand: nothing may be needed to wake it again.
    let Poll::Ready(Ok(response)) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("still waiting for a peer that is gone")
    };
    assert_eq!(response.extensions().get(), Some(&Rejection::BodyIncomplete));
}

#[tokio::test(start_paused = true)]
async fn the_whole_body_has_one_deadline() {
    /// A byte a second, for ever.
    struct Trickle(tokio::time::Interval);
    impl Body for Trickle {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            self.0.poll_tick(cx).map(|_| Some(Ok(http_body::Frame::data(Bytes::from_static(b" ")))))
        }
    }
    for (deadline, layer) in [(10, layer()), (3, layer().body_deadline(Duration::from_secs(3)))] {
        let start = Instant::now();
        let trickle = genuine(Trickle(tokio::time::interval(Duration::from_secs(1))));
        assert_eq!(rejection(layer.clone(), trickle).await, Some(Rejection::BodyTimeout));
        assert_eq!(start.elapsed().as_secs(), deadline);

        let start = Instant::now();
        assert_eq!(rejection(layer, genuine(Stalled)).await, Some(Rejection::BodyTimeout));
        assert_eq!(start.elapsed().as_secs(), deadline);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_not_for_the_handler() {
    let slow = service_fn(async |request| {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        echo(request).await
    });
    let response = layer().layer(slow).oneshot(genuine(Full::<Bytes>::from(BODY))).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_limit_outside_the_layer_is_reported_as_what_it_is() {
    let inner = layer().layer(service_fn(never_called));
    let limited = ServiceBuilder::new().layer(RequestBodyLimitLayer::new(10)).service(inner.clone());
    let response = limited.oneshot(genuine(Frames::of([BODY]))).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&Rejection::BodyTooLarge));

    let timed = ServiceBuilder::new()
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(1)))
        .service(inner.clone());
    let response = timed.oneshot(genuine(Stalled)).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&Rejection::BodyTimeout));

    // As a framework that erases the body wraps it.
    let boxed = genuine(axum::body::Body::new(Limited::new(Frames::of([BODY]), 10)));
    let response = inner.oneshot(boxed).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&Rejection::BodyTooLarge));
}

#[tokio::test]
async fn the_handler_gets_the_request_as_it_was_and_the_proof_twice() {
    let mut request = genuine(Full::<Bytes>::from(BODY));
    request.headers_mut().insert("x-request-id", HeaderValue::from_static("42"));
    request.extensions_mut().insert("an extension");
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "/webhook");
        assert_eq!(request.headers()["x-request-id"], "42");
        assert_eq!(request.extensions().get(), Some(&"an extension"));

        let extension: &Verified<Bytes> = request.extensions().get().unwrap();
        for proof in [extension, request.body().verified()] {
            assert_eq!(proof.key_id(), "production");
            assert_eq!(proof[..], *BODY.as_bytes());
        }
        for (name, value) in request.headers() {
            let signature_header = name == "authorization" || name == "algorithm";
            assert_eq!(value.is_sensitive(), signature_header, "{name}");
        }
        Ok::<_, Infallible>(Response::new(()))
    });
    let service = VerifyLayer::new(verifier()).layer(handler);
    assert_eq!(service.oneshot(request).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_renamed_header_is_marked_sensitive_too() {
    let names = HeaderNames { signature: HeaderName::from_static("x-signature"), ..HeaderNames::default() };
    let layer = VerifyLayer::new(verifier().with_header_names(names));
    let mut request = genuine(Full::<Bytes>::from(BODY));
    let signature = request.headers_mut().remove("authorization").unwrap();
    request.headers_mut().insert("x-signature", signature);
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        assert!(request.headers()["x-signature"].is_sensitive());
        Ok::<_, Infallible>(Response::new(()))
    });
    assert_eq!(layer.layer(handler).oneshot(request).await.unwrap().status(), StatusCode::OK);
}

/// Always ready, with a frame that is no part of a body.
#[derive(Clone, Copy)]
struct AlwaysReady {
    trailers: bool,
}

impl Body for AlwaysReady {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(match self.trailers {
            true => Frame::trailers(HeaderMap::new()),
            false => Frame::data(Bytes::new()),
        })))
    }
}

/// On a runtime of one thread, where nothing else would have its turn, the clock neither.
#[test]
fn a_body_that_is_always_ready_is_ended_by_the_deadline_and_starves_nobody() {
    let (ended, is_ended) = mpsc::channel();
    // If it does, this thread is left behind.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for trailers in [false, true] {
                let layer = layer().body_deadline(Duration::from_millis(50));
                let endless = tokio::spawn(rejection(layer, genuine(AlwaysReady { trailers })));
                // It has begun when this has its turn again, and not ended.
                tokio::task::yield_now().await;
                assert!(!endless.is_finished());
                assert_eq!(echoed(genuine(Frames::of([BODY]))).await, BODY);
                assert_eq!(endless.await.unwrap(), Some(Rejection::BodyTimeout));
            }
        });
        ended.send(()).unwrap();
    });
    assert_eq!(is_ended.recv_timeout(Duration::from_secs(20)), Ok(()));
}

/// A clock that somebody else moves is looked at as well.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_always_ready_is_ended_when_a_paused_clock_is_moved() {
    let endless = tokio::spawn(rejection(layer(), genuine(AlwaysReady { trailers: true })));
    // Its time begins when it has had its turn.
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(9)).await;
    assert!(!endless.is_finished());
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(endless.await.unwrap(), Some(Rejection::BodyTimeout));
}

#[tokio::test]
async fn a_missing_renamed_header_never_falls_back_to_authorization() {
    let signature = HeaderName::from_static("x-signature");
    let algorithm = HeaderName::from_static("x-algorithm");
    for names in [
        HeaderNames { signature: signature.clone(), ..HeaderNames::default() },
        HeaderNames { algorithm: algorithm.clone(), ..HeaderNames::default() },
        HeaderNames { signature, algorithm },
    ] {
        let renamed = VerifyLayer::new(verifier().with_header_names(names));
        let request = genuine(Unread);
        assert!(
            request.headers().contains_key("authorization") && request.headers().contains_key("algorithm")
        );
        assert_eq!(rejection(renamed, request).await, Some(Rejection::MissingHeader));
    }
}

/// Whoever stacks two layers gets the proof of the one that is nearer to the handler, in the body and in the extensions.
#[tokio::test]
async fn an_inner_layers_proof_takes_the_place_of_an_outer_ones() {
    let outer = VerifyLayer::new(Verifier::new(keys("outer", &PLATFORM)));
    let inner = VerifyLayer::new(Verifier::new(keys("inner", &PLATFORM)));
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        let extension = request.extensions().get::<Verified<Bytes>>().unwrap();
        let ids = [request.body().verified().key_id().to_string(), extension.key_id().to_string()];
        Ok::<_, Infallible>(Response::new(ids))
    });
    let service = outer.layer(inner.layer(handler));
    let response = service.oneshot(genuine(Frames::of([BODY]))).await.unwrap();
    assert_eq!(response.into_body(), ["inner", "inner"]);
}

#[tokio::test]
async fn the_verified_body_can_be_read_as_a_body() {
    let handler = service_fn(async |request: Request<VerifiedBody>| {
        let mut body = request.into_body();
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(u64::try_from(BODY.len()).unwrap()));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), BODY);
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert!(body.frame().await.is_none());
        assert_eq!(body.verified()[..], *BODY.as_bytes(), "reading used the proof up");
        Ok::<_, Infallible>(Response::new(()))
    });
    layer().layer(handler).oneshot(genuine(Full::<Bytes>::from(BODY))).await.unwrap();

    let handler = service_fn(async |request: Request<VerifiedBody>| {
        assert!(request.body().is_end_stream());
        assert!(request.into_body().frame().await.is_none());
        Ok::<_, Infallible>(Response::new(()))
    });
    let empty = Delivery::sign(&PLATFORM, "").into_request("/").map(Full::new);
    assert_eq!(layer().layer(handler).oneshot(empty).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_answer_to_a_rejection_can_be_chosen() {
    let layer = layer().rejection_response(|rejection: Rejection| {
        Response::builder().status(rejection.status()).body(Full::from("refused")).unwrap()
    });
    let request = forged(Unread);
    let response = layer.layer(service_fn(never_called)).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.extensions().get(), Some(&Rejection::UntrustedSignature));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "refused");
}

#[tokio::test]
async fn the_inner_services_error_is_handed_on() {
    let failing = service_fn(async |_: Request<VerifiedBody>| Err::<Response<()>, _>("out of order"));
    assert_eq!(
        layer().layer(failing).oneshot(genuine(Full::<Bytes>::from(BODY))).await.unwrap_err(),
        "out of order"
    );
}
