use untis_webhook::event::CredentialsEventType;

use crate::{Decision, Ended, Fingerprint};

/// A delivery, as far as a tenant is concerned.
#[derive(Clone, Copy, Debug)]
pub enum Delivered<'a> {
    /// Credentials.
    Credentials {
        /// The event; `None` of the first version.
        event_type: Option<CredentialsEventType>,
        /// What tells the set from others.
        set: Fingerprint,
        /// The set's client id.
        client_id: &'a str,
        /// The set's host.
        host: &'a str,
        /// Whether the client id is one that the registry is configured with.
        is_configured: bool,
        /// What tells the profile from others.
        profile: Fingerprint,
    },
    /// A deactivation or a deletion.
    End(Ended),
    /// An event of a name that is not known, or a body that cannot be read.
    Unknown,
}

/// What a delivery has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub decision: Decision,
    /// What the application is told, if anything.
    pub told: Option<Told>,
}

/// What the application is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// The tenant is active, with these credentials.
    Activated,
    /// Somebody has to decide about a set.
    Contested,
    /// The tenant has other credentials.
    CredentialsReplaced,
    /// The tenant's credentials are given out no more.
    Deactivated,
    /// The same, for good.
    Deleted,
    /// The tenant has another profile.
    Updated,
}
