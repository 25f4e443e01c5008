//! The receiver as it is built and run.

untis_webhook_tests::receiver_tests!("warp-receiver", no_more);

async fn no_more() -> Vec<(&'static str, String)> {
    Vec::new()
}
