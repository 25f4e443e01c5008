//! Every example receiver answers alike: see [`untis_webhook_tests::behaviour`].
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod stack;

untis_webhook_tests::behaviour_tests!(stack::start_all);
untis_webhook_tests::upstream_tests!(stack::tower_proxy);

#[test]
fn the_page_is_the_table() {
    behaviour::check_the_page();
}
