//! The axum adapter: where the layer may go, what the extractors give, and that nothing is handled without
//! the layer.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower::{ServiceBuilder, ServiceExt};
use untis_webhook_axum::{
    Event, ExtractRejection, VerifiedBytes, VerifiedEvent, VerifiedJson, VerifyLayer, event::ReasonType,
};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Unread};
use untis_webhook_tests::platform::{BODY, PLATFORM, forged, genuine, verifier};

fn layer() -> VerifyLayer {
    VerifyLayer::new(verifier())
}

fn signed(body: impl Into<Bytes>) -> Request<Body> {
    Delivery::sign(&PLATFORM, body).into_request("/webhook").map(Body::from)
}

async fn status(app: &Router, request: Request<Body>) -> StatusCode {
    app.clone().oneshot(request).await.unwrap().status()
}

async fn handle(VerifiedEvent(event): VerifiedEvent) -> StatusCode {
    assert_eq!(event.key_id(), "production");
    assert_eq!(event.tenant_id(), Some("12345"));
    StatusCode::NO_CONTENT
}

#[tokio::test]
async fn the_layer_may_be_the_routers_the_routes_or_the_methods() {
    for (place, app) in [
        ("Router::layer", Router::new().route("/webhook", post(handle)).layer(layer())),
        ("Router::route_layer", Router::new().route("/webhook", post(handle)).route_layer(layer())),
        ("MethodRouter::layer", Router::new().route("/webhook", post(handle).layer(layer()))),
        (
            "Handler::layer",
            Router::new().route("/webhook", post(axum::handler::Handler::layer(handle, layer()))),
        ),
        ("nested", Router::new().nest("/webhook", Router::new().route("/", post(handle)).layer(layer()))),
        (
            "ServiceBuilder",
            Router::new().route("/webhook", post(handle)).layer(ServiceBuilder::new().layer(layer())),
        ),
        (
            "outside another middleware",
            Router::new()
                .route("/webhook", post(handle))
                .layer(middleware::from_fn(async |request, next: middleware::Next| next.run(request).await))
                .layer(layer()),
        ),
    ] {
        assert_eq!(status(&app, signed(BODY)).await, StatusCode::NO_CONTENT, "{place}");
        assert_eq!(status(&app, forged(Body::new(Unread))).await, StatusCode::UNAUTHORIZED, "{place}");
        let tampered = genuine(Body::new(Frames::of(["another body"])));
        assert_eq!(status(&app, tampered).await, StatusCode::UNAUTHORIZED, "{place}");
    }
}

#[tokio::test]
async fn without_the_layer_every_extractor_answers_500() {
    async fn json(_: VerifiedJson<serde_json::Value>) -> StatusCode {
        StatusCode::NO_CONTENT
    }
    async fn bytes(_: VerifiedBytes) -> StatusCode {
        StatusCode::NO_CONTENT
    }
    let routes = || {
        Router::new().route("/webhook", post(handle)).route("/json", post(json)).route("/bytes", post(bytes))
    };
    for (what, app, expected) in [
        ("no layer", routes(), StatusCode::INTERNAL_SERVER_ERROR),
        // An axum layer covers the routes that were added before it, and no others.
        (
            "a layer before the routes",
            Router::new().layer(layer()).merge(routes()),
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
        ("the layer", routes().layer(layer()), StatusCode::NO_CONTENT),
    ] {
        for uri in ["/webhook", "/json", "/bytes"] {
            let mut request = signed(BODY);
            *request.uri_mut() = uri.parse().unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), expected, "{what}, {uri}");
            assert!(to_bytes(response.into_body(), 1).await.unwrap().is_empty(), "{what}, {uri}");
        }
    }
}

#[tokio::test]
async fn the_extractors_can_be_combined_in_any_order() {
    #[derive(serde::Deserialize)]
    struct Own {
        #[serde(rename = "tenantId")]
        tenant: String,
    }
    async fn all(
        VerifiedBytes(bytes): VerifiedBytes,
        VerifiedJson(own): VerifiedJson<Own>,
        VerifiedEvent(event): VerifiedEvent,
        body: Bytes,
    ) -> StatusCode {
        assert_eq!(bytes[..], *BODY.as_bytes());
        assert_eq!(body, BODY);
        assert_eq!(own.tenant, "12345");
        assert!(matches!(*event, Event::Deactivation(_)));
        for key_id in [bytes.key_id(), own.key_id(), event.key_id()] {
            assert_eq!(key_id, "production");
        }
        StatusCode::NO_CONTENT
    }
    let app = Router::new().route("/webhook", post(all)).layer(layer());
    assert_eq!(status(&app, signed(BODY)).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_extractor_that_cannot_decode_answers_400_or_422_and_repeats_nothing() {
    let app = Router::new().route("/webhook", post(handle)).layer(layer());
    for (body, expected) in [
        ("secret: not JSON", StatusCode::BAD_REQUEST),
        (r#"["secret"]"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"tenantId":"12345","eventType":"CREATED","secret":"x"}"#, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let response = app.clone().oneshot(signed(body)).await.unwrap();
        assert_eq!(response.status(), expected, "{body}");
        assert!(to_bytes(response.into_body(), 1).await.unwrap().is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_handler_can_take_the_rejection_itself() {
    async fn own(event: Result<VerifiedEvent, ExtractRejection>) -> impl IntoResponse {
        match event {
            Ok(_) => StatusCode::NO_CONTENT.into_response(),
            Err(rejection) => (StatusCode::IM_A_TEAPOT, rejection.to_string()).into_response(),
        }
    }
    let app = Router::new().route("/webhook", post(own)).layer(layer());
    let response = app.clone().oneshot(signed("{}")).await.unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "expected the field tenantId, found none");
    assert_eq!(status(&app, signed(BODY)).await, StatusCode::NO_CONTENT);
}

/// axum's extractors take 2 MB at most, unless told otherwise.
#[tokio::test]
async fn axums_own_limit_does_not_bite_a_verified_body() {
    async fn reason(VerifiedEvent(event): VerifiedEvent) -> StatusCode {
        match event.into_inner() {
            Event::Deactivation(deactivation) => match deactivation.reason_type {
                Some(ReasonType::Unknown(code)) if code.len() == 3_000_000 => StatusCode::NO_CONTENT,
                _ => StatusCode::IM_A_TEAPOT,
            },
            _ => StatusCode::IM_A_TEAPOT,
        }
    }
    async fn axums_own(_: Bytes) -> StatusCode {
        StatusCode::NO_CONTENT
    }
    let app = Router::new()
        .route("/webhook", post(reason))
        .route("/axum", post(axums_own))
        .layer(layer().body_limit(4_000_000));
    let code = "x".repeat(3_000_000);
    let body = format!(r#"{{"tenantId":"12345","eventType":"DELETION","reasonType":"{code}"}}"#);
    assert_eq!(status(&app, signed(body.clone())).await, StatusCode::NO_CONTENT);
    // The limit is there: axum's own extractor runs into it.
    let mut request = signed(body);
    *request.uri_mut() = "/axum".parse().unwrap();
    assert_eq!(status(&app, request).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn routes_that_are_added_after_the_layer_are_not_covered_by_it() {
    let app = Router::new()
        .route("/webhook", post(handle))
        .route_layer(layer())
        .route("/health", get(async || StatusCode::OK));
    let health = Request::get("/health").body(Body::empty()).unwrap();
    assert_eq!(status(&app, health).await, StatusCode::OK);
    let unsigned = Request::post("/webhook").body(Body::empty()).unwrap();
    assert_eq!(status(&app, unsigned).await, StatusCode::UNAUTHORIZED);
}
