use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use crate::{
    Changes, FingerprintKey, KeyRing, Store, StoreError, StoredTenant, Tenant, TenantKey, Timestamp, Told,
};

mod builder;
mod error;
mod import;
mod maintain;
mod operate;
mod probe;
mod read;
mod receive;
mod reload;

pub use self::builder::{OpenError, RegistryBuilder};
pub use self::error::{ReceiveError, RegistryError};
pub use self::import::Imported;
pub use self::maintain::{Purged, Rekeyed};
pub(crate) use self::probe::Probing;
pub use self::read::Page;
pub use self::receive::Received;

/// The tenants of one environment, in a database: what becomes of verified deliveries, and who is given credentials.
///
/// It is cheap to clone, and any number of them, in any number of processes, may work on one database.
///
/// ```
/// use untis_webhook_tenants::{KeyRing, Registry, Status, StoreKey};
/// use untis_webhook_tenants_sqlx::SqliteStore;
/// # use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Verifier, event::CredentialsEventType};
/// # use untis_webhook_testkit::{Delivery, Payload, SigningKey};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let platform = SigningKey::shared();
/// # let keys = KeySet::new([("2026", platform.verifying_key())])?;
/// # let delivery = Delivery::sign(platform, Payload::credentials(CredentialsEventType::Created));
/// # let presented = PresentedSignature::from_headers(&delivery.headers(), &HeaderNames::default())?;
/// # let verified = Verifier::new(keys.clone()).verify(&presented, delivery.body().clone())?;
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("tenants.db");
/// // In a program of yours the key comes from a file that its owner alone can read.
/// let ring = KeyRing::new("2026", StoreKey::generate()?)?;
/// let registry =
///     Registry::builder(&keys, ring).client_ids(["test-client-id"]).open(SqliteStore::open(&file).await?).await?;
///
/// registry.receive(&verified).await?;
///
/// let credentials = registry.credentials("12345").await?.ok_or("active tenants alone have credentials")?;
/// assert_eq!(credentials.password.expose(), "test-password");
/// assert_eq!(registry.get("12345").await?.map(|entry| entry.status), Some(Status::Active));
/// # Ok(())
/// # }
/// ```
///
/// What was not verified does not get in:
///
/// ```compile_fail,E0308
/// # use untis_webhook_tenants::{Registry, Store};
/// # async fn handle(registry: Registry<impl Store>, body: bytes::Bytes) {
/// registry.receive(&body).await;
/// # }
/// ```
pub struct Registry<S>(Arc<Inner<S>>);

struct Inner<S> {
    store: S,
    environment: String,
    environment_keys: ArcSwap<Vec<String>>,
    client_ids: Vec<String>,
    ring: ArcSwap<KeyRing>,
    fingerprints: FingerprintKey,
    grace: u64,
    destroys_deleted_at_once: bool,
    keep_bodies: u64,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// That there is something to tell, for a worker of this process. One of another looks for itself.
    changed: Notify,
}

impl<S: Store> Registry<S> {
    /// The environment that it serves.
    pub fn environment(&self) -> &str {
        &self.0.environment
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Comes back when there is something to tell that this process knows of.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn wake_worker(&self, told: Option<Told>) {
        if told.is_some() {
            self.0.changed.notify_one();
        }
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The key of a tenant, if there can be one of this id.
    fn key<'a>(&'a self, tenant_id: &'a str) -> Option<TenantKey<'a>> {
        is_storable(tenant_id, MAX_TENANT_ID)
            .then_some(TenantKey { environment: self.environment(), tenant_id })
    }

    /// Writes what differs from before, and destroys what is no longer stored.
    async fn save(
        &self,
        connection: &mut S::Connection,
        key: TenantKey<'_>,
        before: &Tenant,
        stored: &StoredTenant,
    ) -> Result<(), StoreError> {
        self.0.store.save(connection, key, &Changes::since(before, stored)).await
    }
}

impl StoredTenant {
    /// Marks that the application must be told.
    fn tell(&mut self, told: Told, now: Timestamp) {
        self.news.told = Some(told);
        self.changed_at = Some(now);
        if told == Told::Deleted {
            self.news.deleted = Some(self.tenant.version);
        }
    }
}

impl<S> Clone for Registry<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Registry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("environment", &self.0.environment)
            .field("environment_keys", &self.0.environment_keys.load())
            .field("client_ids", &self.0.client_ids)
            .field("ring", &self.0.ring.load())
            .finish_non_exhaustive()
    }
}

/// Whether every database takes this text: PostgreSQL has none with a NUL, and no index of long ones.
fn is_storable(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && !text.contains('\0')
}

/// Octets of a tenant's id.
const MAX_TENANT_ID: usize = 255;
