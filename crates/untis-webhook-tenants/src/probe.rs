use untis_webhook::event::{Credentials, Secret};

use crate::{Answer, TenantCredentials};

#[cfg(feature = "probe")]
mod token_probe;

#[cfg(feature = "probe")]
pub use self::token_probe::{Inconclusive, TokenProbe, TokenProbeError};

/// Finds out whether the platform takes a set of credentials.
///
/// An answer changes what a school's credentials are. [`Answer::Works`] and [`Answer::Refused`] are for what the
/// platform itself has said of this set; whatever went wrong on the way, and whatever else came, is
/// [`Answer::Unknown`], which never changes anything. `TokenProbe`, with the feature `probe`, is one.
///
/// ```
/// use untis_webhook_tenants::{Answer, CredentialSet, Probe};
///
/// /// Takes what it was told for the platform's answer; for a test of an application.
/// struct Says(Answer);
///
/// impl Probe for Says {
///     async fn probe(&self, _tenant_id: &str, _set: CredentialSet<'_>) -> Answer {
///         self.0
///     }
/// }
/// ```
pub trait Probe: Send + Sync {
    /// Asks about this set of this tenant, and comes to an end of itself: there is a deadline.
    fn probe(&self, tenant_id: &str, set: CredentialSet<'_>) -> impl Future<Output = Answer> + Send;
}

/// A set of credentials, lent to a [`Probe`].
#[derive(Clone, Copy, Debug)]
pub struct CredentialSet<'a> {
    /// The OpenID Connect client id, and the user name of the client credentials grant.
    pub client_id: &'a str,
    /// The OpenID Connect client secret.
    pub secret: &'a Secret,
    /// The password of the client credentials grant; not the OpenID Connect secret.
    pub password: &'a Secret,
    /// The platform's host for this school.
    pub host: &'a str,
}

/// As they were delivered.
impl<'a> From<&'a Credentials> for CredentialSet<'a> {
    fn from(credentials: &'a Credentials) -> Self {
        let Credentials { client_id, secret, password, host, .. } = credentials;
        Self { client_id, secret, password, host }
    }
}

/// As they are stored.
impl<'a> From<&'a TenantCredentials> for CredentialSet<'a> {
    fn from(credentials: &'a TenantCredentials) -> Self {
        let TenantCredentials { client_id, secret, password, host, .. } = credentials;
        Self { client_id, secret, password, host }
    }
}
