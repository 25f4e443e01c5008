//! What a body costs in memory, counted by the allocator.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::convert::Infallible;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Unread};
use untis_webhook_tests::platform::{PLATFORM, STRANGER, verifier};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

/// One more than a power of two, up to which a buffer that doubles would stop by itself.
const LIMIT: usize = 2 * 1024 * 1024 + 1;

/// Takes a request through the layer, and counts what is allocated on the way.
fn cost<B>(request: Request<B>) -> (StatusCode, AllocationInfo)
where
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let layer = VerifyLayer::new(verifier()).body_limit(LIMIT);
    let inner = service_fn(async |_: Request<VerifiedBody>| Ok::<_, Infallible>(Response::new(())));
    let service = layer.layer(inner);
    let mut status = StatusCode::OK;
    let mut request = Some(request);
    let info = measure(|| {
        status = runtime.block_on(service.clone().oneshot(request.take().unwrap())).unwrap().status();
    });
    (status, info)
}

#[test]
fn two_mebibytes_in_one_byte_frames_cost_at_most_three_times_the_limit() {
    let body = Bytes::from(vec![b'x'; LIMIT]);
    let request = Delivery::sign(&PLATFORM, body).into_request("/").map(|body| Frames::one_byte_each(&body));
    // The frames were allocated before the count begins, and their release is not taken from it.
    let (status, info) = cost(request);
    assert_eq!(status, StatusCode::OK);
    println!("2 MiB in one-byte frames: {} bytes at most, {} in all", info.bytes_max, info.bytes_total);
    assert!(info.bytes_max <= 3 * u64::try_from(LIMIT).unwrap(), "{info:?}");
    // Of which there is more than one copy only while it moves; it never grows beyond the limit.
    assert!(info.bytes_max <= 2 * u64::try_from(LIMIT).unwrap(), "{info:?}");
    assert!(info.bytes_max >= u64::try_from(LIMIT).unwrap(), "the body itself was not counted: {info:?}");
}

#[test]
fn a_declared_length_is_never_allocated() {
    let mut request = Delivery::sign(&PLATFORM, "{}").into_request("/").map(|_| Unread);
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000000000000000"));
    let (status, info) = cost(request);
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    println!("a declared length of 10^15: {} bytes at most", info.bytes_max);
    assert!(info.bytes_max < 16 * 1024, "{info:?}");
}

#[test]
fn a_body_in_one_frame_costs_no_copy() {
    let body = Bytes::from(vec![b'x'; LIMIT]);
    let request = Delivery::sign(&PLATFORM, body).into_request("/").map(|body| Frames::of([body]));
    let (status, info) = cost(request);
    assert_eq!(status, StatusCode::OK);
    assert!(info.bytes_max < 16 * 1024, "{info:?}");
}

#[test]
fn a_forgery_costs_the_same_with_a_large_body_as_with_none() {
    let forged = |len| cost(Delivery::sign(&STRANGER, vec![b'x'; len]).into_request("/").map(|_| Unread));
    let (status, large) = forged(LIMIT);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, none) = forged(0);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(large.bytes_total, none.bytes_total);
}
