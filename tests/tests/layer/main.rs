//! What the layer does to a request: it refuses, reads, hands on and answers, as a `tower::Service` should.

mod connection;
mod layer;
mod outcomes;
mod tower_contract;

untis_webhook_tests::on_both_paths!();
