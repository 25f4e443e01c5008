//! The daemon that passes deliveries on, as it is built and run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use untis_webhook_tests::behaviour::application;

untis_webhook_tests::receiver_tests!("untis-webhookd", upstream, "serve");

async fn upstream() -> Vec<(&'static str, String)> {
    vec![
        ("UNTIS_WEBHOOK_UPSTREAM", application().await.to_string()),
        ("UNTIS_WEBHOOK_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
    ]
}
