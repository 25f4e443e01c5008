//! The contract of `tower::Service`: the inner service is called only when it has said that it is ready, and
//! what has not been verified holds none of its capacity.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is surprised"
)]

use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::timeout;
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::load_shed::error::Overloaded;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook::Rejection;
use untis_webhook_tests::bodies::{Frames, Guarded, Stalled, Unread};
use untis_webhook_tests::platform::{BODY, STRANGER, forged, genuine, keys, verifier};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

fn layer() -> VerifyLayer {
    VerifyLayer::new(verifier())
}

fn whole() -> Frames {
    Frames::of([BODY])
}

/// Answers 200.
fn ok()
-> impl Service<Request<VerifiedBody>, Response = Response<()>, Error = Infallible, Future: Send> + Clone + Send
{
    service_fn(async |_: Request<VerifiedBody>| Ok(Response::new(())))
}

/// Panics when it is called without having been driven to readiness. A clone has not been, whatever the
/// original has.
#[derive(Default)]
struct Probe {
    counts: Arc<Counts>,
    is_ready: bool,
}

#[derive(Default)]
struct Counts {
    clones: AtomicUsize,
    polls: AtomicUsize,
    calls: AtomicUsize,
    not_yet: AtomicBool,
    fails: AtomicBool,
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        self.counts.clones.fetch_add(1, Ordering::SeqCst);
        Self { counts: Arc::clone(&self.counts), is_ready: false }
    }
}

impl Service<Request<VerifiedBody>> for Probe {
    type Response = Response<()>;
    type Error = &'static str;
    type Future = Ready<Result<Response<()>, &'static str>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.counts.polls.fetch_add(1, Ordering::SeqCst);
        if self.counts.fails.load(Ordering::SeqCst) {
            return Poll::Ready(Err("broken"));
        }
        if self.counts.not_yet.swap(false, Ordering::SeqCst) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<VerifiedBody>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without having been driven to readiness");
        self.counts.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new(())))
    }
}

#[tokio::test]
async fn the_inner_service_is_driven_to_readiness_for_each_call() {
    let probe = Probe::default();
    let counts = Arc::clone(&probe.counts);
    let mut service = layer().layer(probe);
    for calls in 1..=3 {
        counts.not_yet.store(true, Ordering::SeqCst);
        let request = genuine(whole());
        (&mut service).oneshot(request).await.unwrap();
        assert_eq!(counts.calls.load(Ordering::SeqCst), calls);
    }
    // Once in vain and once with success, each time.
    assert_eq!(counts.polls.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn the_layer_is_ready_though_the_inner_service_is_not() {
    let probe = Probe::default();
    probe.counts.not_yet.store(true, Ordering::SeqCst);
    let mut service = layer().layer(probe);
    let ready = Service::<Request<Unread>>::poll_ready(&mut service, &mut Context::from_waker(Waker::noop()));
    assert_eq!(ready, Poll::Ready(Ok(())));
}

#[tokio::test]
async fn the_inner_service_is_not_asked_before_the_body_is_verified() {
    let probe = Probe::default();
    let counts = Arc::clone(&probe.counts);
    let mut service = layer().layer(probe);
    let mut cx = Context::from_waker(Waker::noop());
    let mut stalled = pin!(service.call(genuine(Stalled)));
    assert!(stalled.as_mut().poll(&mut cx).is_pending());
    assert_eq!(counts.polls.load(Ordering::SeqCst), 0);

    service.call(genuine(Frames::of(["another body"]))).await.unwrap();
    assert_eq!(counts.polls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_forged_request_does_not_even_clone_the_inner_service() {
    let probe = Probe::default();
    let counts = Arc::clone(&probe.counts);
    let mut service = layer().layer(probe);
    let request = forged(Unread);
    let response = (&mut service).oneshot(request).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&Rejection::UntrustedSignature));
    assert_eq!(counts.clones.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_error_of_readiness_is_the_answer() {
    let probe = Probe::default();
    probe.counts.fails.store(true, Ordering::SeqCst);
    let service = layer().layer(probe);
    assert_eq!(service.oneshot(genuine(whole())).await.unwrap_err(), "broken");
}

#[tokio::test(start_paused = true)]
async fn a_stalled_unverified_upload_blocks_nobody() {
    let handler = service_fn(async |_: Request<VerifiedBody>| Ok::<_, Infallible>(Response::new(())));
    let limited = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1)).service(handler);
    let mut cx = Context::from_waker(Waker::noop());

    let mut stalled: Vec<_> = (0..100).map(|_| Box::pin(limited.clone().oneshot(genuine(Stalled)))).collect();
    for upload in &mut stalled {
        assert!(upload.as_mut().poll(&mut cx).is_pending());
    }
    for _ in 0..3 {
        // The clock goes on when nobody has anything to do but to wait for it.
        let answer = timeout(Duration::from_secs(1), limited.clone().oneshot(genuine(whole())));
        let response = answer.await.expect("it waits for an upload that is not verified").unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    for upload in &mut stalled {
        assert!(upload.as_mut().poll(&mut cx).is_pending());
    }
}

#[tokio::test]
async fn verified_requests_share_the_inner_capacity_in_turn() {
    static AT_WORK: AtomicUsize = AtomicUsize::new(0);
    let handler = service_fn(async |_: Request<VerifiedBody>| {
        assert_eq!(AT_WORK.fetch_add(1, Ordering::SeqCst), 0, "two at once");
        tokio::task::yield_now().await;
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
        Ok::<_, Infallible>(Response::new(()))
    });
    let limited = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1)).service(handler);
    let request = || genuine(whole());
    let requests: Vec<_> = (0..100).map(|_| tokio::spawn(limited.clone().oneshot(request()))).collect();
    for request in requests {
        assert_eq!(request.await.unwrap().unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_buffer_inside_or_outside_does() {
    let inside = layer().layer(Buffer::new(ok(), 4));
    assert_eq!(inside.oneshot(genuine(whole())).await.unwrap().status(), StatusCode::OK);
    let outside = Buffer::new(layer().layer(ok()), 4);
    assert_eq!(outside.oneshot(genuine(whole())).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_load_shed_inside_sheds_verified_requests_alone() {
    let busy = service_fn(|_: Request<VerifiedBody>| pending::<Result<Response<()>, Infallible>>());
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(1))
        .service(busy);
    let mut cx = Context::from_waker(Waker::noop());
    let mut working = Box::pin(service.clone().oneshot(genuine(whole())));
    assert!(working.as_mut().poll(&mut cx).is_pending());

    let shed = service.clone().oneshot(genuine(whole())).await.unwrap_err();
    assert!(shed.is::<Overloaded>());
    let refused = service.clone().oneshot(forged(Unread)).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    drop(working);
    let mut next = Box::pin(service.oneshot(genuine(whole())));
    assert!(next.as_mut().poll(&mut cx).is_pending());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_outside_counts_the_body_and_one_inside_does_not() {
    let second = Duration::from_secs(1);
    let outside = ServiceBuilder::new().layer(TimeoutLayer::new(second)).layer(layer()).service(ok());
    assert!(outside.clone().oneshot(genuine(Stalled)).await.unwrap_err().is::<Elapsed>());
    assert_eq!(outside.oneshot(genuine(whole())).await.unwrap().status(), StatusCode::OK);

    let inside = ServiceBuilder::new().layer(layer()).layer(TimeoutLayer::new(second)).service(ok());
    let stalled = inside.clone().oneshot(genuine(Stalled)).await.unwrap();
    assert_eq!(stalled.extensions().get(), Some(&Rejection::BodyTimeout));
    let busy = service_fn(|_: Request<VerifiedBody>| pending::<Result<Response<()>, Infallible>>());
    let inside = ServiceBuilder::new().layer(layer()).layer(TimeoutLayer::new(second)).service(busy);
    assert!(inside.oneshot(genuine(whole())).await.unwrap_err().is::<Elapsed>());
}

/// tower's own mock: it says when it is ready, and fails when it is called without.
#[tokio::test]
async fn a_mock_gets_the_verified_requests_and_no_others() {
    let (mock, mut handle) = tower_test::mock::pair::<Request<VerifiedBody>, Response<()>>();
    let service = layer().layer(mock);
    handle.allow(0);
    let refused = service.clone().oneshot(forged(Unread)).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);

    let mut waiting = Box::pin(service.oneshot(genuine(whole())));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert!(pin!(handle.next_request()).poll(&mut cx).is_pending(), "called before it was ready");

    handle.allow(1);
    let (response, request) = tokio::join!(waiting, async {
        let (request, answer) = handle.next_request().await.unwrap();
        answer.send_response(Response::new(()));
        request
    });
    assert_eq!(response.unwrap().status(), StatusCode::OK);
    assert_eq!(request.into_body().into_verified().into_inner(), BODY);
}

#[tokio::test]
async fn clones_share_nothing_but_the_keys() {
    let verifier = verifier();
    let service = VerifyLayer::new(verifier.clone()).layer(ok());
    let clone = service.clone();
    verifier.replace_keys(keys("next", &STRANGER));
    for service in [service, clone] {
        assert_eq!(
            service.clone().oneshot(genuine(Unread)).await.unwrap().status(),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(service.oneshot(forged(whole())).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_dropped_future_releases_everything() {
    let alive = Arc::new(());
    let mut cx = Context::from_waker(Waker::noop());
    let handler =
        service_fn(|_: Request<VerifiedBody>| std::future::pending::<Result<Response<()>, Infallible>>());
    let service = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1)).service(handler);

    // While it reads.
    let mut reading = Box::pin(service.clone().oneshot(genuine(Guarded::new(Stalled, &alive))));
    assert!(reading.as_mut().poll(&mut cx).is_pending());
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(reading);
    assert_eq!(Arc::strong_count(&alive), 1);

    // While the handler works (the body is gone by then), and while another waits for the handler's place.
    let body = || Guarded::new(whole(), &alive);
    let mut working = Box::pin(service.clone().oneshot(genuine(body())));
    assert!(working.as_mut().poll(&mut cx).is_pending());
    let mut waiting = Box::pin(service.clone().oneshot(genuine(body())));
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert_eq!(Arc::strong_count(&alive), 1);
    drop(waiting);
    drop(working);

    // The one place is free again.
    let mut next = Box::pin(service.oneshot(genuine(body())));
    assert!(next.as_mut().poll(&mut cx).is_pending());
}
