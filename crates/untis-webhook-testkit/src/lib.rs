//! A pretend Untis Platform, for tests: throw-away keys, and deliveries signed with them. Unofficial: not
//! affiliated with Untis.
//!
//! A receiver has no way around the signature, in tests neither. They sign, with a key that lives as long as
//! they do:
//!
//! ```
//! use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Rejection, Verifier};
//! use untis_webhook_testkit::{Delivery, SigningKey};
//!
//! let platform = SigningKey::generate();
//! let verifier = Verifier::new(KeySet::new([("test", platform.verifying_key())])?);
//!
//! let delivery = Delivery::sign(&platform, r#"{"tenantId":"12345","eventType":"DELETION"}"#);
//! let request = delivery.into_request("/webhook");
//! let presented = PresentedSignature::from_headers(request.headers(), &HeaderNames::default())?;
//! assert!(verifier.verify(&presented, request.into_body()).is_ok());
//!
//! let forged = Delivery::sign(&SigningKey::generate(), "{}");
//! let presented = PresentedSignature::from_headers(&forged.headers(), &HeaderNames::default())?;
//! let verdict = verifier.verify(&presented, forged.body().clone());
//! assert_eq!(verdict.unwrap_err(), Rejection::UntrustedSignature);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod delivery;
mod signing_key;

pub use delivery::Delivery;
pub use signing_key::SigningKey;
