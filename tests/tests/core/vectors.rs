//! Deliveries that other programs signed, through the core.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it is surprised"
)]

use bytes::Bytes;
use untis_webhook::{KeySet, PresentedSignature, Rejection, Verified, Verifier, VerifyingKey};
use untis_webhook_tests::vectors::{self, Delivery};

fn verifier(name: &str, key: &[u8]) -> Verifier {
    Verifier::new(KeySet::new([(name, VerifyingKey::from_bytes(key).unwrap())]).unwrap())
}

fn presented(delivery: &Delivery) -> PresentedSignature {
    PresentedSignature::parse(&delivery.algorithm, &delivery.authorization).unwrap()
}

fn verify(delivery: &Delivery, body: &[u8]) -> Result<Verified<Bytes>, Rejection> {
    verifier(&delivery.name, &delivery.key).verify(&presented(delivery), body.to_vec())
}

#[test]
fn what_java_and_openssl_signed_is_verified() {
    let deliveries = vectors::deliveries();
    let names: Vec<_> = deliveries.iter().map(|delivery| delivery.name.as_str()).collect();
    assert_eq!(
        names,
        ["java-sha256", "java-sha384", "java-sha512", "openssl-sha256", "openssl-sha384", "openssl-sha512"]
    );
    for delivery in &deliveries {
        let verified = verify(delivery, &delivery.body).unwrap();
        assert_eq!(verified.key_id(), delivery.name.as_str());
        assert_eq!(verified.algorithm().java_name(), delivery.algorithm);
        assert!(verified.event().unwrap().event_type().is_some() || delivery.name == "java-sha384");
        assert_eq!(verify(delivery, &delivery.body[1..]).unwrap_err(), Rejection::DigestMismatch);
    }
}

#[test]
fn no_key_but_the_signers_verifies_a_delivery() {
    for delivery in vectors::deliveries() {
        for other in vectors::deliveries().into_iter().filter(|other| other.name != delivery.name) {
            let verdict = verifier(&other.name, &other.key).begin(&presented(&delivery));
            assert_eq!(
                verdict.unwrap_err(),
                Rejection::UntrustedSignature,
                "{} by {}",
                delivery.name,
                other.name
            );
        }
    }
}

/// The header of the documentation's example was made by the calendar-integration key, over another body than
/// the one printed beside it.
#[test]
fn the_published_example_is_signed_by_one_published_key_over_another_body() {
    let delivery = vectors::published_delivery();
    for environment in ["production", "integration"] {
        let verifier = verifier(environment, vectors::published_key(environment).as_bytes());
        assert_eq!(
            verifier.begin(&presented(&delivery)).unwrap_err(),
            Rejection::UntrustedSignature,
            "{environment}"
        );
    }
    let pending = verifier(&delivery.name, &delivery.key).begin(&presented(&delivery)).unwrap();
    assert_eq!(
        pending.expected_digest().to_string(),
        "c06da8ac8b59a12b5eb10e1e9d9da140f9e3fee260e18c1d4fa0b355e47c04bd"
    );
    assert_eq!(verify(&delivery, &delivery.body).unwrap_err(), Rejection::DigestMismatch);
}
