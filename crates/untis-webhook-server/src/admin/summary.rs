use std::sync::{Mutex as Now, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use untis_webhook_serve::causes;
use untis_webhook_tenants::{Registry, Store, Summary, Timestamp};

use crate::metrics::Metrics;

/// Sees to it that the numbers of the tenants are of late, however often they are asked for.
#[derive(Debug, Default)]
pub(super) struct Summaries {
    last: Mutex<Option<Instant>>,
    known: Now<Option<(Summary, Timestamp)>>,
}

impl Summaries {
    pub(super) async fn refresh<S: Store>(&self, registry: &Registry<S>, metrics: &Metrics) {
        let mut last = self.last.lock().await;
        if last.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        let summary = match timeout(DEADLINE, registry.summary()).await {
            Ok(Ok(summary)) => Some(summary),
            Ok(Err(error)) => {
                tracing::warn!(error = causes(&error), "tenants cannot be counted");
                None
            }
            Err(_) => {
                tracing::warn!("tenants cannot be counted within {DEADLINE:?}");
                None
            }
        };
        metrics.tenants(summary.as_ref());
        if let Some(summary) = summary {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((summary, Timestamp::now()));
        }
        *last = Some(Instant::now());
    }

    /// Whether somebody is counting.
    pub(super) fn is_counting(&self) -> bool {
        self.last.try_lock().is_err()
    }

    /// What was last counted, and when.
    pub(super) fn known(&self) -> Option<(Summary, Timestamp)> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those who ask do so every 15 s or more.
const FRESH: Duration = Duration::from_secs(5);

/// They wait for 10 s.
const DEADLINE: Duration = Duration::from_secs(8);
