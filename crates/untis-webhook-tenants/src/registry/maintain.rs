//! What is to be done now and then: to destroy what is over, and to encrypt again under another key.

use std::collections::BTreeSet;

use super::{Registry, RegistryError};
use crate::{SealError, Selection, Store, StoreError, TenantKey};

/// What was destroyed since it was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purged {
    /// Bodies that nobody could read.
    pub bodies: u64,
    /// Tenants that had been forgotten so long ago that late retries no longer come.
    pub removed: u64,
    /// Tenants with credentials of which the grace was over.
    pub tenants: u64,
}

/// What was encrypted again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rekeyed {
    /// Tenants that are under the primary key now.
    pub tenants: u64,
    /// Tenants of which something still is not. A store key may be taken away when there are none.
    pub left: u64,
    /// The names of the keys that those need and the ring does not have.
    pub missing: BTreeSet<String>,
}

impl<S: Store> Registry<S> {
    /// Destroys what is over: the credentials of tenants that ended longer ago than the grace, bodies that were kept
    /// long enough, and what is left of tenants that were forgotten 400 days ago. To be run every hour or so; two that
    /// run at once do no harm.
    ///
    /// ```
    /// use untis_webhook_tenants::{Purged, Registry, RegistryError, Store};
    ///
    /// /// Where no worker runs, every hour.
    /// async fn tidy(registry: &Registry<impl Store>) -> Result<(), RegistryError> {
    ///     let Purged { tenants, bodies, .. } = registry.purge().await?;
    ///     println!("the credentials of {tenants} schools are destroyed, and {bodies} bodies");
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`]. What was destroyed before is.
    pub async fn purge(&self) -> Result<Purged, RegistryError> {
        let (store, now) = (&self.0.store, self.now());
        let selection = Selection::Due {
            ended_until: now.before(self.0.grace),
            kept_until: now,
            forgotten_until: now.before(REMEMBERED),
        };
        let mut purged = Purged::default();
        let mut after = None;
        while let Some(ids) = self.next(selection, &mut after).await? {
            for tenant_id in &ids {
                let key = TenantKey { environment: self.environment(), tenant_id };
                let mut transaction = store.begin().await?;
                let mut stored = match self.lock_known(&mut transaction, key).await {
                    Err(RegistryError::UnknownTenant) => continue,
                    stored => stored?,
                };
                if stored.tenant.forgotten.is_some_and(|at| now.seconds_since(at) >= REMEMBERED) {
                    store.remove(&mut transaction, key).await?;
                    purged.removed += 1;
                } else {
                    let before = stored.tenant.clone();
                    purged.tenants += u64::from(stored.tenant.purge(now, self.0.grace));
                    self.save(&mut transaction, key, &before, &stored).await?;
                    purged.bodies += store.expire_bodies(&mut transaction, key, now).await?;
                }
                store.commit(transaction).await?;
            }
        }
        if purged != Purged::default() {
            store.scrub().await?;
        }
        Ok(purged)
    }

    /// Encrypts again, under the primary key, all that is under another. It goes on while deliveries are received, one
    /// tenant at a time. What needs a key that is not in the ring stays as it is, and the key is named.
    ///
    /// When nothing is left, a store key that is taken out of the ring opens nothing any more, once this has been run
    /// without it.
    ///
    /// ```
    /// use untis_webhook_tenants::{KeyRing, Registry, Rekeyed, Store};
    ///
    /// /// The ring has a new key as its primary, and the old one beside it.
    /// async fn replace(registry: &Registry<impl Store>, ring: KeyRing) -> Result<(), Box<dyn std::error::Error>> {
    ///     registry.replace_ring(ring).await?;
    ///     let Rekeyed { tenants, left, missing, .. } = registry.rekey().await?;
    ///     println!("{tenants} schools are under the new key, {left} are not, for want of {missing:?}");
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError`]. What was encrypted again before is.
    pub async fn rekey(&self) -> Result<Rekeyed, RegistryError> {
        let header = self.0.ring.load().primary_header().ok_or(SealError::Failed)?;
        let selection = Selection::NotUnder(&header);
        let mut rekeyed = Rekeyed::default();
        let mut after = None;
        while let Some(ids) = self.next(selection, &mut after).await? {
            for tenant_id in &ids {
                let missing = self.rekey_tenant(tenant_id).await?;
                rekeyed.tenants += u64::from(missing.is_empty());
                rekeyed.missing.extend(missing);
            }
        }
        // What was encrypted meanwhile by an instance that has another primary key counts as well.
        let mut after = None;
        while let Some(ids) = self.next(selection, &mut after).await? {
            rekeyed.left += u64::try_from(ids.len()).unwrap_or(u64::MAX);
        }
        if rekeyed.left == 0 {
            self.unwrap_fingerprint_key().await?;
            self.0.store.scrub().await?;
        }
        Ok(rekeyed)
    }

    /// Gives the names of keys that are missing.
    async fn rekey_tenant(&self, tenant_id: &str) -> Result<BTreeSet<String>, RegistryError> {
        let (store, ring) = (&self.0.store, self.0.ring.load_full());
        let key = TenantKey { environment: self.environment(), tenant_id };
        let mut missing = BTreeSet::new();
        let mut transaction = store.begin().await?;
        if let Err(RegistryError::UnknownTenant) = self.lock_known(&mut transaction, key).await {
            return Ok(missing);
        }
        for (column, sealed) in store.sealed(&mut transaction, key).await? {
            if ring.is_under_primary(&sealed) {
                continue;
            }
            match self.open(key, column, &sealed) {
                Ok(plaintext) => {
                    let sealed = column.at(key, |place| ring.seal(place, &plaintext))?;
                    store.save_sealed(&mut transaction, key, column, Some(&sealed)).await?;
                }
                Err(SealError::MissingKey(name)) => drop(missing.insert(name)),
                Err(error) => tracing::warn!(tenant = tenant_id, ?column, %error, "left as it is"),
            }
        }
        store.commit(transaction).await?;
        Ok(missing)
    }

    /// Takes the fingerprint key from under the store keys that are no longer in the ring.
    async fn unwrap_fingerprint_key(&self) -> Result<(), RegistryError> {
        let (store, environment) = (&self.0.store, self.environment());
        let mut transaction = store.begin().await?;
        for (name, _) in store.lock_fingerprint_keys(&mut transaction, environment).await? {
            if self.0.ring.load().get(&name).is_none() {
                store.save_fingerprint_key(&mut transaction, environment, &name, None).await?;
            }
        }
        Ok(store.commit(transaction).await?)
    }

    /// The next tenants, if there are any.
    pub(super) async fn next(
        &self,
        selection: Selection<'_>,
        after: &mut Option<String>,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let ids = self.0.store.select(self.environment(), selection, after.as_deref(), BATCH).await?;
        after.clone_from(&ids.last().cloned());
        Ok(Some(ids).filter(|ids| !ids.is_empty()))
    }
}

/// Seconds for which the fingerprints of a tenant are kept that was forgotten: 400 days.
const REMEMBERED: u64 = 400 * 24 * 60 * 60;

/// Tenants that are looked for at once.
const BATCH: u32 = 100;
