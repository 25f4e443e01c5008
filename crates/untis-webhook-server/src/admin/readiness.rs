use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use untis_webhook_serve::causes;
use untis_webhook_tenants::{FingerprintKey, KeyRing, Registry, SealError, Store, StoreError, TenantKey};

/// Whether deliveries can be taken, as it was found a moment ago: whoever asks often costs the database nothing.
pub(super) struct Readiness {
    ring: KeyRing,
    last: Mutex<Option<(Instant, Result<(), &'static str>)>>,
}

#[derive(Debug, thiserror::Error)]
enum NotReady {
    #[error("expected an answer of the database within {0:?}")]
    Deadline(Duration),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Readiness {
    pub(super) fn new(ring: KeyRing) -> Self {
        Self { ring, last: Mutex::new(None) }
    }

    /// Why not, if it is not.
    pub(super) async fn of<S: Store>(&self, registry: &Registry<S>) -> Result<(), &'static str> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH
        {
            return *found;
        }
        let found = timeout(DEADLINE, self.look(registry)).await;
        let found = found.map_err(|_| NotReady::Deadline(DEADLINE)).flatten();
        let was_ready = last.as_ref().is_none_or(|(_, before)| before.is_ok());
        if let Err(error) = &found
            && was_ready
        {
            tracing::warn!(error = causes(error), "not ready");
        }
        if found.is_ok() && !was_ready {
            tracing::info!("ready again");
        }
        let found = found.map_err(|error| error.reason());
        *last = Some((Instant::now(), found));
        found
    }

    /// Does what a delivery does first, and takes it back: the database answers, writes, and its tables are those that
    /// are known. That the store keys are still those of this database is seen by what each of them has wrapped.
    async fn look<S: Store>(&self, registry: &Registry<S>) -> Result<(), NotReady> {
        let (store, environment) = (registry.store(), registry.environment());
        let mut transaction = store.begin().await?;
        store.lock(&mut transaction, TenantKey { environment, tenant_id: "" }, None).await?;
        let wrapped = store.lock_fingerprint_keys(&mut transaction, environment).await?;
        FingerprintKey::open(environment, &self.ring, wrapped.iter().map(|(name, key)| (&**name, &**key)))?;
        Ok(())
    }
}

impl NotReady {
    /// No more than a stranger may know.
    fn reason(&self) -> &'static str {
        match self {
            Self::Seal(_) => "the store keys are not those of the database",
            Self::Store(StoreError::LaterVersion { .. }) => "the tables are those of a later version",
            Self::Deadline(_) | Self::Store(_) => "the database does not answer",
        }
    }
}

const DEADLINE: Duration = Duration::from_secs(3);

const FRESH: Duration = Duration::from_secs(1);
