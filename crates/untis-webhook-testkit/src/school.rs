use std::fmt;

use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};

use crate::{Delivery, Payload, SigningKey};
#[cfg(feature = "token-endpoint")]
use crate::{TokenEndpoint, token_endpoint::Accounts};

/// A school, as the platform sees it: it activates the application, resets its password, deactivates it and comes back,
/// and each time gives the delivery that the platform would send.
///
/// Deliveries are clones to be sent whenever a test wants: in order, late, twice, or never.
///
/// ```
/// use untis_webhook_testkit::{School, SigningKey};
///
/// let mut school = School::new(SigningKey::shared(), "12345");
/// let created = school.activate();
/// let reset = school.reset();
/// assert_ne!(created.body(), reset.body());
/// assert_eq!(school.credentials().unwrap().password, "12345-password-2");
///
/// let deactivation = school.deactivate();
/// assert!(school.credentials().is_none());
/// let reactivated = school.reactivate(); // with the same credentials, or with new ones:
/// # school.deactivate();
/// let reactivated = school.reactivate_with_new_credentials();
/// let deletion = school.delete();
/// ```
///
/// With the feature `token-endpoint`, `School::at` tells a `TokenEndpoint` which credentials are current.
///
/// Two schools with the same id and different [client ids](Self::client_id) are two partners' views of one.
#[derive(Clone)]
pub struct School {
    key: SigningKey,
    tenant_id: String,
    profile: Payload,
    credentials: SchoolCredentials,
    issued: u32,
    is_active: bool,
    #[cfg(feature = "token-endpoint")]
    accounts: Option<Accounts>,
}

impl School {
    /// A school that has not activated the application yet. Its deliveries are signed with this key.
    pub fn new(key: &SigningKey, tenant_id: impl Into<String>) -> Self {
        let tenant_id = tenant_id.into();
        Self {
            key: key.clone(),
            profile: Payload::credentials(CredentialsEventType::Created).set("tenantId", &*tenant_id),
            credentials: SchoolCredentials {
                client_id: "test-client-id".to_owned(),
                secret: String::new(),
                password: String::new(),
            },
            tenant_id,
            issued: 0,
            is_active: false,
            #[cfg(feature = "token-endpoint")]
            accounts: None,
        }
    }

    /// With this client id, `test-client-id` unless set. An application's schools have one between them.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.credentials.client_id = client_id.into();
        self
    }

    /// With this value in that field of every credentials payload, such as `schoolEmail`.
    ///
    /// ```
    /// use untis_webhook_testkit::{School, SigningKey};
    ///
    /// // Two partners' views of one school.
    /// let ours = School::new(SigningKey::shared(), "12345").client_id("ours").set("country", "AT");
    /// let theirs = School::new(SigningKey::shared(), "12345").client_id("theirs");
    /// ```
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<String>) -> Self {
        self.profile = self.profile.set(field, value);
        self
    }

    /// Tells this endpoint from now on which credentials are current.
    #[cfg(feature = "token-endpoint")]
    #[must_use]
    pub fn at(mut self, endpoint: &TokenEndpoint) -> Self {
        self.accounts = Some(endpoint.accounts());
        self
    }

    /// Activates the application: `CREATED`, with the first credentials.
    ///
    /// # Panics
    ///
    /// If it has done so before: then it [reactivates](Self::reactivate).
    pub fn activate(&mut self) -> Delivery {
        assert_eq!(self.issued, 0, "the school has activated the application before: it is reactivated");
        self.issue();
        self.hand_over(CredentialsEventType::Created)
    }

    /// Resets the password: `RESET`, with new credentials in place of the old ones.
    ///
    /// # Panics
    ///
    /// If the application is not active.
    pub fn reset(&mut self) -> Delivery {
        self.revoke();
        self.issue();
        self.hand_over(CredentialsEventType::Reset)
    }

    /// Deactivates the application: `DEACTIVATION`, and the credentials are dead.
    ///
    /// # Panics
    ///
    /// If the application is not active.
    pub fn deactivate(&mut self) -> Delivery {
        self.end(DeactivationEventType::Deactivation, ReasonType::NoReason)
    }

    /// Deletes the application: `DELETION`, and the credentials are dead. From a school that has deactivated it, too.
    pub fn delete(&mut self) -> Delivery {
        match self.is_active {
            true => self.end(DeactivationEventType::Deletion, ReasonType::SchoolDeletion),
            false => self.ended(DeactivationEventType::Deletion, ReasonType::SchoolDeletion),
        }
    }

    /// Activates the application again: `REACTIVATED`, with the credentials that it had. Whether the platform does so
    /// or gives new ones is not documented; an application is to be ready for both.
    ///
    /// # Panics
    ///
    /// If the application is active, or never was.
    pub fn reactivate(&mut self) -> Delivery {
        assert!(self.issued > 0, "the school has never activated the application");
        assert!(!self.is_active, "the application is active");
        self.hand_over(CredentialsEventType::Reactivated)
    }

    /// Activates the application again: `REACTIVATED`, with new credentials.
    ///
    /// # Panics
    ///
    /// If the application is active, or never was.
    pub fn reactivate_with_new_credentials(&mut self) -> Delivery {
        assert!(self.issued > 0, "the school has never activated the application");
        assert!(!self.is_active, "the application is active");
        self.issue();
        self.hand_over(CredentialsEventType::Reactivated)
    }

    /// The school's id.
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The credentials that are current; none while the application is not active.
    pub fn credentials(&self) -> Option<&SchoolCredentials> {
        Some(&self.credentials).filter(|_| self.is_active)
    }

    fn issue(&mut self) {
        self.issued = self.issued.saturating_add(1);
        let (tenant_id, issued) = (&self.tenant_id, self.issued);
        self.credentials.secret = format!("{tenant_id}-secret-{issued}");
        self.credentials.password = format!("{tenant_id}-password-{issued}");
    }

    fn hand_over(&mut self, event_type: CredentialsEventType) -> Delivery {
        self.is_active = true;
        let SchoolCredentials { client_id, secret, password } = &self.credentials;
        #[cfg(feature = "token-endpoint")]
        if let Some(accounts) = &self.accounts {
            accounts.accept(&self.tenant_id, client_id, password);
        }
        let payload = self.profile.clone().set("eventType", event_type.as_str());
        let payload = payload.set("clientId", client_id).set("secret", secret).set("password", password);
        Delivery::sign(&self.key, payload)
    }

    fn end(&mut self, event_type: DeactivationEventType, reason: ReasonType) -> Delivery {
        self.revoke();
        self.is_active = false;
        self.ended(event_type, reason)
    }

    fn ended(&self, event_type: DeactivationEventType, reason: ReasonType) -> Delivery {
        let payload = Payload::deactivation(event_type, &reason).set("tenantId", &*self.tenant_id);
        Delivery::sign(&self.key, payload)
    }

    fn revoke(&self) {
        assert!(self.is_active, "the application is not active");
        #[cfg(feature = "token-endpoint")]
        if let Some(accounts) = &self.accounts {
            let SchoolCredentials { client_id, password, .. } = &self.credentials;
            accounts.revoke(&self.tenant_id, client_id, password);
        }
    }
}

impl fmt::Debug for School {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("School")
            .field("tenant_id", &self.tenant_id)
            .field("is_active", &self.is_active)
            .finish_non_exhaustive()
    }
}

/// What a [`School`] has handed over.
///
/// ```
/// use untis_webhook_testkit::{School, SchoolCredentials, SigningKey};
///
/// let mut school = School::new(SigningKey::shared(), "12345");
/// school.activate();
/// let SchoolCredentials { client_id, secret, password, .. } = school.credentials().unwrap();
/// assert_eq!([client_id, secret, password], ["test-client-id", "12345-secret-1", "12345-password-1"]);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchoolCredentials {
    /// The client id.
    pub client_id: String,
    /// The OpenID Connect client secret.
    pub secret: String,
    /// The password of the client credentials grant.
    pub password: String,
}

/// The values are made up; the application under test is to show none of them, and neither is this.
impl fmt::Debug for SchoolCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchoolCredentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
