//! What verification costs, as ratios measured in one run, beside the budget of each:
//! `cargo bench -p untis-webhook-benches --bench ratios`, with `-- --svg FOLDER` to draw some of it as well.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench stops where it is surprised"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::Full;
use tower_layer::Layer;
use untis_webhook::{Algorithm, Digest, HeaderNames, PendingVerification, PresentedSignature, Verifier};
use untis_webhook_benches::{BODY, Bars, Handler, Peer, Signed, Timed, call, compare, peers, peers_of, time};
use untis_webhook_testkit::SigningKey;
use untis_webhook_tower::VerifyLayer;

fn main() {
    let is_fast = SigningKey::generate().verifying_key().is_fast();
    println!("Arithmetic: {}", if is_fast { "AVX-512 IFMA" } else { "portable" });
    let svg = std::env::args().skip_while(|argument| argument != "--svg").nth(1).map(PathBuf::from);
    whole_verification(is_fast, svg.as_deref());
    public_operation();
    several_keys(is_fast);
    malformed_headers();
    layer(is_fast);
}

fn line(what: &str, cost: f64, reference: &str, reference_cost: f64, budget: Option<f64>) {
    let ratio = cost / reference_cost;
    let budget = budget.map_or(String::new(), |budget| {
        format!("   budget {budget:.2}: {}", if ratio <= budget { "within" } else { "ABOVE" })
    });
    println!(
        "{what:<44} {:>8.2} us = {ratio:>5.2} x {reference} ({:.2} us){budget}",
        cost / 1e3,
        reference_cost / 1e3
    );
}

/// Header values and a body to a verdict, against what else a receiver could use, with a key that it has read; and the header
/// stage alone, against the same.
fn whole_verification(is_fast: bool, svg: Option<&Path>) {
    println!("\n0. A delivery of {BODY} octets verified, by library");
    let names = HeaderNames::default();
    let mut groups = Vec::new();
    for (bits, budget) in [(2048, 0.45), (3072, 0.6), (4096, 0.6)] {
        let signed = Signed::by(bits, 65537);
        let (verifier, presented, headers) =
            (signed.verifier(&[]), signed.presented(), signed.delivery.headers());
        let (body, peers) = (signed.delivery.body(), peers(&signed));
        let [rsa, aws_lc, ring, graviola] = peers.as_slice() else { panic!("four of them") };
        let [header_stage, costs @ ..] = compare([
            time(|| begin(black_box(&verifier), &headers, &names)),
            time(|| verifier.verify(black_box(&presented), body.clone()).unwrap()),
            by_peer(rsa, &signed),
            by_peer(aws_lc, &signed),
            by_peer(ring, &signed),
            by_peer(graviola, &signed),
        ]);
        let libraries = ["untis-webhook", rsa.name, aws_lc.name, ring.name, graviola.name];
        for (name, cost) in libraries.iter().zip(costs) {
            line(&format!("{bits} bits, {name}"), cost, "rsa", costs[1], None);
        }
        for (name, cost) in libraries.iter().zip(costs).skip(1) {
            let what = format!("{bits} bits, the header stage");
            line(&what, header_stage, name, cost, is_fast.then_some(budget));
        }
        let bars = libraries.iter().zip(costs).map(|(name, cost)| ((*name).to_owned(), cost / 1e3)).collect();
        groups.push((format!("{bits} bits"), bars));
    }
    if let Some(folder) = svg {
        let title = "Microseconds to verify one delivery".to_owned();
        Bars { title, groups }.write(&folder.join("verify.svg")).unwrap();
    }
}

fn by_peer<'a>(peer: &'a Peer, signed: &'a Signed) -> Timed<'a> {
    time(|| peer.verify(black_box(signed.delivery.body()), black_box(&signed.signature)))
}

/// The signature checked to the digest in it, against `rsa`'s verification of the same.
fn public_operation() {
    println!("\n1. The public operation");
    for (bits, exponent) in [
        (2048, 65537),
        (2048, 3),
        (2048, (1 << 33) - 1),
        (2056, 65537),
        (3072, 65537),
        (3072, 3),
        (4096, 65537),
        (4096, 3),
    ] {
        let signed = Signed::by(bits, exponent);
        let (verifier, presented) = (signed.verifier(&[]), signed.presented());
        let rsa = &peers(&signed)[0];
        let body = signed.delivery.body();
        assert!(rsa.verify(body, &signed.signature));
        let [ours, theirs] = compare([
            time(|| verifier.begin(black_box(&presented)).unwrap()),
            time(|| rsa.verify(black_box(body), black_box(&signed.signature))),
        ]);
        let budget = if (bits, exponent) == (2048, 65537) { 0.6 } else { 1.0 };
        line(&format!("{bits} bits, e = {exponent}"), ours, "rsa's verify", theirs, Some(budget));
    }
}

/// From the headers to a verification that has begun.
fn begin(verifier: &Verifier, headers: &HeaderMap, names: &HeaderNames) -> PendingVerification {
    verifier.begin(&PresentedSignature::from_headers(headers, names).unwrap()).unwrap()
}

/// The last of several keys signed.
fn several_keys(is_fast: bool) {
    println!("\n2. The header stage with several keys, 2048 bits");
    let signed = Signed::by(2048, 65537);
    let strangers = signed.strangers(7);
    let larger: Vec<_> = (0..7).map(|_| SigningKey::generate_with(2056, 65537)).collect();
    let (headers, names, presented) = (signed.delivery.headers(), HeaderNames::default(), signed.presented());
    let sets = [0, 1, 3, 7].map(|count| signed.verifier(&strangers[..count].iter().collect::<Vec<_>>()));
    let others = signed.verifier(&larger.iter().collect::<Vec<_>>());
    let aws_lc: Vec<_> = strangers
        .iter()
        .chain([&signed.key])
        .map(|key| peers_of(&key.public_key_der()).swap_remove(1))
        .collect();
    let by_the_last_of = |count: usize| {
        let tried = &aws_lc[aws_lc.len() - count..];
        time(|| tried.iter().any(|peer| peer.verify(signed.delivery.body(), black_box(&signed.signature))))
    };
    let [operation, one, two, four, eight, others, aws_lc_two, aws_lc_four, aws_lc_eight] = compare([
        time(|| sets[0].begin(black_box(&presented)).unwrap()),
        time(|| begin(black_box(&sets[0]), &headers, &names)),
        time(|| begin(black_box(&sets[1]), &headers, &names)),
        time(|| begin(black_box(&sets[2]), &headers, &names)),
        time(|| begin(black_box(&sets[3]), &headers, &names)),
        time(|| begin(black_box(&others), &headers, &names)),
        by_the_last_of(2),
        by_the_last_of(4),
        by_the_last_of(8),
    ]);
    line("one key", one, "the operation", operation, None);
    for (keys, cost, aws_lc) in [(2.0, two, aws_lc_two), (4.0, four, aws_lc_four), (8.0, eight, aws_lc_eight)]
    {
        let what = format!("{keys} keys");
        line(&what, cost, "one key", one, Some(keys * 1.05)); // and some noise
        line(&what, cost, "aws-lc-rs, trying as many", aws_lc, is_fast.then_some(0.45));
    }
    line("8 keys, of which 7 of another length", others, "one key", one, None);
}

/// What is refused without an operation.
fn malformed_headers() {
    println!("\n   Malformed headers, refused");
    let genuine = Signed::by(2048, 65537).delivery.headers();
    let names = HeaderNames::default();
    let with = |name: &'static str, value: &str| {
        let mut headers = genuine.clone();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    };
    let text = genuine.get("authorization").unwrap().to_str().unwrap();
    let mut repeated = genuine.clone();
    repeated.append("algorithm", HeaderValue::from_static("SHA256withRSA"));
    let rows: [(&str, HeaderMap); 7] = [
        ("no headers", HeaderMap::new()),
        ("a repeated header", repeated),
        ("another algorithm", with("algorithm", "SHA1withRSA")),
        ("a scheme word", with("authorization", &format!("Bearer {text}"))),
        (
            "the last character of base64 is none",
            with("authorization", &format!("{}!", &text[..text.len() - 1])),
        ),
        ("8 KiB of base64", with("authorization", &"AAAA".repeat(2048))),
        ("1366 octets of base64, the most", with("authorization", &format!("{}AAA!", "AAAA".repeat(341)))),
    ];
    for (what, headers) in &rows {
        let [cost] =
            compare([time(|| PresentedSignature::from_headers(black_box(headers), &names).unwrap_err())]);
        let verdict = if cost <= 1e3 { "within" } else { "ABOVE" };
        println!("{what:<44} {cost:>8.0} ns   budget 1000 ns: {verdict}");
    }
}

/// A whole delivery through the layer, in one frame, to a service that is ready.
fn layer(is_fast: bool) {
    println!("\n3. The layer, 2048 bits, a body of {BODY} octets");
    let signed = Signed::by(2048, 65537);
    let verifier = signed.verifier(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let request = || signed.delivery.clone().into_request("/webhook").map(Full::new);
    let mut service = VerifyLayer::new(verifier.clone()).layer(Handler);
    let names = HeaderNames::default();
    let headers = signed.delivery.headers();
    let body = signed.delivery.body();
    let [whole, bare, parts] = compare([
        Box::new(|times| timed(times, request, |request| call(&mut service, request))),
        Box::new(|times| timed(times, request, |request| call(&mut Handler, request))),
        time(|| {
            let presented = PresentedSignature::from_headers(black_box(&headers), &names).unwrap();
            (verifier.begin(&presented).unwrap(), Digest::of(Algorithm::Sha256WithRsa, black_box(body)))
        }),
    ]);
    line("the layer", whole, "header stage and hash", parts, Some(if is_fast { 1.25 } else { 1.1 }));
    line("of which the handler and the request", bare, "header stage and hash", parts, None);
}

/// Times what is done with each of so many requests, and not the making of them.
fn timed<T>(
    times: u32,
    make: impl Fn() -> Request<Full<Bytes>>,
    mut run: impl FnMut(Request<Full<Bytes>>) -> T,
) -> Duration {
    let requests: Vec<_> = (0..times).map(|_| make()).collect();
    let start = Instant::now();
    for request in requests {
        black_box(run(request));
    }
    start.elapsed()
}
