#![doc = include_str!("../README.md")]
//!
//! # State
//!
//! A handler has state as any other of axum's has:
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use axum::extract::State;
//! use axum::http::StatusCode;
//! use axum::routing::{get, post};
//! use untis_webhook_axum::{VerifiedEvent, Verifier, VerifyLayer};
//! # use axum::body::Body;
//! # use tower::ServiceExt;
//! # use untis_webhook_axum::KeySet;
//! # use untis_webhook_testkit::{Delivery, SigningKey};
//!
//! struct Schools {/* a pool of connections to a database, say */}
//!
//! impl Schools {
//!     async fn take(&self, event: VerifiedEvent) -> StatusCode {
//!         StatusCode::NO_CONTENT
//!     }
//! }
//!
//! async fn webhook(State(schools): State<Arc<Schools>>, event: VerifiedEvent) -> StatusCode {
//!     schools.take(event).await
//! }
//!
//! fn app(verifier: Verifier, schools: Arc<Schools>) -> Router {
//!     Router::new()
//!         .route("/webhook", post(webhook))
//!         .layer(VerifyLayer::new(verifier))
//!         // Added after the layer, so that it is open.
//!         .route("/health", get(async || "well"))
//!         .with_state(schools)
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = SigningKey::generate();
//! # let app = app(Verifier::new(KeySet::new([("k", platform.verifying_key())])?), Arc::new(Schools {}));
//! # let delivery = Delivery::sign(&platform, r#"{"tenantId":"12345","eventType":"DELETION"}"#);
//! # let request = delivery.into_request("/webhook").map(Body::from);
//! # assert_eq!(app.clone().oneshot(request).await?.status(), StatusCode::NO_CONTENT);
//! # let health = axum::http::Request::get("/health").body(Body::empty())?;
//! # assert_eq!(app.clone().oneshot(health).await?.status(), StatusCode::OK);
//! # let open = axum::http::Request::post("/webhook").body(Body::empty())?;
//! # assert_eq!(app.oneshot(open).await?.status(), StatusCode::UNAUTHORIZED);
//! # Ok(())
//! # }
//! ```
//!
//! | extractor | hands the handler |
//! |---|---|
//! | [`VerifiedEvent`] | the platform's event, decoded |
//! | [`VerifiedJson<T>`](VerifiedJson) | a type of its own, decoded from the JSON |
//! | [`VerifiedBytes`] | the signed bytes |
//!
//! None of them reads the request's body, so they can be combined, in any order, with each other and with any
//! other extractor, and the limit that axum sets for extractors does not apply: the layer's
//! [`body_limit`](VerifyLayer::body_limit) does.
//!
//! # Where the layer goes
//!
//! [`Router::layer`], [`Router::route_layer`] and [`MethodRouter::layer`] all do. `Router::layer` covers the
//! routes that were added before it and no others: a `/health` among them is refused like everything else that
//! is not signed, and one that is added (or merged) after it is open. Of `route_layer` and the layer of a
//! `MethodRouter` only requests for an existing route see the layer. Where it is missing, the extractors answer
//! 500 and log an error: nothing is handled that was not verified. A handler that takes none of them is not
//! protected by them.
//!
//! axum adds `Allow` to whatever a route answers, a refusal too, which tells a stranger that there is such a
//! path. A layer that stands around the whole router ([`Router::fallback_service`] of another) tells nothing.
//!
//! [`Router::layer`]: https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer
//! [`Router::route_layer`]: https://docs.rs/axum/0.8/axum/struct.Router.html#method.route_layer
//! [`Router::fallback_service`]: https://docs.rs/axum/0.8/axum/struct.Router.html#method.fallback_service
//! [`MethodRouter::layer`]: https://docs.rs/axum/0.8/axum/routing/method_routing/struct.MethodRouter.html#method.layer

mod extract;
mod rejection;

pub use extract::{VerifiedBytes, VerifiedEvent, VerifiedJson};
pub use rejection::ExtractRejection;
pub use untis_webhook::{
    DecodeError, Event, HeaderNames, KeyError, KeySet, KeySetError, Rejection, Verified, Verifier,
    VerifyingKey, event,
};
pub use untis_webhook_tower::{DefaultRejectionResponse, RejectionResponse, VerifyLayer};
