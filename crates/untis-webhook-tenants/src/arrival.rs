use untis_webhook::event::CredentialsEventType;

/// What is known of a tenant when a delivery arrives, as far as the [rules](crate::decide) ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has never had a set of credentials. Deactivations may have come, and are remembered.
    NeverHadSet(Option<Ended>),
    /// It is active.
    Active {
        /// The event that brought the current set; `None` of credentials of the first version.
        current_came_by: Option<CredentialsEventType>,
    },
    /// It was active.
    Ended(Ended),
}

/// How a tenant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// It may come back.
    Deactivated,
    /// For good.
    Deleted,
}

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A set of credentials.
    Credentials {
        /// The event that brings it; `None` of credentials of the first version.
        event_type: Option<CredentialsEventType>,
        /// Whose client id it has.
        client_id: ClientId,
        /// What is known of the set.
        set: SetIs,
        /// Whether this body was seen before.
        seen: Seen,
    },
    /// A deactivation or a deletion.
    End(Ended),
    /// An event of a name that is not known, or a body that cannot be read.
    Unknown,
}

/// Whose client id a set has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientId {
    /// Another than the tenant's sets had before, and none was configured.
    Another,
    /// The one that the tenant's sets had before, or one that was configured, or the tenant's first.
    Known,
}

/// What a set of credentials is to its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetIs {
    /// Never seen.
    New,
    /// The one that is given out while the tenant is active.
    Current,
    /// One that may take the current one's place, if a probe or the operator says so.
    Candidate,
    /// One that was current, and in whose place another came.
    Superseded,
    /// One that was rejected or destroyed, of which only the fingerprint is kept.
    Dead,
}

/// Whether a body was seen before, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never.
    Never,
    /// First before the tenant's last deactivation.
    BeforeDeactivation,
    /// First after the tenant's last deactivation, or there was none.
    SinceDeactivation,
}
