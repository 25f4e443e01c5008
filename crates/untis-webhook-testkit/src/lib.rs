//! A pretend Untis Platform, for tests: throw-away keys, every documented payload, and deliveries signed with
//! them, or forged. Unofficial: not affiliated with Untis.
//!
//! A receiver has no way around the signature, in tests neither. They sign, with a key that lives as long as
//! they do:
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
//!
//! With the feature `send`, a delivery can be posted to a receiver that listens: `Delivery::send`. With the feature
//! `token-endpoint`, a `TokenEndpoint` gives tokens for a school's current credentials, refuses the others, can lag and
//! fail: what an application does in a rotation becomes a test.
//!
//! Keys are made quickly only by optimised code. In the `Cargo.toml` of the workspace:
//!
//! ```toml
//! [profile.dev.package]
//! crypto-bigint.opt-level = 3
//! crypto-primes.opt-level = 3
//! rsa.opt-level = 3
//! ```

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
