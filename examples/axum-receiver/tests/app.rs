//! The application in process, without a server.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use axum::body::Body;
use tower::ServiceExt;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::{BODY, PLATFORM, STRANGER, verifier};

#[tokio::test]
async fn every_verified_event_is_204_and_everything_else_is_not() {
    let app = axum_receiver::app(verifier());
    let deliver = async |delivery: Delivery, uri: &str| {
        app.clone().oneshot(delivery.into_request(uri).map(Body::from)).await.unwrap().status().as_u16()
    };
    let unknown = r#"{"tenantId":"12345","eventType":"NOT_KNOWN_YET"}"#;
    assert_eq!(deliver(Delivery::sign(&PLATFORM, BODY), "/webhook").await, 204);
    assert_eq!(deliver(Delivery::sign(&PLATFORM, unknown), "/webhook").await, 204);
    assert_eq!(deliver(Delivery::sign(&PLATFORM, "not JSON"), "/webhook").await, 400);
    assert_eq!(deliver(Delivery::sign(&PLATFORM, "{}"), "/webhook").await, 422);
    assert_eq!(deliver(Delivery::sign(&PLATFORM, BODY), "/elsewhere").await, 404);
    assert_eq!(deliver(Delivery::sign(&STRANGER, BODY), "/webhook").await, 401);
    // Not even that there is no such route.
    assert_eq!(deliver(Delivery::sign(&STRANGER, BODY), "/elsewhere").await, 401);
}
