//! The order of the layers. Alone in its process, since what is logged is the process's.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use axum::body::Body;
use axum::http::HeaderName;
use tower::ServiceExt;
use tower_http::trace::DefaultMakeSpan;
use tracing::Level;
use untis_webhook_axum::HeaderNames;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, PLATFORM, STRANGER, verifier};

#[tokio::test]
async fn the_signature_is_marked_as_sensitive_before_it_is_traced_whatever_its_header() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(log.writer()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let signature = HeaderName::from_static("x-forwarded-authorization");
    let names =
        HeaderNames { signature: signature.clone(), algorithm: HeaderName::from_static("x-algorithm") };
    let verifier = verifier().with_header_names(names.clone());
    let app = axum_receiver::app_traced_in(verifier, DefaultMakeSpan::new().include_headers(true));
    for (key, status) in [(&PLATFORM, 204), (&STRANGER, 401)] {
        let mut request = Delivery::sign(key, BODY).into_request("/webhook").map(Body::from);
        let headers = request.headers_mut();
        let shown = headers.remove("authorization").unwrap();
        headers.insert(&names.algorithm, headers.get("algorithm").unwrap().clone());
        headers.insert(&names.signature, shown.clone());
        assert_eq!(app.clone().oneshot(request).await.unwrap().status().as_u16(), status);
        let log = log.take();
        assert!(log.contains(signature.as_str()), "the headers are not in the log: {log}");
        assert!(!log.contains(shown.to_str().unwrap()), "{log}");
    }
}
