//! What the operator does.

use super::{Inner, Registry, RegistryError};
use crate::{
    Column, Erasure, ErasureScope, OperateError, Selection, Set, Store, StoredTenant, TenantKey, Timestamp,
    Told,
};

impl<S: Store> Registry<S> {
    /// Gives out this set of a tenant from now on: the decision about a contested one, or about any that is stored.
    /// The tenant is active then, whatever it was. The numbers are those of [`sets`](Self::sets).
    ///
    /// ```
    /// use untis_webhook_tenants::{Registry, RegistryError, Store};
    ///
    /// /// Takes the latest of the sets about which somebody has to decide, and none of the others.
    /// async fn take_the_latest(registry: &Registry<impl Store>, school: &str) -> Result<(), RegistryError> {
    ///     let contested = registry.contested(school).await?;
    ///     let Some((latest, others)) = contested.split_last() else { return Ok(()) };
    ///     for other in others {
    ///         registry.reject(school, *other).await?;
    ///     }
    ///     registry.accept(school, *latest).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError`] if there is no such tenant, no such set that is stored, or its client id is none of those that
    /// the registry was told.
    pub async fn accept(&self, tenant_id: &str, set: u64) -> Result<(), RegistryError> {
        let client_ids = &self.0.client_ids;
        let is_foreign = |found: &Set| found.number == set && !client_ids.contains(&found.client_id);
        self.operate(tenant_id, |stored, _| {
            match !client_ids.is_empty() && stored.tenant.sets.iter().any(is_foreign) {
                true => Err(OperateError::ClientId),
                false => stored.tenant.accept(set).map(Some),
            }
        })
        .await
    }

    /// Destroys this candidate of a tenant, or takes a replay for one: the other decision.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] if there is no such tenant, or nobody has to decide about that set.
    pub async fn reject(&self, tenant_id: &str, set: u64) -> Result<(), RegistryError> {
        self.operate(tenant_id, |stored, _| stored.tenant.reject(set)).await
    }

    /// Undoes a deactivation or a deletion, as long as the tenant's last set is there.
    ///
    /// ```
    /// use untis_webhook_tenants::{OperateError, Registry, RegistryError, Store};
    ///
    /// /// A deactivation that was not meant for us.
    /// async fn undo(registry: &Registry<impl Store>, school: &str) -> Result<(), RegistryError> {
    ///     match registry.restore(school).await {
    ///         Err(RegistryError::Operate(OperateError::Active)) => Ok(()), // it is undone already
    ///         restored => restored,
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError`] if there is no such tenant, it is active, or its set is destroyed.
    pub async fn restore(&self, tenant_id: &str) -> Result<(), RegistryError> {
        self.operate(tenant_id, |stored, _| stored.tenant.restore().map(Some)).await
    }

    /// Erases a tenant: secrets, personal data, bodies, client ids and hosts. Its id and fingerprints stay for 400 days,
    /// so that late retries of the platform do not bring it back; new credentials do. One that was not deleted is
    /// deleted, and the application is told.
    ///
    /// With [`ErasureScope::Everything`] the fingerprints go as well, at once. Then a late retry brings the tenant
    /// back; what the application was still to be told it is not told; and the versions begin anew, so it must forget
    /// the tenant too.
    ///
    /// That it was done is on record: [`erasures`](Self::erasures).
    ///
    /// ```
    /// use untis_webhook_tenants::{Erasure, ErasureScope, Registry, RegistryError, Store};
    ///
    /// async fn erase(registry: &Registry<impl Store>, school: &str) -> Result<(), RegistryError> {
    ///     registry.forget(school, ErasureScope::Secrets).await?;
    ///     for Erasure { at, scope, .. } in registry.erasures(school).await? {
    ///         println!("{} seconds after 1970, {}", at.as_seconds(), scope.as_str());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError`] if nothing was ever heard of such a tenant, or the store fails.
    pub async fn forget(&self, tenant_id: &str, scope: ErasureScope) -> Result<(), RegistryError> {
        let key = self.key(tenant_id).ok_or(RegistryError::UnknownTenant)?;
        let (store, now) = (&self.0.store, self.now());
        let mut transaction = store.begin().await?;
        let mut stored = self.lock_known(&mut transaction, key).await?;
        match scope {
            ErasureScope::Everything => store.remove(&mut transaction, key).await?,
            ErasureScope::Secrets => {
                let before = stored.tenant.clone();
                if let Some(told) = stored.tenant.forget(now) {
                    stored.tell(told, now);
                }
                stored.probe_at = None;
                self.save(&mut transaction, key, &before, &stored).await?;
                for (column, _) in store.sealed(&mut transaction, key).await? {
                    if let Column::Body(_) = column {
                        store.save_sealed(&mut transaction, key, column, None).await?;
                    }
                }
            }
        }
        let erasure = Erasure { tenant_id: tenant_id.to_owned(), at: now, scope };
        store.save_erasure(&mut transaction, self.environment(), &erasure).await?;
        store.commit(transaction).await?;
        self.wake_worker(Some(Told::Deleted));
        tracing::info!(tenant = tenant_id, scope = scope.as_str(), "a tenant is forgotten");
        Ok(store.scrub().await?)
    }

    /// Starts again to tell the application of this tenant, at once: what failed so often that it waits, was given up, or
    /// is with a worker that does not come back. One that does come back cannot acknowledge it any more. Says whether
    /// there is anything to tell.
    ///
    /// ```
    /// use untis_webhook_tenants::{Registry, RegistryError, Store};
    ///
    /// /// The application is there again.
    /// async fn again(registry: &Registry<impl Store>) -> Result<(), RegistryError> {
    ///     if registry.redrive("12345").await? {
    ///         println!("it is told of this school at once");
    ///     }
    ///     println!("and of {} schools in all", registry.redrive_all().await?);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn redrive(&self, tenant_id: &str) -> Result<bool, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(false) };
        let is_untold = self.0.store.redrive(key).await?;
        self.0.changed.notify_one();
        Ok(is_untold)
    }

    /// The same for every tenant, one after the other, after an outage of the application. Says how many there are.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn redrive_all(&self) -> Result<u64, RegistryError> {
        let (mut redriven, mut after) = (0, None);
        while let Some(ids) = self.next(Selection::Untold, &mut after).await? {
            for tenant_id in &ids {
                redriven += u64::from(self.redrive(tenant_id).await?);
            }
        }
        Ok(redriven)
    }

    async fn operate(
        &self,
        tenant_id: &str,
        change: impl FnOnce(&mut StoredTenant, Timestamp) -> Result<Option<Told>, OperateError> + Send,
    ) -> Result<(), RegistryError> {
        let key = self.key(tenant_id).ok_or(RegistryError::UnknownTenant)?;
        let (Inner { store, .. }, now) = (&*self.0, self.now());
        let mut transaction = store.begin().await?;
        let mut stored = self.lock_known(&mut transaction, key).await?;
        let before = stored.tenant.clone();
        let told = change(&mut stored, now)?;
        if let Some(told) = told {
            stored.tell(told, now);
        }
        stored.probe_at = stored.tenant.probe_at(now);
        self.save(&mut transaction, key, &before, &stored).await?;
        store.commit(transaction).await?;
        self.wake_worker(told);
        Ok(())
    }

    /// Locks a tenant of whom something was heard.
    pub(super) async fn lock_known(
        &self,
        connection: &mut S::Connection,
        key: TenantKey<'_>,
    ) -> Result<StoredTenant, RegistryError> {
        let (stored, _) = self.0.store.lock(connection, key, None).await?;
        match stored.tenant.sequence {
            0 => Err(RegistryError::UnknownTenant),
            _ => Ok(stored),
        }
    }
}
