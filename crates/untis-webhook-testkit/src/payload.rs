use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};

/// A payload as the platform documents it ("Credentials Webhook", "Deactivation Webhook"), with made-up
/// values.
///
/// It becomes JSON where [`Delivery::sign`](crate::Delivery::sign) takes a body.
///
/// ```
/// use untis_webhook::event::CredentialsEventType;
/// use untis_webhook_testkit::Payload;
///
/// let payload = Payload::credentials(CredentialsEventType::Reset).set("tenantId", "67890").without("region");
/// assert!(payload.to_string().starts_with(r#"{"tenantId":"67890","clientId":"test-client-id","#));
/// ```
#[derive(Clone)]
pub struct Payload(Vec<(String, String)>);

impl Payload {
    /// Credentials, in the second version of the payload.
    pub fn credentials(event_type: CredentialsEventType) -> Self {
        Self::from([
            ("tenantId", "12345"),
            ("clientId", "test-client-id"),
            ("secret", "test-secret"),
            ("password", "test-password"),
            ("host", "localhost"),
            ("country", "AT"),
            ("region", "AT-3"),
            ("language", "de"),
            ("eventType", event_type.as_str()),
            ("activatorEmail", "jane@doe.com"),
            ("activatorUsername", "Jane Doe"),
            ("schoolEmail", "school@entenhausen.com"),
            ("schoolPhoneNumber", "555 / 123 456 789"),
        ])
    }

    /// Credentials, in the deprecated first version of the payload.
    pub fn credentials_v1() -> Self {
        Self::from([
            ("tenantId", "12345"),
            ("schoolName", "Entenhausen"),
            ("clientId", "test-client-id"),
            ("secret", "test-secret"),
            ("password", "test-password"),
            ("host", "localhost"),
        ])
    }

    /// A deactivation.
    ///
    /// ```
    /// use untis_webhook::event::{DeactivationEventType, ReasonType};
    /// use untis_webhook_testkit::Payload;
    ///
    /// let payload = Payload::deactivation(DeactivationEventType::Deletion, &ReasonType::SchoolDeletion);
    /// assert!(payload.to_string().contains(r#""eventType":"DELETION""#));
    ///
    /// let payload = Payload::older_deactivation(DeactivationEventType::Deletion, &ReasonType::SchoolDeletion);
    /// assert!(payload.to_string().contains(r#""type":"DELETION""#));
    /// ```
    pub fn deactivation(event_type: DeactivationEventType, reason: &ReasonType) -> Self {
        Self::from([
            ("tenantId", "12345"),
            ("eventType", event_type.as_str()),
            ("reasonType", reason.as_str()),
            ("reasonText", "The tenant requested deactivation."),
        ])
    }

    /// A deactivation in its older spelling, with `type` in the place of `eventType`.
    pub fn older_deactivation(event_type: DeactivationEventType, reason: &ReasonType) -> Self {
        let mut payload = Self::deactivation(event_type, reason);
        for (name, _) in &mut payload.0 {
            if name == "eventType" {
                *name = "type".to_owned();
            }
        }
        payload
    }

    /// Every payload that the platform documents: each version, event, reason and spelling.
    pub fn every() -> impl Iterator<Item = Self> {
        let credentials = CredentialsEventType::ALL.into_iter().map(Self::credentials);
        let deactivations = DeactivationEventType::ALL.into_iter().flat_map(|event_type| {
            ReasonType::KNOWN.into_iter().flat_map(move |reason| {
                [Self::deactivation(event_type, &reason), Self::older_deactivation(event_type, &reason)]
            })
        });
        credentials.chain([Self::credentials_v1()]).chain(deactivations)
    }

    /// With this value in that field, whether it was there or not.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value,
            None => self.0.push((field.to_owned(), value)),
        }
        self
    }

    /// Without that field.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.0.retain(|(name, _)| name != field);
        self
    }
}

impl<'a, const N: usize> From<[(&'a str, &'a str); N]> for Payload {
    fn from(fields: [(&str, &str); N]) -> Self {
        Self(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// JSON, as the platform sends it.
impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl From<Payload> for Bytes {
    fn from(payload: Payload) -> Self {
        payload.to_string().into()
    }
}

/// The values are made up, but a test may have set some that are not.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Payload").finish_non_exhaustive()
    }
}
