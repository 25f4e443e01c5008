use std::sync::Arc;

use untis_webhook::KeySet;

use super::builder::fingerprint_key;
use super::{OpenError, Registry};
use crate::{KeyRing, SealError, Selection, Store, TenantKey};

/// What is replaced while deliveries are received.
impl<S: Store> Registry<S> {
    /// Encrypts under another ring from now on, and decrypts what is under any of its keys. Each of them gets the fingerprint key
    /// first, as [`open`](crate::RegistryBuilder::open) does it. What is under the old primary is left there until
    /// [`rekey`](Self::rekey).
    ///
    /// With several instances a new key is first given to each as one of the others, and then made the primary.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if a key is another than the one that had its name, if none of them opens the fingerprint key, if something
    /// is still under one that is taken out, or the store fails. Then the ring is the one of before.
    pub async fn replace_ring(&self, ring: KeyRing) -> Result<(), OpenError> {
        fingerprint_key(self.store(), self.environment(), &ring, || Err(SealError::Failed)).await?;
        if self.ring().names().any(|name| ring.get(name).is_none()) {
            self.nothing_is_under_another(&ring).await?;
        }
        self.0.ring.store(Arc::new(ring));
        Ok(())
    }

    async fn nothing_is_under_another(&self, ring: &KeyRing) -> Result<(), OpenError> {
        let (store, environment) = (self.store(), self.environment());
        let header = ring.primary_header().ok_or(SealError::Failed)?;
        let mut after = None;
        while let Some(ids) = self.next(Selection::NotUnder(&header), &mut after).await? {
            for tenant_id in &ids {
                let mut transaction = store.begin().await?;
                let sealed = store.sealed(&mut transaction, TenantKey { environment, tenant_id }).await?;
                store.commit(transaction).await?;
                if let Some(name) = sealed.iter().find_map(|(_, sealed)| ring.missing(sealed)) {
                    return Err(OpenError::KeyInUse(name.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// The names of the keys that belong to the environment from now on, of those that are trusted from now on: it is called before
    /// [`Verifier::replace_keys`](untis_webhook::Verifier::replace_keys) is.
    ///
    /// A name of before that none of the trusted has stays, for a delivery that is under way: it is refused no more than it was.
    ///
    /// ```
    /// use untis_webhook::{KeySet, Verifier};
    /// use untis_webhook_tenants::{OpenError, Registry, Store};
    ///
    /// /// The registry knows a key's name before anything comes that the key has signed.
    /// fn trust(registry: &Registry<impl Store>, verifier: &Verifier, keys: KeySet) -> Result<(), OpenError> {
    ///     let names: Vec<_> = keys.iter().map(|(name, _)| name.to_string()).collect();
    ///     registry.replace_environment_keys(&keys, &names)?;
    ///     verifier.replace_keys(keys);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenError`] if no name is said, or one that is not trusted. Then the names are those of before.
    pub fn replace_environment_keys(&self, trusted: &KeySet, names: &[String]) -> Result<(), OpenError> {
        let is_trusted = |name: &String| trusted.iter().any(|(id, _)| id.as_str() == name);
        if names.is_empty() {
            return Err(OpenError::EnvironmentKeys);
        }
        if let Some(name) = names.iter().find(|name| !is_trusted(name)) {
            return Err(OpenError::UnknownKey(name.clone()));
        }
        self.0.environment_keys.rcu(|before| {
            let left = before.iter().filter(|name| !is_trusted(name));
            left.chain(names).cloned().collect::<Vec<_>>()
        });
        Ok(())
    }

    /// The ring, as it is now.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.0.ring.load_full()
    }
}
