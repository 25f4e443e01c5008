//! A receiver of the Untis Platform's webhooks, with axum. An example: copy it, and put your own code in the
//! place of [`receiver_support::handle`].

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::routing::post;
use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, handle};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::{DefaultMakeSpan, MakeSpan, TraceLayer};
use untis_webhook_axum::{VerifiedEvent, Verifier, VerifyLayer};

/// The receiver: `POST /webhook`, for deliveries that one of the verifier's keys signed.
pub fn app(verifier: Verifier) -> Router {
    app_traced_in(verifier, DefaultMakeSpan::new())
}

/// The same, with spans of your own.
///
/// The order of the layers matters; the first is the outermost. The signature is marked as sensitive before
/// anything could log it, every request is traced, also one that is refused, and nothing reaches the routes
/// unverified. A layer that changes the body (decompression) would stand after ours.
pub fn app_traced_in(
    verifier: Verifier,
    make_span: impl MakeSpan<Body> + Clone + Send + Sync + 'static,
) -> Router {
    let names = verifier.header_names();
    // Where the signature has another header, the front end has something of its own in `Authorization`.
    let sensitive = [names.signature.clone(), names.algorithm.clone(), AUTHORIZATION];
    let guarded = ServiceBuilder::new()
        .layer(SetSensitiveRequestHeadersLayer::new(sensitive))
        .layer(TraceLayer::new_for_http().make_span_with(make_span))
        .layer(VerifyLayer::new(verifier))
        .service(Router::new().route("/webhook", post(webhook)));
    // By `Router::layer`, axum would tell whoever is refused for his signature which methods the path allows.
    Router::new().fallback_service(guarded)
}

async fn webhook(VerifiedEvent(event): VerifiedEvent) -> StatusCode {
    handle(&event);
    StatusCode::NO_CONTENT
}

/// Serves [`app`] until it is to stop, and then ends what has begun.
///
/// [`axum::serve`](fn@axum::serve) would do so too, without a limit on what a stranger leaves open.
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop) {
    receiver_support::serve(listener, TowerToHyperService::new(app(verifier)), stop).await;
}
