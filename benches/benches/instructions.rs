//! The hot paths, for callgrind to count what they execute: `.ci/instructions`.
#![allow(clippy::unwrap_used, reason = "a bench stops where it is surprised")]

use std::hint::black_box;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::Full;
use tower_layer::Layer;
use untis_webhook::{Algorithm, KeySet, PresentedSignature, Verified, Verifier, VerifyingKey};
use untis_webhook_benches::{Handler, call};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::vectors;
use untis_webhook_tower::{DefaultRejectionResponse, Verify, VerifyLayer};

/// A fixed delivery by a key of 2048 bits, so that it is the same that is counted each time. And each twice: the
/// first of a thread makes what later ones use again.
fn main() {
    let vector = vectors::deliveries().into_iter().find(|delivery| delivery.name == "java-sha256").unwrap();
    let key = VerifyingKey::from_bytes(&vector.key).unwrap();
    let verifier = Verifier::new(KeySet::new([("java", key)]).unwrap());
    let signature = BASE64_STANDARD.decode(&vector.authorization).unwrap();
    let delivery = Delivery::from_signature(Algorithm::Sha256WithRsa, signature, vector.body);
    let headers = delivery.headers();
    let mut malformed = headers.clone();
    malformed.insert("authorization", format!("{}!", vector.authorization).parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let presented = PresentedSignature::from_headers(&headers, verifier.header_names()).unwrap();
    let verified = verifier.verify(&presented, delivery.body().clone()).unwrap();
    let mut service = VerifyLayer::new(verifier.clone()).layer(Handler);
    for _ in 0..2 {
        let request = delivery.clone().into_request("/webhook").map(Full::new);
        assert!(header_stage(&verifier, &headers));
        assert!(!malformed_headers(&verifier, &malformed));
        assert!(layer(&mut service, request));
        assert!(event(&verified));
    }
}

#[inline(never)]
fn header_stage(verifier: &Verifier, headers: &HeaderMap) -> bool {
    let presented = PresentedSignature::from_headers(black_box(headers), verifier.header_names());
    presented.and_then(|presented| verifier.begin(&presented)).is_ok()
}

#[inline(never)]
fn malformed_headers(verifier: &Verifier, headers: &HeaderMap) -> bool {
    PresentedSignature::from_headers(black_box(headers), verifier.header_names()).is_ok()
}

#[inline(never)]
fn layer(service: &mut Verify<Handler, DefaultRejectionResponse>, request: Request<Full<Bytes>>) -> bool {
    call(service, black_box(request)).into_body().is_some()
}

#[inline(never)]
fn event(verified: &Verified<Bytes>) -> bool {
    black_box(verified).event().is_ok()
}
