#![doc = include_str!("../README.md")]
//!
//! # A test
//!
//! ```
//! # use axum::{Router, body::Body, http::StatusCode, routing::post};
//! # use tower::ServiceExt;
//! # use untis_webhook_axum::{KeySet, VerifiedEvent, Verifier, VerifyLayer};
//! # async fn webhook(_: VerifiedEvent) -> StatusCode { StatusCode::NO_CONTENT }
//! # fn app(verifier: Verifier) -> Router {
//! #     Router::new().route("/webhook", post(webhook)).layer(VerifyLayer::new(verifier))
//! # }
//! use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let platform = SigningKey::shared();
//! let app = app(Verifier::new(KeySet::new([("test", platform.verifying_key())])?));
//! for payload in Payload::every() {
//!     let delivery = Delivery::sign(platform, payload);
//!     let genuine = delivery.clone().into_request("/webhook").map(Body::from);
//!     assert_eq!(app.clone().oneshot(genuine).await?.status(), StatusCode::NO_CONTENT);
//!     for forgery in Forgery::ALL {
//!         let forged = delivery.clone().forge(forgery).into_request("/webhook").map(Body::from);
//!         assert_eq!(app.clone().oneshot(forged).await?.status(), StatusCode::UNAUTHORIZED);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [`School`] gives the deliveries of a tenant's whole life, with credentials that change as the platform's do.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod delivery;
mod forgery;
mod payload;
mod school;
#[cfg(feature = "send")]
mod send;
mod signing_key;
#[cfg(feature = "token-endpoint")]
mod token_endpoint;

pub use delivery::Delivery;
pub use forgery::Forgery;
pub use payload::Payload;
pub use school::{School, SchoolCredentials};
#[cfg(feature = "send")]
pub use send::SendError;
pub use signing_key::{SigningKey, SigningKeyError};
#[cfg(feature = "token-endpoint")]
pub use token_endpoint::{Fault, Lag, Refusal, TokenEndpoint};
