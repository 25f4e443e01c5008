//! A receiver of the Untis Platform's webhooks, with axum. An example: copy it, and put your own code in the
//! place of [`receiver_support::handle`].

use std::io;

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::post;
use receiver_support::{Stop, handle};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::TraceLayer;
use untis_webhook_axum::{VerifiedEvent, Verifier, VerifyLayer};

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

/// Serves [`app`] until it is to stop, and then ends what has begun.
///
/// # Errors
///
/// Those of [`axum::serve`](fn@axum::serve).
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop) -> io::Result<()> {
    axum::serve(listener, app(verifier)).with_graceful_shutdown(stop).await
}
