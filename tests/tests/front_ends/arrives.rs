//! What arrives behind a front end: the same octets.

use std::collections::BTreeSet;

use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::PLATFORM;

use crate::client::{Exchange, Framing, Protocol};
use crate::front_end::FrontEnd;
use crate::front_ends::FRONT_ENDS;
use crate::recorder::{Recorded, Recorder};

/// What a front end does to a delivery that it may.
pub(crate) struct Arriving {
    /// The headers that it adds.
    pub(crate) added: BTreeSet<String>,
    /// Whether a body without a length has one then, with HTTP/1.1 and with HTTP/2.
    pub(crate) has_length: [bool; 2],
}

pub(crate) async fn all() -> Vec<Arriving> {
    let mut all = vec![];
    for front_end in &FRONT_ENDS {
        all.push(arriving(front_end).await);
    }
    all
}

async fn arriving(front_end: &FrontEnd) -> Arriving {
    let mut recorder = Recorder::start().await;
    let running = front_end.start(recorder.address).await;
    let delivery = Delivery::sign(&PLATFORM, every_octet());
    let exchange = Exchange::new(&delivery);
    let mut arriving = Arriving { added: BTreeSet::new(), has_length: [false; 2] };
    for (protocol, has_length) in [Protocol::Http1, Protocol::Http2].into_iter().zip(0..) {
        for framing in [Framing::Declared, Framing::Undeclared] {
            let exchange = exchange.clone().framed(framing);
            let answer = running.client.curl_to(TARGET, protocol, &exchange).await;
            assert_eq!(answer.status, 204, "{}: {}", front_end.name, running.log());
            let request = recorder.signed().await;
            assert_same(front_end, &exchange, &request);
            let headers = request.headers().map(|(name, _)| name.to_ascii_lowercase());
            let sent = ["accept", "algorithm", "authorization", "content-length", "content-type", "host"];
            let ours = |name: &String| {
                [&sent[..], &["transfer-encoding", "user-agent"]].concat().contains(&name.as_str())
            };
            arriving.added.extend(headers.filter(|name| !ours(name)));
            let length = !request.values("content-length").is_empty();
            match framing {
                Framing::Undeclared => arriving.has_length[has_length] = length,
                _ => assert!(length, "{}: {}", front_end.name, request.head),
            }
        }
    }
    arriving
}

fn assert_same(front_end: &FrontEnd, sent: &Exchange, arrived: &Recorded) {
    let name = front_end.name;
    assert!(arrived.line().starts_with(&format!("POST {TARGET} HTTP/1.")), "{name}: {}", arrived.line());
    for (header, value) in &sent.headers {
        assert_eq!(arrived.values(header), [value], "{name}: {header}");
    }
    assert!(sent.body == arrived.body, "{name}: the body is another one");
}

/// All that text is not, and what text may be rewritten for.
fn every_octet() -> Vec<u8> {
    let all: Vec<u8> = (0..=255).collect();
    [b"\x1f\x8b\r\n\r\n  ".as_slice(), &all, "ü\u{feff}\r\n".as_bytes(), &all.repeat(64)].concat()
}

/// A path and a query that somebody may spell otherwise.
const TARGET: &str = "/webhook?a=%2F+%c3%bc&b";
