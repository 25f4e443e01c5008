//! The pretend platform, and the probe that asks it.

mod testkit;
mod token_endpoint;
mod token_probe;

untis_webhook_tests::on_both_paths!();
