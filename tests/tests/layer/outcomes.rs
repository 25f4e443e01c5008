//! What becomes of a delivery that is genuine: whatever is not answered with a success is one line at `WARN`, in every
//! stack, since the platform may not send it again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is surprised")]

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::service::Service as _;
use tower::limit::ConcurrencyLimit;
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;
use tracing::subscriber::DefaultGuard;
use untis_webhook::{DecodeError, Event, Verified};
use untis_webhook_axum::{ExtractRejection, VerifiedEvent};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Stalled};
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, PLATFORM, forged, genuine, verifier};
use untis_webhook_tower::{Reason, VerifiedBody, VerifyLayer};
use warp::Filter;

/// What this thread logs at `INFO` and above.
fn logged() -> (Log, DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.writer()).with_ansi(false).finish();
    (log.clone(), tracing::subscriber::set_default(subscriber))
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(verifier())
}

/// A body of the platform's for `/webhook`.
fn signed(body: &'static str) -> Request<Full<Bytes>> {
    Delivery::sign(&PLATFORM, body).into_request("/webhook").map(Full::new)
}

/// The one line that there is.
fn line(log: &Log) -> String {
    let text = log.take();
    let mut lines = text.lines();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        panic!("expected one line, found {text:?}")
    };
    assert!(line.contains(" WARN untis_webhook_tower"), "{line}");
    line.to_owned()
}

#[tokio::test]
async fn only_what_is_genuine_and_not_answered_with_success_is_a_line() {
    let (log, _guard) = logged();
    for status in [200, 202, 204, 299, 302, 304, 404, 405, 409, 422, 500, 503] {
        let answer = move |_: Request<VerifiedBody>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(()).unwrap())
        };
        let service = layer().layer(service_fn(answer));
        service.clone().oneshot(forged(Frames::of([BODY]))).await.unwrap();
        service.clone().oneshot(genuine(Frames::of(["{}"]))).await.unwrap();
        assert_eq!(log.take(), "", "what is not genuine is not at this level");
        service.oneshot(genuine(Frames::of([BODY]))).await.unwrap();
        match status {
            200..300 => assert_eq!(log.take(), "", "{status}"),
            _ => assert!(
                line(&log).ends_with(&format!(
                    "verified webhook delivery not answered with success: the handler's answer status={status} \
                     method=POST path=\"/webhook\" key=production tenant=\"12345\" event=\"DELETION\""
                )),
                "{status}"
            ),
        }
    }
}

#[tokio::test]
async fn a_delivery_that_gets_no_answer_is_a_line() {
    let (log, _guard) = logged();
    let failing =
        layer().layer(service_fn(async |_: Request<VerifiedBody>| Err::<Response<()>, _>("failed")));
    failing.oneshot(genuine(Frames::of([BODY]))).await.unwrap_err();
    assert!(line(&log).contains("the handler's error method=POST"));

    // The peer has gone while the handler worked, and while another waited for the handler's place.
    let mut cx = Context::from_waker(Waker::noop());
    let working =
        service_fn(|_: Request<VerifiedBody>| std::future::pending::<Result<Response<()>, Infallible>>());
    let service = layer().layer(ConcurrencyLimit::new(working, 1));
    let mut works = Box::pin(service.clone().oneshot(genuine(Frames::of([BODY]))));
    assert!(works.as_mut().poll(&mut cx).is_pending());
    let mut waits = Box::pin(service.clone().oneshot(genuine(Frames::of([BODY]))));
    assert!(waits.as_mut().poll(&mut cx).is_pending());
    drop(waits);
    assert!(line(&log).contains("dropped before the handler answered"));
    drop(works);
    assert!(line(&log).contains("dropped before the handler answered"));
    // Nothing was verified yet.
    let mut reads = Box::pin(service.oneshot(genuine(Stalled)));
    assert!(reads.as_mut().poll(&mut cx).is_pending());
    drop(reads);
    assert_eq!(log.take(), "");

    let panicking =
        |_: Request<VerifiedBody>| -> std::future::Ready<Result<Response<()>, Infallible>> { panic!() };
    let mut future = Box::pin(layer().layer(service_fn(panicking)).oneshot(genuine(Frames::of([BODY]))));
    let poll = AssertUnwindSafe(|| future.as_mut().poll(&mut cx).is_ready());
    std::panic::catch_unwind(poll).unwrap_err();
    drop(future);
    assert!(line(&log).contains("dropped before the handler answered"));
}

#[tokio::test]
async fn two_layers_make_one_line_and_it_has_the_handlers_reason() {
    let (log, _guard) = logged();
    let unavailable = service_fn(async |_: Request<VerifiedBody>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.extensions_mut().insert(Reason("no database".into()));
        Ok::<_, Infallible>(response)
    });
    let service = layer().layer(layer().layer(unavailable));
    service.oneshot(genuine(Frames::of([BODY]))).await.unwrap();
    assert!(line(&log).contains("not answered with success: no database"));
}

#[tokio::test]
async fn a_line_has_no_query_and_an_end() {
    let (log, _guard) = logged();
    let not_found = service_fn(async |_: Request<VerifiedBody>| {
        Ok::<_, Infallible>(Response::builder().status(404).body(()).unwrap())
    });
    let body =
        format!(r#"{{"tenantId":"{}\u001b[2J","eventType":"X\n{}"}}"#, "7".repeat(500), "y".repeat(500));
    let uri = format!("/{}?token=hidden", "p".repeat(500));
    let request = Delivery::sign(&PLATFORM, body).into_request(&uri).map(|body| Frames::of([body]));
    layer().layer(not_found).oneshot(request).await.unwrap();
    let line = line(&log);
    assert!(line.len() < 700 && !line.contains("hidden") && !line.contains('\u{1b}'), "{line}");
}

/// What cannot be read is the reason, in every stack; and it is in the response for whoever counts.
#[tokio::test]
async fn a_payload_that_cannot_be_read_is_one_line_in_every_stack() {
    let (log, _guard) = logged();
    const NO_PASSWORD: &str = r#"{"tenantId":"12345","clientId":"c","secret":"test-secret","password":["hidden"],"host":"h","eventType":"RESET"}"#;
    let error = DecodeError::NotText("password");
    let check = |stack: &str, status: StatusCode| {
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{stack}");
        let line = line(&log);
        assert!(line.contains(&format!("not answered with success: {error} status=422 ")), "{stack}: {line}");
        // warp does not say what the path is.
        let target = if stack == "warp" { "method=POST key=" } else { "method=POST path=\"/webhook\" key=" };
        assert!(line.contains(target), "{stack}: {line}");
        assert!(!line.contains("hidden") && !line.contains("test-secret"), "{stack}: {line}");
    };

    let app =
        Router::new().route("/webhook", post(async |_: VerifiedEvent| StatusCode::NO_CONTENT)).layer(layer());
    let response = app.oneshot(signed(NO_PASSWORD).map(axum::body::Body::new)).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&ExtractRejection::Decode(error.clone())));
    check("axum", response.status());

    let handler = hyper::service::service_fn(async |request: Request<VerifiedBody>| {
        let mut response = Response::new(Full::<Bytes>::default());
        *response.status_mut() = request.body().verified().event().unwrap_err().status();
        Ok::<_, Infallible>(response)
    });
    let response =
        untis_webhook_hyper::Verify::new(verifier(), handler).call(signed(NO_PASSWORD)).await.unwrap();
    check("hyper", response.status());

    let endpoint = untis_webhook_warp::endpoint(layer(), async |_: Verified<Event>| StatusCode::NO_CONTENT);
    let with = untis_webhook_warp::endpoint_with(warp::path!("webhook").map(|| 7), layer(), async |_, _| "");
    for routes in [
        warp::path!("webhook").and(endpoint).map(warp::Reply::into_response).boxed(),
        with.map(warp::Reply::into_response).boxed(),
    ] {
        let mut service = warp::service(routes);
        let response = Service::call(&mut service, signed(NO_PASSWORD)).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&error));
        check("warp", response.status());
    }
}

/// Whatever the handler makes of it: the layer is what every stack has.
#[tokio::test]
async fn what_is_left_out_of_a_delivery_is_named_in_one_line() {
    const NUMBER: &str = r#"{"tenantId":12345,"eventType":"DELETION","reasonText":7,"added":7}"#;
    for (status, expected) in
        [(204, "not all as documented status=204"), (503, "the handler's answer status=503")]
    {
        let (log, _guard) = logged();
        let answer = move |_: Request<VerifiedBody>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(()).unwrap())
        };
        layer().layer(service_fn(answer)).oneshot(signed(NUMBER)).await.unwrap();
        let line = line(&log);
        assert!(line.contains(expected), "{line}");
        let fields = r#"tenant="12345" event="DELETION" irregular=["tenantId", "reasonText"]"#;
        assert!(line.ends_with(fields), "{line}");
    }
}

fn never_called(_: Request<VerifiedBody>) -> std::future::Ready<Result<Response<Full<Bytes>>, Infallible>> {
    panic!("the handler was called")
}

/// Ready the first time, and then it panics: each time that it is polled again.
fn assert_over<F: Future>(what: &str, future: F) {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_ready(), "{what}: pending");
    for _ in 0..3 {
        let again = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx).is_ready()));
        let reason = again.unwrap_err();
        assert_eq!(reason.downcast_ref(), Some(&"polled after its end"), "{what}");
    }
}

/// What is left of the body would make it whole: whoever went on would call the handler.
#[tokio::test]
async fn a_future_that_is_polled_after_its_end_never_calls_the_handler() {
    let small = layer().body_limit(BODY.len());
    let whole_later = || Frames::of([&BODY[..9]]).then_disconnect().then([&BODY[9..]]);
    for (what, layer, frames) in [
        ("another body", layer(), Frames::of(["another body"])),
        ("too large", small, Frames::of([BODY, BODY])),
        ("disconnected, and then the rest", layer(), whole_later()),
        ("disconnected, and then all", layer(), Frames::of([""; 0]).then_disconnect().then([BODY])),
    ] {
        let mut service = layer.layer(service_fn(never_called));
        assert_over(what, service.call(genuine(frames)));
    }
    assert_over("forged", layer().layer(service_fn(never_called)).call(forged(Frames::of([BODY]))));
    let hyper = untis_webhook_hyper::Verify::new(verifier(), hyper::service::service_fn(never_called));
    assert_over("hyper", hyper.call(genuine(whole_later())));

    let answers = service_fn(async |_: Request<VerifiedBody>| Ok::<_, Infallible>(Response::new(())));
    assert_over("answered", layer().layer(answers).call(genuine(Frames::of([BODY]))));
    let fails = service_fn(async |_: Request<VerifiedBody>| Err::<Response<()>, _>("failed"));
    assert_over("failed", layer().layer(fails).call(genuine(Frames::of([BODY]))));
}

/// A service that panics when it is asked for its readiness is not asked again.
#[tokio::test]
async fn a_future_that_has_panicked_never_calls_the_handler() {
    /// Panics once, and is ready then.
    #[derive(Clone)]
    struct PanicsOnce(bool);
    impl Service<Request<VerifiedBody>> for PanicsOnce {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<Full<Bytes>>, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            assert!(std::mem::replace(&mut self.0, true), "not ready");
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
            never_called(request)
        }
    }
    let mut future = pin!(layer().layer(PanicsOnce(false)).call(genuine(Frames::of([BODY]))));
    for reason in ["not ready", "polled after its end"] {
        let mut cx = Context::from_waker(Waker::noop());
        let poll = AssertUnwindSafe(|| future.as_mut().poll(&mut cx).is_ready());
        assert_eq!(std::panic::catch_unwind(poll).unwrap_err().downcast_ref(), Some(&reason));
    }
}
