//! The order of the layers in the example, with spans that show headers. Alone in its process, since what is
//! logged is the process's.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue};
use tower::ServiceExt;
use tower_http::trace::DefaultMakeSpan;
use untis_webhook::HeaderNames;
use untis_webhook_tests::bodies::Frames;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, forged, genuine, verifier};

/// What a front end may have in the header that the platform's signature was moved from.
const BASIC: &str = "Basic dXNlcjpwYXNz";

#[tokio::test]
async fn the_signature_is_marked_as_sensitive_before_it_is_traced() {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.writer()).init();

    let renamed = HeaderNames {
        signature: HeaderName::from_static("x-forwarded-authorization"),
        algorithm: HeaderName::from_static("x-algorithm"),
    };
    for names in [HeaderNames::default(), renamed] {
        let verifier = verifier().with_header_names(names.clone());
        let app = axum_receiver::app_traced_in(verifier, DefaultMakeSpan::new().include_headers(true));
        for (request, answer) in [(genuine(()), 204), (forged(()), 401)] {
            let mut request = request.map(|()| Body::new(Frames::of([BODY])));
            let headers = request.headers_mut();
            let signature = headers.insert("authorization", HeaderValue::from_static(BASIC)).unwrap();
            let algorithm = headers.remove("algorithm").unwrap();
            headers.insert(&names.signature, signature.clone());
            headers.insert(&names.algorithm, algorithm.clone());
            headers.insert("x-request-id", HeaderValue::from_static("shown-as-it-is"));

            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), answer, "{names:?}");
            let log = log.take();
            assert!(log.contains("shown-as-it-is"), "the headers are not in the log: {log}");
            assert!(log.contains(names.signature.as_str()), "{log}");
            for hidden in [signature.to_str().unwrap(), algorithm.to_str().unwrap(), BASIC] {
                assert!(!log.contains(hidden), "{hidden} in {log}");
            }
        }
    }
}
