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
    let large = format!("{{\"tenantId\":\"1\",\"x\":\"{}\"}}", "x".repeat(1024 * 1024 - 25));
    let large = Delivery::sign(&signed.key, large).forge(Forgery::OtherKey);
    vec![
        scenario("genuine, 600 octets", genuine.clone(), 2000, 204),
        scenario("forged, 600 octets", genuine.clone().forge(Forgery::OtherKey), 2000, 401),
        scenario("forged, 1 MiB", large, 400, 401),
        scenario(
            "malformed headers, 600 octets",
            genuine.clone().forge(Forgery::MissingAlgorithm),
            2000,
            401,
        ),
    ]
}
