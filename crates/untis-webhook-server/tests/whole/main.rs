//! The built daemon between a platform and an application in other languages, with all that happens to them.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod application;
mod daemon;
mod database;
mod disk;
mod instances;
mod killed;
mod languages;
mod platform;
mod schools;
mod stranger;

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Waits for what comes about by itself, with a bound.
async fn within<T>(bound: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(bound, found).await.unwrap_or_else(|_| panic!("not within {bound:?}: {what}"))
}
