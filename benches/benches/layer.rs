//! The layer around a service that is ready, and the body in frames of different lengths:
//! `cargo bench -p untis-webhook-benches --bench layer`.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench stops where it is surprised")]

use std::sync::LazyLock;

use bytes::Bytes;
use divan::Bencher;
use http::Request;
use http_body_util::Full;
use tower_layer::Layer;
use untis_webhook_benches::{Handler, Signed, call};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::bodies::{Frames, Unread};
use untis_webhook_tower::VerifyLayer;

fn main() {
    divan::main();
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| Signed::by(2048, 65537));

#[divan::bench]
fn genuine(bencher: Bencher<'_, '_>) {
    through(bencher, || SIGNED.delivery.clone().into_request("/webhook").map(Full::new));
}

#[divan::bench]
fn forged(bencher: Bencher<'_, '_>) {
    let forged = Signed::by(2048, 65537).delivery;
    through(bencher, || forged.clone().into_request("/webhook").map(|_| Unread));
}

#[divan::bench]
fn malformed(bencher: Bencher<'_, '_>) {
    through(bencher, || {
        let mut request = SIGNED.delivery.clone().into_request("/webhook").map(|_| Unread);
        request.headers_mut().remove("algorithm");
        request
    });
}

/// A body as long as the default limit, in frames of so many octets.
#[divan::bench(args = [1, 64, 1024, 65536])]
fn body_of_64_kib_in_frames_of(bencher: Bencher<'_, '_>, len: usize) {
    let delivery = Delivery::sign(&SIGNED.key, vec![b'x'; 65536]);
    through(bencher, || {
        delivery.clone().into_request("/webhook").map(|body: Bytes| {
            Frames::of((0..body.len()).step_by(len).map(|start| body.slice(start..start + len)))
        })
    });
}

fn through<B>(bencher: Bencher<'_, '_>, request: impl Fn() -> Request<B> + Sync)
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let layer = VerifyLayer::new(SIGNED.verifier(&[]));
    bencher
        .with_inputs(|| (layer.layer(Handler), request()))
        .bench_local_values(|(mut service, request)| call(&mut service, request));
}
