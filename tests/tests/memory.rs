//! What a body costs in memory, counted by the allocator.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::convert::Infallible;
use std::future::{Future, ready};
use std::iter::repeat;
use std::pin::pin;
use std::task::{Context, Waker};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook::PresentedSignature;
use untis_webhook_testkit::{Delivery, Forgery};
use untis_webhook_tests::bodies::{Frames, Unread};
use untis_webhook_tests::platform::{BODY, PLATFORM, STRANGER, verifier};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

untis_webhook_tests::on_both_paths!();

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

/// A body in frames of these lengths.
fn in_frames(mut body: Bytes, lengths: impl IntoIterator<Item = usize>) -> Frames {
    let mut lengths = lengths.into_iter();
    Frames::of(std::iter::from_fn(|| {
        let len = lengths.next()?.min(body.len());
        (len > 0).then(|| body.split_to(len))
    }))
}

#[test]
fn two_mebibytes_in_small_frames_cost_at_most_twice_the_limit() {
    let body = Bytes::from(vec![b'x'; LIMIT]);
    // Of lengths that grow, so that their sums are no powers of two.
    for (what, frames) in [
        ("one octet", in_frames(body.clone(), repeat(1))),
        ("1000 octets", in_frames(body.clone(), repeat(1000))),
        ("1, 2, 3, ... octets", in_frames(body.clone(), 1..)),
    ] {
        let request = Delivery::sign(&PLATFORM, body.clone()).into_request("/");
        // The frames were allocated before the count begins, and their release is not taken from it.
        let (status, info) = cost(request.map(|_| frames));
        assert_eq!(status, StatusCode::OK);
        println!("2 MiB in frames of {what}: {} bytes at most, {} in all", info.bytes_max, info.bytes_total);
        // There is more than one copy only while it moves, and it never grows beyond the limit.
        assert!(info.bytes_max <= 2 * u64::try_from(LIMIT).unwrap() + 16 * 1024, "{info:?}");
        assert!(info.bytes_max >= u64::try_from(LIMIT).unwrap(), "the body itself was not counted: {info:?}");
    }
}

#[test]
fn a_body_costs_what_has_arrived_and_not_what_might() {
    let request = Delivery::sign(&PLATFORM, vec![b'x'; 3000]).into_request("/");
    let (status, info) = cost(request.map(|body| in_frames(body, repeat(1))));
    assert_eq!(status, StatusCode::OK);
    println!("3000 octets in one-byte frames: {} bytes at most", info.bytes_max);
    assert!(info.bytes_max < 16 * 1024, "{info:?}");
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
    // Of a stranger's key it would depend on the body whether the signature is below the modulus, and raised at all.
    let forged = |len| {
        let delivery = Delivery::sign(&PLATFORM, vec![b'x'; len]).forge(Forgery::OtherAlgorithm);
        cost(delivery.into_request("/").map(|_| Unread))
    };
    // The first of a thread makes what later ones use again.
    forged(0);
    let (status, large) = forged(LIMIT);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, none) = forged(0);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(large.bytes_total, none.bytes_total);
}

/// How often memory is allocated, when it is done once more.
fn allocations<T>(prepare: impl Fn() -> T, mut run: impl FnMut(T)) -> u64 {
    run(prepare());
    let mut prepared = Some(prepare());
    measure(|| run(prepared.take().unwrap())).count_total
}

/// Each has its use; what is above is new, and is for something or for nothing.
#[test]
fn every_allocation_for_a_delivery_is_accounted_for() {
    let genuine = || Delivery::sign(&PLATFORM, BODY).into_request("/").map(Full::new);
    let forged = || Delivery::sign(&STRANGER, BODY).into_request("/").map(Full::new);
    let malformed = || {
        let mut request = genuine();
        request.headers_mut().remove("algorithm");
        request
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let inner =
        service_fn(|request: Request<VerifiedBody>| ready(Ok::<_, Infallible>(Response::new(Some(request)))));
    let mut service = VerifyLayer::new(verifier()).layer(inner);
    let mut through_the_layer = |request: Request<Full<Bytes>>| {
        let polled = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_ready());
    };

    let verifier = verifier();
    let parse = |headers: HeaderMap| PresentedSignature::from_headers(&headers, verifier.header_names());
    let headers = || genuine().headers().clone();
    let presented = || parse(headers()).unwrap();
    // The encoded message, and on the portable path s, its Montgomery form and the running power, two buffers for the
    // conversion and two for the steps.
    let operation = if PLATFORM.verifying_key().is_fast() { 1 } else { 8 };
    let rows = [
        ("the headers, read", 0, allocations(headers, |headers| drop(parse(headers)))),
        (
            "the public operation",
            operation,
            allocations(presented, |presented| drop(verifier.begin(&presented))),
        ),
        // And the extensions of the request, a map with the proof in it.
        ("a genuine delivery", operation + 3, allocations(genuine, &mut through_the_layer)),
        // The response has a header, and the reason in its extensions.
        ("a forged delivery", operation + 2 + 3, allocations(forged, &mut through_the_layer)),
        ("malformed headers", 2 + 3, allocations(malformed, &mut through_the_layer)),
    ];
    for (what, expected, found) in rows {
        println!("{what}: {found} allocations");
        assert!(found <= expected, "{what}: {found} allocations, {expected} expected");
    }
}
