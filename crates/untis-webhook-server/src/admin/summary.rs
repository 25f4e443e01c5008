use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use untis_webhook_serve::causes;
use untis_webhook_tenants::{Entry, Registry, RegistryError, Status, Store, Timestamp};

use crate::metrics::Metrics;

/// How the tenants are, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) active: u32,
    pub(crate) deactivated: u32,
    pub(crate) deleted: u32,
    pub(crate) contested: u32,
    pub(crate) refused: u32,
    /// Of which the application has not acknowledged the last change.
    pub(crate) waiting: u32,
    /// Those of them of which it is told no more.
    pub(crate) given_up: u32,
    /// Seconds since the oldest of these changes.
    pub(crate) oldest_waiting: u32,
}

impl Summary {
    /// Reads all tenants, a page at a time.
    async fn of<S: Store>(registry: &Registry<S>) -> Result<Self, RegistryError> {
        let (mut summary, mut after) = (Self::default(), None);
        loop {
            let page = registry.list(None, after.as_deref(), 1000).await?;
            let now = Timestamp::now();
            page.entries.iter().for_each(|entry| summary.add(entry, now));
            after = page.next;
            if after.is_none() {
                return Ok(summary);
            }
        }
    }

    fn add(&mut self, entry: &Entry, now: Timestamp) {
        match entry.status {
            Status::Active => self.active += 1,
            Status::Deactivated => self.deactivated += 1,
            Status::Deleted => self.deleted += 1,
        }
        self.contested += u32::from(entry.is_contested);
        self.refused += u32::from(entry.is_refused);
        if entry.version > entry.acknowledged {
            self.waiting += 1;
            self.given_up += u32::from(entry.is_given_up);
            let age = entry.changed_at.map_or(0, |changed_at| now.seconds_since(changed_at));
            self.oldest_waiting = self.oldest_waiting.max(u32::try_from(age).unwrap_or(u32::MAX));
        }
    }
}

/// Sees to it that the numbers of the tenants are of late, however often they are asked for.
#[derive(Debug, Default)]
pub(super) struct Summaries(Mutex<Option<Instant>>);

impl Summaries {
    pub(super) async fn refresh<S: Store>(&self, registry: &Registry<S>, metrics: &Metrics) {
        let mut last = self.0.lock().await;
        if last.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        let summary = match timeout(DEADLINE, Summary::of(registry)).await {
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
        *last = Some(Instant::now());
    }
}

/// Those who ask do so every 15 s or more.
const FRESH: Duration = Duration::from_secs(5);

/// They wait for 10 s.
const DEADLINE: Duration = Duration::from_secs(8);
