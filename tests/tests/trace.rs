//! The order of the layers in the example, with a tracing layer that shows headers. Alone in its process,
//! since what is logged is the process's.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::post;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::{DefaultMakeSpan, TraceLayer};
use untis_webhook_axum::{VerifiedEvent, VerifyLayer};
use untis_webhook_tests::bodies::Frames;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, forged, genuine, verifier};

#[tokio::test]
async fn the_signature_is_marked_as_sensitive_before_it_is_traced() {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.writer()).init();

    let sensitive =
        SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION, HeaderName::from_static("algorithm")]);
    let trace = TraceLayer::new_for_http().make_span_with(DefaultMakeSpan::new().include_headers(true));
    let verify = VerifyLayer::new(verifier());
    let routes = || Router::new().route("/webhook", post(async |_: VerifiedEvent| StatusCode::NO_CONTENT));
    let right = routes()
        .layer(ServiceBuilder::new().layer(sensitive.clone()).layer(trace.clone()).layer(verify.clone()));
    let wrong = routes().layer(ServiceBuilder::new().layer(trace).layer(sensitive).layer(verify));

    for (app, shown) in [(right, false), (wrong, true)] {
        for request in [genuine, forged] {
            let request = request(Body::new(Frames::of([BODY])));
            let signature = request.headers().get("authorization").unwrap().to_str().unwrap().to_owned();
            app.clone().oneshot(request).await.unwrap();
            let log = log.take();
            assert!(log.contains("authorization"), "the headers are not in the log: {log}");
            assert_eq!(log.contains(&signature), shown, "{log}");
        }
    }
}
