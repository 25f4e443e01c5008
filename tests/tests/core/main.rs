//! What the core verifies: signatures, bodies and keys, whatever is done to them, and the events that verified bytes are.

mod body;
mod differential;
mod events;
mod fuzz_corpora;
mod keys;
mod rejections;
mod state_machine;
mod vectors;
mod verification;
mod wycheproof;

untis_webhook_tests::on_both_paths!();
