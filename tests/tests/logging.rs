//! What the layer logs. Alone in its process, since what is logged is the process's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it is surprised"
)]

use std::convert::Infallible;

use http::{Request, Response};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;
use untis_webhook_tests::bodies::{Frames, Unread};
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, forged, genuine, verifier};
use untis_webhook_tower::{VerifiedBody, VerifyLayer};

#[tokio::test]
async fn a_rejection_is_logged_once_without_header_or_body_and_nothing_else_is() {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.writer()).init();

    let handler = service_fn(async |_: Request<VerifiedBody>| Ok::<_, Infallible>(Response::new(())));
    let service = VerifyLayer::new(verifier()).layer(handler);
    let tampered = genuine(Frames::of(["another body"]));
    let signature = tampered.headers().get("authorization").unwrap().to_str().unwrap().to_owned();
    service.clone().oneshot(tampered).await.unwrap();
    service.clone().oneshot(forged(Unread)).await.unwrap();
    service.oneshot(genuine(Frames::of([BODY]))).await.unwrap();

    let log = log.take();
    let lines: Vec<_> = log.lines().collect();
    let [tampered, forged] = lines[..] else { panic!("two lines expected: {log}") };
    assert!(tampered.contains("DEBUG") && tampered.contains("rejection=DigestMismatch"), "{tampered}");
    assert!(forged.contains("DEBUG") && forged.contains("rejection=UntrustedSignature"), "{forged}");
    assert!(
        !log.contains(&signature[..8]) && !log.contains("another body") && !log.contains("12345"),
        "{log}"
    );
}
