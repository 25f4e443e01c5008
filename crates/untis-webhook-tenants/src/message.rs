use crate::{Status, Timestamp, Told};

/// What an application is told: that a tenant has changed, and how it is now. It holds no secret; credentials are asked
/// for with [`Registry::credentials`](crate::Registry::credentials).
///
/// Of several changes the last alone is told. What a handler must know of those before it is in
/// [`previous_version`](Self::previous_version) and [`deleted_since`](Self::deleted_since).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The platform's id of the school.
    pub tenant_id: String,
    /// The registry's environment.
    pub environment: String,
    /// What the last change is.
    pub told: Told,
    /// How the tenant is now.
    pub status: Status,
    /// Rises with each change. The same can come twice; one that is not above what was handled already is to be left
    /// alone.
    pub version: u64,
    /// The last version that was acknowledged; 0 if none was.
    pub previous_version: u64,
    /// Whether the tenant was deleted since then, whatever it is now. Who must erase what belonged to it has to do it.
    pub deleted_since: bool,
    /// Whether somebody has to decide about a set of credentials.
    pub is_contested: bool,
    /// Whether the platform refuses the credentials, as far as a probe knows.
    pub is_refused: bool,
    /// When the version rose.
    pub changed_at: Option<Timestamp>,
    /// How often this version has been told, this time included.
    pub attempt: u64,
}

impl Message {
    /// A message that says nothing else yet: what a store fills, and what a test of a handler gives it.
    pub fn new(tenant_id: impl Into<String>, told: Told, status: Status, version: u64) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            environment: "production".to_owned(),
            told,
            status,
            version,
            previous_version: version.saturating_sub(1),
            deleted_since: false,
            is_contested: false,
            is_refused: false,
            changed_at: None,
            attempt: 1,
        }
    }
}
