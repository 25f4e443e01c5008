//! The function: its service over recorded events, and the built program over the runtime API.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod events;
mod front_end;
mod program;
mod runtime_api;

use untis_webhook_testkit::{Delivery, SigningKey};

const BODY: &str = r#"{"tenantId":"12345","eventType":"DELETION"}"#;

fn genuine() -> Delivery {
    Delivery::sign(SigningKey::shared(), BODY)
}
