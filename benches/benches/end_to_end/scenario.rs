//! What is sent.

use std::sync::Arc;

use untis_webhook_benches::Signed;
use untis_webhook_testkit::{Delivery, Forgery};
use untis_webhook_tests::wire::head_of;

/// A kind of request, and how many of it a turn has.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) request: Arc<[u8]>,
    pub(crate) head: usize,
    pub(crate) turn: usize,
    /// What the receivers that verify answer.
    pub(crate) status: u16,
}

pub(crate) fn scenarios(signed: &Signed) -> Vec<Scenario> {
    let scenario = |name, delivery: Delivery, turn, status| {
        let head = head_of(&delivery);
        let request = [head.as_bytes(), delivery.body()].concat();
        Scenario { name, request: request.into(), head: head.len(), turn, status }
    };
    let genuine = &signed.delivery;
    // JSON, so that the receiver without verification has something to read.
    let large = |len: usize| {
        let body = format!("{{\"tenantId\":\"1\",\"x\":\"{}\"}}", "x".repeat(len - 25));
        signed.forged(body)
    };
    vec![
        scenario("genuine, 600 octets", genuine.clone(), 4000, 204),
        scenario("forged, 600 octets", signed.forged(genuine.body().clone()), 4000, 401),
        scenario("forged, 60 kB", large(60_000), 2000, 401),
        scenario("forged, 1 MiB", large(1024 * 1024), 400, 401),
        scenario(
            "malformed headers, 600 octets",
            genuine.clone().forge(Forgery::MissingAlgorithm),
            4000,
            401,
        ),
    ]
}
