use untis_webhook::event::{Credentials, Secret};
use zeroize::Zeroizing;

use crate::parts;

/// The credentials of an active tenant.
///
/// ```
/// use untis_webhook_tenants::{Registry, RegistryError, Store, TenantCredentials};
///
/// async fn user_and_password(
///     registry: &Registry<impl Store>,
///     school: &str,
/// ) -> Result<Option<(String, String)>, RegistryError> {
///     // Nothing of a school that is not active.
///     let Some(TenantCredentials { client_id, password, .. }) = registry.credentials(school).await? else {
///         return Ok(None);
///     };
///     Ok(Some((client_id, password.expose().to_owned())))
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantCredentials {
    /// The OpenID Connect client id, and the user name of the client credentials grant.
    pub client_id: String,
    /// The OpenID Connect client secret.
    pub secret: Secret,
    /// The password of the client credentials grant; not the OpenID Connect secret.
    pub password: Secret,
    /// The platform's host for this school.
    pub host: String,
    /// The tenant's version that they are of.
    pub version: u64,
}

impl TenantCredentials {
    /// All of it is encrypted together, so that nobody who can write to the database can have the secrets sent to
    /// another host.
    pub(crate) fn encode(credentials: &Credentials) -> Zeroizing<Vec<u8>> {
        let Credentials { client_id, secret, password, host, .. } = credentials;
        parts::join(&[client_id, secret.expose(), password.expose(), host].map(Some))
    }

    pub(crate) fn decode(encoded: &[u8], version: u64) -> Option<Self> {
        let [client_id, secret, password, host] = parts::split(encoded)?;
        Some(Self {
            client_id: client_id?.to_owned(),
            secret: Secret::new(secret?),
            password: Secret::new(password?),
            host: host?.to_owned(),
            version,
        })
    }
}
