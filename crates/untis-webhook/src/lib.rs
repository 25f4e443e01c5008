#![doc = include_str!("../README.md")]
//!
//! # A delivery
//!
//! ```
//! use untis_webhook::{Event, HeaderNames, KeySet, PresentedSignature, Rejection, Verifier, VerifyingKey};
//! # use untis_webhook_testkit::{Delivery, SigningKey};
//! # let platform = SigningKey::generate();
//! # let published_key = platform.public_key_base64();
//! # let (parts, body) = Delivery::sign(&platform, r#"{"tenantId":"12345","eventType":"DELETION"}"#)
//! #     .into_request("/webhook")
//! #     .into_parts();
//!
//! let verifier = Verifier::new(KeySet::new([("production", published_key.parse::<VerifyingKey>()?)])?);
//!
//! // Receive: the headers alone tell a forgery, before a byte of the body is read.
//! let presented = PresentedSignature::from_headers(&parts.headers, &HeaderNames::default())?;
//! // Verify: only the signed body makes a proof.
//! let delivery = verifier.verify(&presented, body)?;
//! // Handle: a key that is trusted for tests must not write to production.
//! assert_eq!(delivery.key_id(), "production");
//! match delivery.event()?.into_inner() {
//!     Event::Credentials(credentials) => println!("activated by {}", credentials.tenant_id),
//!     Event::Deactivation(deactivation) => println!("deactivated by {}", deactivation.tenant_id),
//!     other => println!("not known yet: {other:?}"),
//! }
//!
//! // The same signature over another body is refused.
//! assert_eq!(verifier.verify(&presented, "{}").unwrap_err(), Rejection::DigestMismatch);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From bytes to a proof
//!
//! | type | what holding it means |
//! |---|---|
//! | [`PresentedSignature`] | the headers have the right shape; nothing is known about who sent them |
//! | [`PendingVerification`], [`PendingBody`] | a trusted key signed *some* message with the expected digest |
//! | [`Verified`] | these bytes were signed by that key |
//! | [`Rejection`] | they were not; it says why, to the operator and not to the peer |
//!
//! # What the signature does not cover
//!
//! It covers the body and nothing else. A captured delivery verifies for ever (replay), and one key signs for
//! every application of the platform (no audience): see [`Verified`] for what that asks of a handler.

mod algorithm;
mod digest;
mod emsa;
pub mod event;
mod header_names;
mod key;
mod key_set;
mod pending;
mod pending_body;
mod presented;
mod rejection;
mod rsa;
mod rsassa;
mod verified;
mod verifier;

pub use algorithm::Algorithm;
pub use digest::Digest;
pub use event::{DecodeError, Event};
pub use header_names::HeaderNames;
pub use key::{KeyError, VerifyingKey};
pub use key_set::{KeyId, KeySet, KeySetError};
pub use pending::PendingVerification;
pub use pending_body::PendingBody;
pub use presented::PresentedSignature;
pub use rejection::Rejection;
pub use verified::Verified;
pub use verifier::Verifier;
