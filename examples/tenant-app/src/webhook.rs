//! What Untis calls: `POST /webhook`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use receiver_support::causes;
use tower::ServiceBuilder;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::TraceLayer;
use untis_webhook_axum::{VerifiedBytes, Verifier, VerifyLayer};
use untis_webhook_tenants::Registry;
use untis_webhook_tenants_sqlx::SqliteStore;
use untis_webhook_tower::Reason;

/// The routes. Those of yours that are not for Untis go into the outer router, before the fallback.
pub(crate) fn app(verifier: Verifier, registry: Registry<SqliteStore>) -> Router {
    let names = verifier.header_names();
    let sensitive = [names.signature.clone(), names.algorithm.clone(), AUTHORIZATION];
    let guarded = ServiceBuilder::new()
        .layer(SetSensitiveRequestHeadersLayer::new(sensitive))
        .layer(TraceLayer::new_for_http())
        .layer(VerifyLayer::new(verifier))
        .service(Router::new().route("/webhook", post(webhook)).with_state(registry));
    // By `Router::layer`, axum would tell whoever is refused for his signature which methods the path allows.
    Router::new().fallback_service(guarded)
}

/// The registry does the rest, and the handler is told of it later: the platform wants its answer now.
async fn webhook(
    State(registry): State<Registry<SqliteStore>>,
    VerifiedBytes(delivery): VerifiedBytes,
) -> Response {
    match registry.receive(&delivery).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        // The layer logs why, and the platform is told the status alone.
        Err(error) => (error.status(), Extension(Reason(causes(&error).into()))).into_response(),
    }
}
