//! The pretend platform: one key for each test process, and one that is nobody's.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Request;
use untis_webhook::{
    Algorithm, HeaderNames, KeySet, PendingVerification, PresentedSignature, Verified, Verifier,
};
use untis_webhook_testkit::{Delivery, SigningKey};

/// The key that [`verifier`] trusts.
pub static PLATFORM: LazyLock<SigningKey> = LazyLock::new(|| KEYS[1].clone());

/// A key that nobody trusts. Its modulus is the smaller one: what it signs is in the range of [`PLATFORM`]'s, and is refused for
/// what it is.
pub static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| KEYS[0].clone());

static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| {
    let mut keys = [SigningKey::generate(), SigningKey::generate()];
    // Their encodings differ in the modulus alone.
    keys.sort_by_key(|key| BASE64_STANDARD.decode(key.public_key_base64()).expect("base64"));
    keys
});

/// Trusts [`PLATFORM`] under the name `production`.
pub fn verifier() -> Verifier {
    Verifier::new(keys("production", &PLATFORM))
}

/// A set of this one key.
pub fn keys(name: &str, key: &SigningKey) -> KeySet {
    KeySet::new([(name, key.verifying_key())]).expect("one good name")
}

/// A verification of the platform's signature over this body, before the body.
pub fn begun(body: impl Into<Bytes>) -> PendingVerification {
    begun_with(Algorithm::Sha256WithRsa, body)
}

/// The same with another algorithm.
pub fn begun_with(algorithm: Algorithm, body: impl Into<Bytes>) -> PendingVerification {
    let delivery = Delivery::sign_with(&PLATFORM, algorithm, body);
    verifier().begin(&presented(&delivery)).expect("a genuine delivery")
}

/// This body, signed by the platform and verified.
pub fn verified(body: impl Into<Bytes>) -> Verified<Bytes> {
    let delivery = Delivery::sign(&PLATFORM, body);
    verifier().verify(&presented(&delivery), delivery.body().clone()).expect("a genuine delivery")
}

/// The signature in a delivery's headers.
pub fn presented(delivery: &Delivery) -> PresentedSignature {
    PresentedSignature::from_headers(&delivery.headers(), &HeaderNames::default()).expect("good headers")
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
