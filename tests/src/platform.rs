//! The pretend platform: one key for each test process, and one that is nobody's.

use std::sync::LazyLock;

use http::Request;
use untis_webhook::{KeySet, Verifier};
use untis_webhook_testkit::{Delivery, SigningKey};

/// The key that [`verifier`] trusts.
pub static PLATFORM: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

/// A key that nobody trusts.
pub static STRANGER: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

/// Trusts [`PLATFORM`] under the name `production`.
pub fn verifier() -> Verifier {
    Verifier::new(keys("production", &PLATFORM))
}

/// A set of this one key.
pub fn keys(name: &str, key: &SigningKey) -> KeySet {
    KeySet::new([(name, key.verifying_key())]).expect("one good name")
}

/// A body that the platform may send.
pub const BODY: &str = r#"{"tenantId":"12345","eventType":"DELETION"}"#;

/// A request that the platform signed over [`BODY`], with this body in its place.
pub fn genuine<B>(body: B) -> Request<B> {
    Delivery::sign(&PLATFORM, BODY).into_request("/webhook").map(|_| body)
}

/// A request that somebody else signed over [`BODY`], with this body in its place.
pub fn forged<B>(body: B) -> Request<B> {
    Delivery::sign(&STRANGER, BODY).into_request("/webhook").map(|_| body)
}
