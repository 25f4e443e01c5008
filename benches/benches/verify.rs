//! One delivery's verification, by size of key and by library; what is before it, and what is after:
//! `cargo bench -p untis-webhook-benches --bench verify`.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench stops where it is surprised")]

use std::fmt;
use std::sync::LazyLock;

use divan::{Bencher, black_box};
use http::HeaderMap;
use untis_webhook::{HeaderNames, PresentedSignature, Verifier};
use untis_webhook_benches::{Signed, peers};
use untis_webhook_testkit::SigningKey;

fn main() {
    divan::main();
}

/// To make a key of 8192 bits takes half a minute.
static SIGNED: LazyLock<[Signed; 4]> =
    LazyLock::new(|| [2048, 3072, 4096, 8192].map(|bits| Signed::by(bits, 65537)));

/// Something that verifies a delivery.
struct Case {
    name: String,
    verify: Box<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn cases() -> Vec<Case> {
    SIGNED
        .iter()
        .flat_map(|signed| {
            let bits = signed.key.verifying_key().bits();
            let body = signed.delivery.body();
            let (verifier, presented) = (signed.verifier(&[]), signed.presented());
            let ours = Case {
                name: format!("{bits} untis-webhook"),
                verify: Box::new(move || verifier.verify(&presented, body.clone()).is_ok()),
            };
            let theirs = peers(signed).into_iter().map(move |peer| Case {
                name: format!("{bits} {}", peer.name),
                verify: Box::new(move || peer.verify(body, &signed.signature)),
            });
            [ours].into_iter().chain(theirs)
        })
        .collect()
}

#[divan::bench(args = cases())]
fn verify(bencher: Bencher<'_, '_>, case: &Case) {
    assert!((case.verify)());
    bencher.bench(|| (case.verify)());
}

/// The signature checked to the digest in it: the public operation, and the encoding.
#[divan::bench(args = [2048, 3072, 4096, 8192])]
fn public_operation(bencher: Bencher<'_, '_>, bits: u32) {
    let signed = SIGNED.iter().find(|signed| signed.key.verifying_key().bits() == bits).unwrap();
    let (verifier, presented) = (signed.verifier(&[]), signed.presented());
    bencher.bench(|| verifier.begin(black_box(&presented)).unwrap());
}

/// From headers to a verification that has begun, or a refusal.
mod header_stage {
    use super::*;

    static STRANGERS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| SIGNED[0].strangers(7));

    fn begin(bencher: Bencher<'_, '_>, verifier: &Verifier, headers: &HeaderMap) {
        let names = HeaderNames::default();
        bencher.bench(|| {
            PresentedSignature::from_headers(black_box(headers), &names)
                .and_then(|presented| verifier.begin(&presented))
        });
    }

    #[divan::bench(args = [1, 2, 4, 8])]
    fn genuine_by_the_last_of_so_many_keys(bencher: Bencher<'_, '_>, keys: usize) {
        let strangers: Vec<_> = STRANGERS.iter().take(keys - 1).collect();
        begin(bencher, &SIGNED[0].verifier(&strangers), &SIGNED[0].delivery.headers());
    }

    #[divan::bench(args = [1, 8])]
    fn forged_with_so_many_keys(bencher: Bencher<'_, '_>, keys: usize) {
        let strangers: Vec<_> = STRANGERS.iter().take(keys - 1).collect();
        let forged = SIGNED[0].forged(SIGNED[0].delivery.body().clone());
        begin(bencher, &SIGNED[0].verifier(&strangers), &forged.headers());
    }

    #[divan::bench]
    fn of_another_length(bencher: Bencher<'_, '_>) {
        begin(bencher, &SIGNED[0].verifier(&[]), &SIGNED[1].delivery.headers());
    }

    #[divan::bench]
    fn malformed(bencher: Bencher<'_, '_>) {
        let mut headers = SIGNED[0].delivery.headers();
        let value = format!("{}!", headers.get("authorization").unwrap().to_str().unwrap());
        headers.insert("authorization", value.parse().unwrap());
        begin(bencher, &SIGNED[0].verifier(&[]), &headers);
    }
}

/// Verified bytes to the event in them.
#[divan::bench]
fn event(bencher: Bencher<'_, '_>) {
    let signed = &SIGNED[0];
    let verified = signed.verifier(&[]).verify(&signed.presented(), signed.delivery.body().clone()).unwrap();
    bencher.bench(|| black_box(&verified).event().unwrap());
}
