use std::fmt;

use super::fields::Fields;
use super::{DecodeError, Secret};

/// A school's credentials: it activated the application, or its credentials were renewed.
///
/// Store them for the tenant in place of any older ones, and compare [`client_id`](Self::client_id) with what
/// is known for the tenant: nothing else in a delivery says that it was meant for this application.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The school.
    pub tenant_id: String,
    /// What happened. `None` in the deprecated first version of the payload, which does not say.
    pub event_type: Option<CredentialsEventType>,
    /// The platform's host for this school.
    pub host: String,
    /// The OpenID Connect client id: `client_id` in authentication requests, and the user name of the client
    /// credentials grant.
    pub client_id: String,
    /// The OpenID Connect client secret: `client_secret` of the authorization code exchange.
    pub secret: Secret,
    /// The password of the client credentials grant; not the OpenID Connect secret.
    pub password: Secret,
    /// The school's country, such as `AT`.
    pub country: Option<String>,
    /// The school's region, such as `AT-3`.
    pub region: Option<String>,
    /// The school's language, such as `de`.
    pub language: Option<String>,
    /// The school's name. Only in the deprecated first version of the payload.
    pub school_name: Option<String>,
    /// Who activated the application. Personal data.
    pub activator_username: Option<String>,
    /// The address of who activated the application. Personal data.
    pub activator_email: Option<String>,
    /// The school's address. Personal data.
    pub school_email: Option<String>,
    /// The school's telephone number. Personal data.
    pub school_phone_number: Option<String>,
    pub(super) irregular: Vec<&'static str>,
}

impl Credentials {
    /// Credentials that an application has already, from columns of a table of its own; nothing else is known of the
    /// school, and the other fields can be set. What the platform sends is decoded by
    /// [`Verified::event`](crate::Verified::event).
    ///
    /// ```
    /// use untis_webhook::event::{Credentials, Secret};
    ///
    /// let (secret, password) = (Secret::new("the client secret"), Secret::new("the password"));
    /// let mut credentials = Credentials::new("12345", "test-client-id", secret, password, "localhost");
    /// credentials.country = Some("AT".to_owned());
    /// ```
    pub fn new(
        tenant_id: impl Into<String>,
        client_id: impl Into<String>,
        secret: Secret,
        password: Secret,
        host: impl Into<String>,
    ) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            event_type: None,
            host: host.into(),
            client_id: client_id.into(),
            secret,
            password,
            country: None,
            region: None,
            language: None,
            school_name: None,
            activator_username: None,
            activator_email: None,
            school_email: None,
            school_phone_number: None,
            irregular: Vec::new(),
        }
    }

    pub(super) fn decode(
        event_type: Option<CredentialsEventType>,
        mut fields: Fields<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            tenant_id: fields.tenant_id()?,
            event_type,
            host: fields.text("host")?,
            client_id: fields.text("clientId")?,
            secret: fields.secret("secret")?,
            password: fields.secret("password")?,
            country: fields.optional_text("country"),
            region: fields.optional_text("region"),
            language: fields.optional_text("language"),
            school_name: fields.optional_text("schoolName"),
            activator_username: fields.optional_text("activatorUsername"),
            activator_email: fields.optional_text("activatorEmail"),
            school_email: fields.optional_text("schoolEmail"),
            school_phone_number: fields.optional_text("schoolPhoneNumber"),
            irregular: fields.into_irregular(),
        })
    }
}

/// Secrets and personal data are left out.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("tenant_id", &self.tenant_id)
            .field("event_type", &self.event_type)
            .field("host", &self.host)
            .field("client_id", &self.client_id)
            .field("secret", &self.secret)
            .field("password", &self.password)
            .finish_non_exhaustive()
    }
}

/// Why credentials were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialsEventType {
    /// `CREATED`: the school activated the application for the first time.
    Created,
    /// `REACTIVATED`: the school activated the application again.
    Reactivated,
    /// `RESET`: the password was reset, these are new credentials.
    Reset,
}

impl CredentialsEventType {
    /// Every one that is known.
    pub const ALL: [Self; 3] = [Self::Created, Self::Reactivated, Self::Reset];

    /// The name, as the platform sends it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Reactivated => "REACTIVATED",
            Self::Reset => "RESET",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}
