use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use untis_webhook::KeySet;

use super::{Inner, Registry, is_storable};
use crate::{FingerprintKey, KeyRing, SealError, Store, StoreError, Timestamp};

/// What a [`Registry`] is made with.
///
/// ```
/// use std::time::Duration;
///
/// use untis_webhook::KeySet;
/// use untis_webhook_tenants::{KeyRing, OpenError, Registry, Store};
///
/// const DAY: Duration = Duration::from_secs(24 * 60 * 60);
///
/// /// For the integration environment, of two keys that the receiver trusts.
/// async fn open<S: Store>(keys: &KeySet, ring: KeyRing, store: S) -> Result<Registry<S>, OpenError> {
///     Registry::builder(keys, ring)
///         .environment("integration")
///         .environment_keys(["integration-2025", "integration-2026"])
///         .client_ids(["our-client-id"])
///         .grace(7 * DAY)
///         .keep_bodies(DAY)
///         .open(store)
///         .await
/// }
/// ```
pub struct RegistryBuilder {
    keys: Vec<String>,
    environment: String,
    environment_keys: Option<Vec<String>>,
    client_ids: Vec<String>,
    ring: KeyRing,
    grace: u64,
    destroys_deleted_at_once: bool,
    keep_bodies: u64,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Registry<()> {
    /// Begins a registry for deliveries that these keys verify, and that encrypts under this ring.
    pub fn builder(keys: &KeySet, ring: KeyRing) -> RegistryBuilder {
        RegistryBuilder {
            keys: keys.iter().map(|(id, _)| id.as_str().to_owned()).collect(),
            environment: "production".to_owned(),
            environment_keys: None,
            client_ids: Vec::new(),
            ring,
            grace: 30 * DAY,
            destroys_deleted_at_once: false,
            keep_bodies: 30 * DAY,
            clock: Box::new(Timestamp::now),
        }
    }
}

impl RegistryBuilder {
    /// The environment: `production` unless it is said. Several may share a database.
    #[must_use]
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = environment.into();
        self
    }

    /// The names of the keys that belong to the environment. With a single key it is that one; with several it must be
    /// said. A delivery that another key signed is refused.
    #[must_use]
    pub fn environment_keys<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.environment_keys = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The application's own client ids. Credentials for another are refused: nothing else tells that another
    /// application forwarded what was signed for it. Without them a tenant is held to the first client id that comes.
    /// What is stored already is left as it is, and cannot be [accepted](Registry::accept) any more.
    #[must_use]
    pub fn client_ids<N: Into<String>>(mut self, client_ids: impl IntoIterator<Item = N>) -> Self {
        self.client_ids = client_ids.into_iter().map(Into::into).collect();
        self
    }

    /// How long the credentials of a tenant are kept that was deactivated or deleted: 30 days unless it is said.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace.as_secs();
        self
    }

    /// Destroys the credentials of a deleted tenant at once. A deletion that another partner forwarded can then not be
    /// undone.
    #[must_use]
    pub fn destroy_deleted_at_once(mut self) -> Self {
        self.destroys_deleted_at_once = true;
        self
    }

    /// How long the body of a delivery is kept that nobody could read: 30 days unless it is said.
    #[must_use]
    pub fn keep_bodies(mut self, keep: Duration) -> Self {
        self.keep_bodies = keep.as_secs();
        self
    }

    /// Where the time comes from: the system's clock unless it is said. A test that moves it, and calls
    /// [`Worker::probe_due`](crate::Worker::probe_due), does not wait for a probe.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicI64, Ordering};
    ///
    /// use untis_webhook_tenants::{RegistryBuilder, Timestamp};
    ///
    /// fn with_hands(builder: RegistryBuilder, seconds: Arc<AtomicI64>) -> RegistryBuilder {
    ///     builder.clock(move || Timestamp::from_seconds(seconds.load(Ordering::Relaxed)))
    /// }
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Opens the registry: reads its fingerprint key, or makes it, and wraps it under each store key.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if what was said is not enough or not so, or the store fails.
    pub async fn open<S: Store>(self, store: S) -> Result<Registry<S>, OpenError> {
        let environment_keys = self.environment_keys.clone().unwrap_or_else(|| self.keys.clone());
        if environment_keys.is_empty() || (self.environment_keys.is_none() && self.keys.len() > 1) {
            return Err(OpenError::EnvironmentKeys);
        }
        if let Some(name) = environment_keys.iter().find(|name| !self.keys.contains(name)) {
            return Err(OpenError::UnknownKey(name.clone()));
        }
        if !is_storable(&self.environment, 64) {
            return Err(OpenError::Environment);
        }
        let fingerprints =
            fingerprint_key(&store, &self.environment, &self.ring, FingerprintKey::generate).await?;
        let Self {
            environment, client_ids, ring, grace, destroys_deleted_at_once, keep_bodies, clock, ..
        } = self;
        Ok(Registry(Arc::new(Inner {
            store,
            environment,
            environment_keys: ArcSwap::from_pointee(environment_keys),
            client_ids,
            ring: ArcSwap::from_pointee(ring),
            fingerprints,
            grace,
            destroys_deleted_at_once,
            keep_bodies,
            clock,
            changed: Notify::new(),
        })))
    }
}

/// The environment's fingerprint key. It is made once, where there may be none yet; each key of the ring that it is not wrapped under
/// yet gets it.
pub(super) async fn fingerprint_key<S: Store>(
    store: &S,
    environment: &str,
    ring: &KeyRing,
    make: impl FnOnce() -> Result<FingerprintKey, SealError>,
) -> Result<FingerprintKey, OpenError> {
    let mut transaction = store.begin().await?;
    let wrapped = store.lock_fingerprint_keys(&mut transaction, environment).await?;
    let under = |name: &str| wrapped.iter().find(|(other, _)| other == name);
    for name in ring.names() {
        let opened =
            under(name).map(|(name, key)| FingerprintKey::open(environment, ring, [(&**name, &**key)]));
        if opened.is_some_and(|opened| opened.is_err()) {
            return Err(OpenError::OtherKey(name.to_owned()));
        }
    }
    let key = match wrapped.is_empty() {
        true => make()?,
        false => {
            FingerprintKey::open(environment, ring, wrapped.iter().map(|(name, key)| (&**name, &**key)))?
        }
    };
    for (name, key) in key.wrap(environment, ring)? {
        if under(&name).is_none() {
            store.save_fingerprint_key(&mut transaction, environment, &name, Some(&key)).await?;
        }
    }
    store.commit(transaction).await?;
    Ok(key)
}

impl fmt::Debug for RegistryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryBuilder")
            .field("environment", &self.environment)
            .field("environment_keys", &self.environment_keys)
            .field("client_ids", &self.client_ids)
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

/// Why a registry did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The environment's name cannot be one.
    #[error("expected 1 to 64 octets without a NUL for the environment")]
    Environment,

    /// There are several keys, and it was not said which belong to the environment; or none was said to.
    #[error("expected the names of the keys that belong to the environment, since there are several keys")]
    EnvironmentKeys,

    /// A store key cannot be taken out of the ring while this registry is open.
    #[error("expected the store key {0:?} still, which something is encrypted under: rekey first")]
    KeyInUse(String),

    /// A store key is another than the one that had this name.
    #[error("expected the store key that was {0:?} before, found another of that name")]
    OtherKey(String),

    /// The fingerprint key cannot be decrypted; the text names a store key that is missing.
    #[error(transparent)]
    Seal(#[from] SealError),

    /// The database did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// A key that is said to belong to the environment is not trusted.
    #[error("expected the name of a trusted key for the environment, found {0:?}")]
    UnknownKey(String),
}

/// In seconds.
const DAY: u64 = 24 * 60 * 60;
