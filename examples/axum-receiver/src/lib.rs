//! A receiver of the Untis Platform's webhooks, with axum. An example: copy it, and put your own code into
//! `handle`.

mod config;

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::post;
use tower::ServiceBuilder;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::TraceLayer;
use untis_webhook_axum::{Event, Verified, VerifiedEvent, Verifier, VerifyLayer};

pub use config::{Config, ConfigError};

/// The receiver: `POST /webhook`, for deliveries that one of the verifier's keys signed.
///
/// The order of the layers matters; the first is the outermost. The signature is marked as sensitive before
/// anything could log it, every request is traced, also one that is refused, and nothing reaches the routes
/// unverified. A layer that changes the body (decompression) would stand after ours.
pub fn app(verifier: Verifier) -> Router {
    let signature_headers = [header::AUTHORIZATION, HeaderName::from_static("algorithm")];
    Router::new().route("/webhook", post(webhook)).layer(
        ServiceBuilder::new()
            .layer(SetSensitiveRequestHeadersLayer::new(signature_headers))
            .layer(TraceLayer::new_for_http())
            .layer(VerifyLayer::new(verifier)),
    )
}

async fn webhook(VerifiedEvent(event): VerifiedEvent) -> StatusCode {
    handle(&event);
    StatusCode::NO_CONTENT
}

/// What the application does with an event.
///
/// Be quick, since a slow answer is delivered again, and idempotent, since a delivery can come twice. Look at
/// the key's name: one that is trusted for tests must not write to production.
fn handle(event: &Verified<Event>) {
    // `?` escapes what a tenant might hold: one delivery is one line.
    tracing::info!(
        tenant = ?event.tenant_id().unwrap_or_default(),
        event = ?event.event_type().unwrap_or("credentials of version 1"),
        key = %event.key_id(),
        "delivery"
    );
    match &**event {
        Event::Credentials(_credentials) => {}   // store them for the tenant
        Event::Deactivation(_deactivation) => {} // forget those of the tenant
        _ => {}                                  // an event that this version does not know
    }
}
