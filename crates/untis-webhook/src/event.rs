//! What the platform has to say, as types: the credentials of a school, and their end.
//!
//! The platform documents the payloads on its pages "Credentials Webhook" and "Deactivation Webhook". Every
//! field is a text. Fields that are not known are ignored, and names that are not known are handed on, since
//! both will come.
//!
//! # What is refused
//!
//! No more than what would have to be guessed, since a delivery that is refused may be lost:
//!
//! | the body | error | status |
//! |---|---|---|
//! | is not JSON ([RFC 8259]), also where it is cut off | [`NotJson`](DecodeError::NotJson) | 400 |
//! | is no object, or has a name twice at its top level, also if one of them is written with escapes | [`Shape`](DecodeError::Shape) | 422 |
//! | has an `eventType`, or without one a `type`, that is neither a text nor `null` | [`NotText`](DecodeError::NotText) | 422 |
//! | is a known event, and `tenantId` is missing, blank, or neither a text nor digits | [`MissingField`](DecodeError::MissingField), [`EmptyField`](DecodeError::EmptyField), [`NotText`](DecodeError::NotText) | 422 |
//! | is credentials, and `clientId`, `secret`, `password` or `host` is missing or no text | [`MissingField`](DecodeError::MissingField), [`NotText`](DecodeError::NotText) | 422 |
//!
//! A text with a lone surrogate (`"\ud800"`) is no text. `null` is as good as missing.
//!
//! What is not refused: a `tenantId` that is an integer is its decimal digits, as they are written (a sign, a fraction
//! or an exponent does refuse it). Any other documented field of another type is left out. [`Event::irregular_fields`]
//! names both. A field that is not known may hold any JSON value, and so may the `tenantId` of an event that is not
//! known.
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259
//!
//! None of the types implements `Deserialize`: an event is decoded from verified bytes or not at all.

mod credentials;
mod deactivation;
pub(crate) mod decode;
mod fields;
mod secret;
mod text;

pub use self::credentials::{Credentials, CredentialsEventType};
pub use self::deactivation::{Deactivation, DeactivationEventType, ReasonType};
pub use self::decode::DecodeError;
use self::fields::Fields;
pub use self::secret::Secret;

/// An event of the platform, as [`Verified::event`](crate::Verified::event) decodes it.
///
/// Which event it is, its name alone says: a payload of an unknown event is never taken for a known one
/// because it looks alike. Two older forms are understood: credentials without `eventType`, and a
/// deactivation that spells it `type`.
///
/// ```
/// use untis_webhook::Event;
/// use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
///
/// fn say(event: &Event) -> String {
///     match event {
///         Event::Credentials(credentials) => match credentials.event_type {
///             Some(CredentialsEventType::Reset) => format!("{} has a new password", credentials.tenant_id),
///             _ => format!("{} is active, at {}", credentials.tenant_id, credentials.host),
///         },
///         Event::Deactivation(deactivation) => match (deactivation.event_type, &deactivation.reason_type) {
///             (DeactivationEventType::Deletion, _) => format!("{} is gone", deactivation.tenant_id),
///             (_, Some(ReasonType::SchoolDeletion)) => format!("{} is deleted", deactivation.tenant_id),
///             _ => format!("{} has stopped", deactivation.tenant_id),
///         },
///         other => format!("{:?} is not known yet", other.event_type()),
///     }
/// }
/// # use untis_webhook::{KeySet, PresentedSignature, Verifier};
/// # use untis_webhook_testkit::{Delivery, SigningKey};
/// # let key = SigningKey::generate();
/// # let delivery = Delivery::sign(&key, r#"{"tenantId":"12345","eventType":"DELETION"}"#);
/// # let presented = PresentedSignature::from_headers(&delivery.headers(), &Default::default())?;
/// # let verifier = Verifier::new(KeySet::new([("production", key.verifying_key())])?);
/// # let verified = verifier.verify(&presented, delivery.body().clone())?;
///
/// assert_eq!(say(&*verified.event()?), "12345 is gone");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one per request, and every handler would see the box")]
pub enum Event {
    /// A school activated the application, or got new credentials.
    Credentials(Credentials),
    /// A school deactivated the application: its credentials are dead.
    Deactivation(Deactivation),
    /// An event of a name that this version does not know. The verified bytes hold the rest of it.
    #[non_exhaustive]
    Unknown {
        /// The event's name.
        event_type: String,
        /// The school, if the event says so.
        tenant_id: Option<String>,
    },
}

impl Event {
    /// The school, if the event says so.
    pub fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::Credentials(credentials) => Some(&credentials.tenant_id),
            Self::Deactivation(deactivation) => Some(&deactivation.tenant_id),
            Self::Unknown { tenant_id, .. } => tenant_id.as_deref(),
        }
    }

    /// The event's name, as the platform sends it. `None` for credentials of the deprecated first version,
    /// which have none.
    pub fn event_type(&self) -> Option<&str> {
        match self {
            Self::Credentials(credentials) => credentials.event_type.map(CredentialsEventType::as_str),
            Self::Deactivation(deactivation) => Some(deactivation.event_type.as_str()),
            Self::Unknown { event_type, .. } => Some(event_type),
        }
    }

    /// The documented fields that are there and not as they are documented: a `tenantId` that is a number, which was
    /// read all the same, and any other that is no text, which was left out. `untis-webhook-tower`
    /// logs them.
    pub fn irregular_fields(&self) -> &[&'static str] {
        match self {
            Self::Credentials(credentials) => &credentials.irregular,
            Self::Deactivation(deactivation) => &deactivation.irregular,
            Self::Unknown { .. } => &[],
        }
    }

    pub(crate) fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::read(body)?;
        let Some(event_type) = fields.deciding_text("eventType")? else {
            return match fields.deciding_text("type")? {
                Some(older) => Self::decode_deactivation(older, fields),
                None => Credentials::decode(None, fields).map(Self::Credentials),
            };
        };
        match CredentialsEventType::from_name(&event_type) {
            Some(event_type) => Credentials::decode(Some(event_type), fields).map(Self::Credentials),
            None => Self::decode_deactivation(event_type, fields),
        }
    }

    fn decode_deactivation(event_type: String, fields: Fields<'_>) -> Result<Self, DecodeError> {
        match DeactivationEventType::from_name(&event_type) {
            Some(event_type) => Deactivation::decode(event_type, fields).map(Self::Deactivation),
            None => Ok(Self::Unknown { event_type, tenant_id: fields.any_tenant_id() }),
        }
    }
}
