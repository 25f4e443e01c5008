//! Taking over what an application has kept in a table of its own.

use untis_webhook::event::Credentials;

use super::receive::are_storable;
use super::{Inner, Registry, RegistryError};
use crate::{Changes, OperateError, Store};

/// What became of credentials that were to be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Imported {
    /// The tenant is active, with these credentials.
    Activated,
    /// The registry has heard of the tenant already, and left it as it is.
    Known,
}

impl<S: Store> Registry<S> {
    /// Takes over credentials that the application has already, for a tenant of whom the registry never heard. It is
    /// active then, and held to their client id. The application is not told, since it knows. When the platform delivers
    /// the same set, that changes nothing.
    ///
    /// Whatever came for a tenant by a delivery is newer, a deactivation too: then nothing is changed. So a take-over can
    /// be run while deliveries are received, and again if it was cut off.
    ///
    /// This is for the operator, over data that the application trusts: nothing here is verified.
    ///
    /// ```
    /// # use untis_webhook_tenants::{Imported, KeyRing, Registry, StoreKey};
    /// # use untis_webhook_tenants_sqlx::SqliteStore;
    /// use untis_webhook::event::{Credentials, Secret};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keys = untis_webhook::KeySet::new([("2026", untis_webhook_testkit::SigningKey::shared().verifying_key())])?;
    /// # let folder = tempfile::tempdir()?;
    /// # let store = SqliteStore::open(folder.path().join("tenants.db")).await?;
    /// # let ring = KeyRing::new("2026", StoreKey::generate()?)?;
    /// # let registry = Registry::builder(&keys, ring).open(store).await?;
    ///
    /// let (secret, password) = (Secret::new("the client secret"), Secret::new("the password"));
    /// let credentials = Credentials::new("12345", "test-client-id", secret, password, "localhost");
    /// assert_eq!(registry.import(&credentials).await?, Imported::Activated);
    /// assert_eq!(registry.import(&credentials).await?, Imported::Known);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OperateError::ClientId`] if the registry was told the application's client ids and theirs is none of them,
    /// [`OperateError::Text`] if they cannot be stored, and those of the store.
    pub async fn import(&self, credentials: &Credentials) -> Result<Imported, RegistryError> {
        if self.is_foreign(credentials) {
            return Err(OperateError::ClientId.into());
        }
        let key = self.key(&credentials.tenant_id).filter(|_| are_storable(credentials));
        let key = key.ok_or(OperateError::Text)?;
        let (Inner { store, .. }, now) = (&*self.0, self.now());
        let mut transaction = store.begin().await?;
        let (mut stored, _) = store.lock(&mut transaction, key, None).await?;
        let before = stored.tenant.clone();
        let Some(told) = stored.tenant.import(self.delivered(credentials), now) else {
            return Ok(Imported::Known);
        };
        stored.tell(told, now);
        stored.news.acknowledged = stored.tenant.version;
        stored.probe_at = stored.tenant.probe_at(now);
        let mut changes = Changes::since(&before, &stored);
        self.seal_credentials(key, &before, &mut changes, credentials)?;
        store.save(&mut transaction, key, &changes).await?;
        store.commit(transaction).await?;
        tracing::info!(tenant = key.tenant_id, "credentials of the application's own are taken over");
        Ok(Imported::Activated)
    }
}
