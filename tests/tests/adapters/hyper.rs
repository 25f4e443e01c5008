//! The hyper adapter: the layer's verdicts in front of a hyper service.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use untis_webhook_hyper::{Rejection, Verified, VerifiedBody, Verifier, Verify};
use untis_webhook_tests::bodies::{Frames, Stalled, Unread};
use untis_webhook_tests::platform::{BODY, STRANGER, forged, genuine, keys, verifier};

async fn echo(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let proof: &Verified<Bytes> = request.extensions().get().unwrap();
    assert_eq!(proof.key_id(), request.body().verified().key_id());
    Ok(Response::new(request.into_body().collect().await?.to_bytes().into()))
}

#[tokio::test]
async fn a_genuine_request_reaches_the_service_and_a_forged_one_does_not() {
    let service = Verify::new(verifier(), service_fn(echo));
    let response = service.call(genuine(Frames::of([BODY]))).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), BODY);

    let never = service_fn(async |_: Request<VerifiedBody>| -> Result<Response<Full<Bytes>>, Infallible> {
        panic!("the service was called")
    });
    let service = Verify::new(verifier(), never);
    let mut bare = genuine(Unread);
    bare.headers_mut().clear();
    for (request, reason) in
        [(forged(Unread), Rejection::UntrustedSignature), (bare, Rejection::MissingHeader)]
    {
        let response = service.call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.extensions().get(), Some(&reason));
    }
    let tampered = service.call(genuine(Frames::of(["another body"]))).await.unwrap();
    assert_eq!(tampered.extensions().get(), Some(&Rejection::DigestMismatch));
}

#[tokio::test(start_paused = true)]
async fn the_limit_the_deadline_and_the_answer_can_be_chosen() {
    let service = Verify::new(verifier(), service_fn(echo))
        .body_limit(10)
        .body_deadline(Duration::from_secs(2))
        .rejection_response(|rejection: Rejection| Response::new(Full::from(format!("{rejection:?}"))));
    let start = tokio::time::Instant::now();
    for (response, expected) in [
        (service.call(genuine(Frames::of([BODY]))).await, "BodyTooLarge"),
        (service.call(genuine(Frames::of([""; 0]))).await, "DigestMismatch"),
    ] {
        assert_eq!(response.unwrap().into_body().collect().await.unwrap().to_bytes(), expected);
    }
    let response = service.call(genuine(Stalled)).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "BodyTimeout");
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn the_services_error_is_handed_on() {
    let failing =
        service_fn(async |_: Request<VerifiedBody>| Err::<Response<Full<Bytes>>, _>("out of order"));
    let service = Verify::new(verifier(), failing);
    assert_eq!(service.call(genuine(Frames::of([BODY]))).await.unwrap_err(), "out of order");
}

#[tokio::test]
async fn clones_share_the_service_and_the_keys() {
    /// A service that cannot be cloned.
    struct Unclonable(Arc<()>);
    impl Service<Request<VerifiedBody>> for Unclonable {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Self::Response, Infallible>>;
        fn call(&self, _: Request<VerifiedBody>) -> Self::Future {
            std::future::ready(Ok(Response::default()))
        }
    }
    let verifier: Verifier = verifier();
    let service = Verify::new(verifier.clone(), Unclonable(Arc::new(())));
    let clone = service.clone();
    assert_eq!(Arc::strong_count(&clone.get_ref().0), 1);
    verifier.replace_keys(keys("next", &STRANGER));
    for service in [service, clone] {
        assert_eq!(service.call(genuine(Unread)).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(service.call(forged(Frames::of([BODY]))).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_dropped_future_releases_the_service() {
    let held = Arc::new(());
    let service = {
        let held = Arc::clone(&held);
        service_fn(move |_: Request<VerifiedBody>| {
            let held = Arc::clone(&held);
            async move {
                let _held = held;
                std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
            }
        })
    };
    let service = Verify::new(verifier(), service);
    let mut cx = Context::from_waker(Waker::noop());
    let mut working = Box::pin(service.call(genuine(Frames::of([BODY]))));
    assert!(working.as_mut().poll(&mut cx).is_pending());
    let mut reading = Box::pin(service.call(genuine(Stalled)));
    assert!(reading.as_mut().poll(&mut cx).is_pending());
    assert_eq!(Arc::strong_count(&held), 3);
    drop((working, reading));
    assert_eq!(Arc::strong_count(&held), 2);
    drop(service);
    assert_eq!(Arc::strong_count(&held), 1);
}
