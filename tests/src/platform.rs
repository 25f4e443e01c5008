//! The pretend platform: one key for each test process, and one that is nobody's.

use std::sync::LazyLock;

use untis_webhook::{KeySet, Verifier};
use untis_webhook_testkit::SigningKey;

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
