use zeroize::Zeroizing;

use super::{Inner, Registry, RegistryError};
use crate::{
    Column, Entry, Erasure, Filter, Listed, Profile, Record, SealError, Set, Status, Store, Summary,
    TenantCredentials, TenantKey,
};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// In the order of their ids, as octets.
    pub entries: Vec<Entry>,
    /// What to go on after, if that was not all.
    pub next: Option<String>,
}

impl<S: Store> Registry<S> {
    /// What is known of a tenant; `None` of one that never had credentials, or is forgotten.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn get(&self, tenant_id: &str) -> Result<Option<Entry>, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(None) };
        let stored = self.0.store.tenant(key).await?;
        Ok(stored.and_then(|stored| Entry::of(tenant_id, &stored)))
    }

    /// The credentials of a tenant, if it is active: those of any other are given to nobody.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`], and [`RegistryError::Seal`], which names a store key that is missing.
    pub async fn credentials(&self, tenant_id: &str) -> Result<Option<TenantCredentials>, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(None) };
        let Some(found) = self.0.store.credentials(key).await? else { return Ok(None) };
        let encoded = self.open(key, Column::Secrets(found.number), &found.sealed)?;
        Ok(Some(TenantCredentials::decode(&encoded, found.version).ok_or(SealError::Failed)?))
    }

    /// What the platform says of a school besides its credentials, if it is stored.
    ///
    /// # Errors
    ///
    /// As [`credentials`](Self::credentials).
    pub async fn profile(&self, tenant_id: &str) -> Result<Option<Profile>, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(None) };
        let Some(encoded) = self.read(key, Column::Profile).await? else { return Ok(None) };
        Ok(Some(Profile::decode(&encoded).ok_or(SealError::Failed)?))
    }

    /// A tenant's sets of credentials, without what is secret of them, in the order in which they came.
    ///
    /// ```
    /// use untis_webhook_tenants::{Profile, Registry, RegistryError, Set, Store};
    ///
    /// async fn show(registry: &Registry<impl Store>, school: &str) -> Result<(), RegistryError> {
    ///     let profile: Option<Profile> = registry.profile(school).await?;
    ///     println!("{:?}", profile.and_then(|profile| profile.school_name));
    ///     for Set { number, client_id, state, .. } in registry.sets(school).await? {
    ///         println!("{number} of {client_id}: {}", state.as_str());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn sets(&self, tenant_id: &str) -> Result<Vec<Set>, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(Vec::new()) };
        let stored = self.0.store.tenant(key).await?;
        Ok(stored.map(|stored| stored.tenant.sets).unwrap_or_default())
    }

    /// The numbers of a tenant's sets about which somebody has to decide, by [`accept`](Self::accept) or
    /// [`reject`](Self::reject).
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn contested(&self, tenant_id: &str) -> Result<Vec<u64>, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(Vec::new()) };
        let stored = self.0.store.tenant(key).await?;
        Ok(stored.map(|stored| stored.tenant.contested().collect()).unwrap_or_default())
    }

    /// So many tenants after this id, 1,000 at most; all of them, or those of one status. To read them all costs no
    /// more memory than one page.
    ///
    /// ```
    /// use untis_webhook_tenants::{Page, Registry, RegistryError, Status, Store};
    ///
    /// async fn every_active(registry: &Registry<impl Store>) -> Result<Vec<String>, RegistryError> {
    ///     let (mut ids, mut after) = (Vec::new(), None);
    ///     loop {
    ///         let Page { entries, next, .. } = registry.list(Some(Status::Active), after.as_deref(), 1000).await?;
    ///         ids.extend(entries.into_iter().map(|entry| entry.tenant_id));
    ///         after = next;
    ///         if after.is_none() {
    ///             return Ok(ids);
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn list(
        &self,
        status: Option<Status>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, RegistryError> {
        let listed =
            Listed { filter: status.map(Filter::Status), prefix: "", after: after.unwrap_or_default() };
        self.find(listed, limit).await
    }

    /// So many of these tenants, 1,000 at most. It costs as much as what is found, however many others there are.
    ///
    /// ```
    /// use untis_webhook_tenants::{Entry, Filter, Listed, Registry, RegistryError, Store, Summary};
    ///
    /// /// Those about which somebody has to decide, of the schools whose id begins with 12.
    /// async fn to_decide(registry: &Registry<impl Store>) -> Result<Vec<Entry>, RegistryError> {
    ///     let Summary { active, .. } = registry.summary().await?;
    ///     println!("{active} schools are active");
    ///     let listed = Listed { filter: Some(Filter::Contested), prefix: "12", after: "" };
    ///     Ok(registry.find(listed, 100).await?.entries)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn find(&self, listed: Listed<'_>, limit: u32) -> Result<Page, RegistryError> {
        let limit = limit.clamp(1, 1000);
        let Inner { store, environment, .. } = &*self.0;
        // One more, to see whether that was all.
        let mut entries = store.list(environment, listed, limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| is_more).map(|entry| entry.tenant_id.clone());
        Ok(Page { entries, next })
    }

    /// How many tenants there are of each kind. Those that are [listed](Self::list) are counted.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn summary(&self) -> Result<Summary, RegistryError> {
        Ok(self.0.store.summary(self.environment()).await?)
    }

    /// What the platform says of so many schools after this id, 1,000 at most, as far as it is stored: those of which
    /// it is not are left out.
    ///
    /// ```
    /// use untis_webhook_tenants::{Registry, RegistryError, Store};
    ///
    /// async fn addresses(registry: &Registry<impl Store>) -> Result<(), RegistryError> {
    ///     for (school, profile) in registry.profiles(None, 1000).await? {
    ///         println!("{school}: {:?}", profile.school_email);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`credentials`](Self::credentials).
    pub async fn profiles(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<(String, Profile)>, RegistryError> {
        let (environment, after) = (self.environment(), after.unwrap_or_default());
        let sealed = self.0.store.profiles(environment, after, limit.clamp(1, 1000)).await?;
        let opened = sealed.into_iter().map(|(tenant_id, sealed)| {
            let key = TenantKey { environment, tenant_id: &tenant_id };
            let encoded = self.open(key, Column::Profile, &sealed)?;
            Ok((tenant_id, Profile::decode(&encoded).ok_or(SealError::Failed)?))
        });
        opened.collect()
    }

    /// What came for a tenant: so many records, 1,000 at most, after the one that came first as this delivery. Those
    /// of deliveries that name no tenant are under `None`.
    ///
    /// ```
    /// use untis_webhook_tenants::{Record, Registry, RegistryError, Store};
    ///
    /// async fn what_came(registry: &Registry<impl Store>, school: &str) -> Result<(), RegistryError> {
    ///     for Record { decision, count, .. } in registry.records(Some(school), 0, 100).await? {
    ///         println!("{count} times, last: {}", decision.as_str());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn records(
        &self,
        tenant_id: Option<&str>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, RegistryError> {
        let Some(key) = self.key_or_none(tenant_id) else { return Ok(Vec::new()) };
        Ok(self.0.store.records(key, after, limit.clamp(1, 1000)).await?)
    }

    /// The body that a record is of, as long as it is kept. It may hold secrets.
    ///
    /// # Errors
    ///
    /// As [`credentials`](Self::credentials).
    pub async fn body(
        &self,
        tenant_id: Option<&str>,
        record: &Record,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RegistryError> {
        let Some(key) = self.key_or_none(tenant_id) else { return Ok(None) };
        self.read(key, Column::Body(record.body)).await
    }

    /// That a tenant was forgotten, each time.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Store`].
    pub async fn erasures(&self, tenant_id: &str) -> Result<Vec<Erasure>, RegistryError> {
        let Some(key) = self.key(tenant_id) else { return Ok(Vec::new()) };
        Ok(self.0.store.erasures(key).await?)
    }

    fn key_or_none<'a>(&'a self, tenant_id: Option<&'a str>) -> Option<TenantKey<'a>> {
        match tenant_id {
            Some(tenant_id) => self.key(tenant_id),
            None => Some(TenantKey { environment: self.environment(), tenant_id: "" }),
        }
    }

    pub(super) async fn read(
        &self,
        key: TenantKey<'_>,
        column: Column,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RegistryError> {
        let sealed = self.0.store.read_sealed(key, column).await?;
        Ok(sealed.map(|sealed| self.open(key, column, &sealed)).transpose()?)
    }

    pub(super) fn open(
        &self,
        key: TenantKey<'_>,
        column: Column,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        column.at(key, |place| self.0.ring.load().open(place, sealed))
    }
}
