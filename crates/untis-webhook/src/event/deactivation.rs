use std::fmt;

use super::DecodeError;
use super::fields::Fields;

/// A school deactivated or deleted the application. Its credentials are dead: make no further call with them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deactivation {
    /// The school.
    pub tenant_id: String,
    /// What happened. An older form of the payload names this field `type`.
    pub event_type: DeactivationEventType,
    /// Why it happened, as a code.
    pub reason_type: Option<ReasonType>,
    /// Why it happened, for people.
    pub reason_text: Option<String>,
    pub(super) irregular: Vec<&'static str>,
}

impl Deactivation {
    pub(super) fn decode(
        event_type: DeactivationEventType,
        mut fields: Fields<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            tenant_id: fields.tenant_id()?,
            event_type,
            reason_type: fields.optional_text("reasonType").map(ReasonType::from_code),
            reason_text: fields.optional_text("reasonText"),
            irregular: fields.into_irregular(),
        })
    }
}

/// What somebody wrote is left out: it may be about a person.
impl fmt::Debug for Deactivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deactivation")
            .field("tenant_id", &self.tenant_id)
            .field("event_type", &self.event_type)
            .field("reason_type", &self.reason_type)
            .finish_non_exhaustive()
    }
}

/// How far a deactivation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeactivationEventType {
    /// `DEACTIVATION`: deactivated, not deleted. The school may activate the application again.
    Deactivation,
    /// `DELETION`: deleted for good.
    Deletion,
}

impl DeactivationEventType {
    /// Every one that is known.
    pub const ALL: [Self; 2] = [Self::Deactivation, Self::Deletion];

    /// The name, as the platform sends it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deactivation => "DEACTIVATION",
            Self::Deletion => "DELETION",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// Why a deactivation happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasonType {
    /// `NO_REASON`: none is known.
    NoReason,
    /// `REMOTE_DEACTIVATION`: deactivated by a remote service; an expired licence is one cause.
    RemoteDeactivation,
    /// `REMOTE_DELETION`: deleted by a remote service; an expired licence is one cause.
    RemoteDeletion,
    /// `SCHOOL_DEACTIVATION`: the whole school was deactivated.
    SchoolDeactivation,
    /// `SCHOOL_DELETION`: the whole school was deleted.
    SchoolDeletion,
    /// A reason that this version does not know, as it was sent.
    Unknown(String),
}

impl ReasonType {
    /// Every one that is known.
    pub const KNOWN: [Self; 5] = [
        Self::NoReason,
        Self::RemoteDeactivation,
        Self::RemoteDeletion,
        Self::SchoolDeactivation,
        Self::SchoolDeletion,
    ];

    /// The code, as the platform sends it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NoReason => "NO_REASON",
            Self::RemoteDeactivation => "REMOTE_DEACTIVATION",
            Self::RemoteDeletion => "REMOTE_DELETION",
            Self::SchoolDeactivation => "SCHOOL_DEACTIVATION",
            Self::SchoolDeletion => "SCHOOL_DELETION",
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: String) -> Self {
        Self::KNOWN.into_iter().find(|known| known.as_str() == code).unwrap_or(Self::Unknown(code))
    }
}
