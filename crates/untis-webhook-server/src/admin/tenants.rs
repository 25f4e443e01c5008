use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use untis_webhook_tenants::{FingerprintKey, Registry, Store, Summary, TenantKey, Timestamp};

use super::Watched;
use super::readiness::NotReady;
use super::summary::Summaries;
use crate::metrics::Metrics;

/// The registry, its database, and its keys.
pub(crate) struct Tenants<S> {
    registry: Registry<S>,
    summaries: Arc<Summaries>,
}

impl<S> Tenants<S> {
    pub(crate) fn new(registry: Registry<S>) -> Self {
        Self { registry, summaries: Arc::default() }
    }
}

impl<S: Store + 'static> Watched for Tenants<S> {
    const SILENT: &'static str = "the database does not answer";

    type Store = S;

    fn registry(&self) -> Option<&Registry<S>> {
        Some(&self.registry)
    }

    /// Counting goes on if it takes longer than a reader should wait, who gets what was counted before.
    async fn numbers(&self, metrics: &Metrics) -> Option<(Summary, Timestamp)> {
        if !self.summaries.is_counting() {
            let (summaries, registry) = (Arc::clone(&self.summaries), self.registry.clone());
            let metrics = metrics.clone();
            let counting = tokio::spawn(async move { summaries.refresh(&registry, &metrics).await });
            // It has no value, and logs what goes wrong.
            let _ = timeout(PATIENCE, counting).await;
        }
        self.summaries.known()
    }

    /// Does what a delivery does first, and takes it back: the database answers, writes, and its tables are those that
    /// are known. That the store keys are still those of this database is seen by what each of them has wrapped.
    async fn look(&self) -> Result<(), NotReady> {
        let (store, environment) = (self.registry.store(), self.registry.environment());
        let mut transaction = store.begin().await?;
        store.lock(&mut transaction, TenantKey { environment, tenant_id: "" }, None).await?;
        let wrapped = store.lock_fingerprint_keys(&mut transaction, environment).await?;
        FingerprintKey::open(
            environment,
            &self.registry.ring(),
            wrapped.iter().map(|(name, key)| (&**name, &**key)),
        )?;
        Ok(())
    }

    async fn count(&self, metrics: &Metrics) {
        self.summaries.refresh(&self.registry, metrics).await;
    }
}

/// Seen by nobody.
const PATIENCE: Duration = Duration::from_millis(20);
