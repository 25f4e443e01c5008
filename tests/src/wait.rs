//! Waiting for what another process, or a task, brings about.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// What there is once somebody looks and finds it.
///
/// # Panics
///
/// If that is not so within the bound.
pub async fn within<T>(bound: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
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
