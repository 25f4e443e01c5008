use untis_webhook::event::CredentialsEventType;

use crate::{Ended, Fingerprint, Timestamp};

mod change;
mod operate;
mod probe;
mod receive;

pub use self::change::{Change, Delivered, Told};
pub use self::operate::OperateError;
pub use self::probe::{Answer, Asked, Probed};

/// A tenant with its sets of credentials, as it is stored: what deliveries, a probe, the operator and time do to it.
/// No I/O; what changes it has the tenant locked.
///
/// ```
/// use untis_webhook::event::CredentialsEventType::{Created, Reset};
/// use untis_webhook_tenants::{
///     Change, Decision, Delivered, Ended, Fingerprint, OperateError, SetState, Status, Tenant, Timestamp, Told,
/// };
///
/// let credentials = |event_type, set| Delivered::Credentials {
///     event_type: Some(event_type),
///     set: Fingerprint::from_bytes([set; 32]),
///     client_id: "our-client-id",
///     host: "localhost",
///     is_configured: true,
///     profile: Fingerprint::from_bytes([0; 32]),
/// };
/// let now = Timestamp::from_seconds(1_700_000_000);
/// let mut tenant = Tenant::unknown();
///
/// // Neither body was seen before.
/// let change = tenant.receive(credentials(Created, 1), None, now);
/// assert_eq!(change, Change { decision: Decision::Activate, told: Some(Told::Activated) });
/// tenant.receive(credentials(Reset, 2), None, now);
/// assert_eq!(tenant.sets[0].state, SetState::Superseded);
///
/// tenant.receive(Delivered::End(Ended::Deactivated), None, now);
/// assert!(tenant.status == Status::Deactivated && tenant.current().is_none());
///
/// // Of somebody else's school, by a delivery that was forwarded.
/// assert_eq!(tenant.restore(), Ok(Told::Activated));
/// assert_eq!(tenant.restore(), Err(OperateError::Active));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Whether its credentials are given out.
    pub status: Status,
    /// Rises with each change that the application is told of.
    pub version: u64,
    /// The number of the last delivery; the first has 1. The order of all that is compared by it.
    pub sequence: u64,
    /// The client id that the tenant is held to. One that never had a set has none, nor has one that is forgotten.
    pub client_id: Option<String>,
    /// The last deactivation or deletion.
    pub ended: Option<EndedAt>,
    /// The set that came again in bytes that were seen before the tenant ended.
    pub replayed: Option<u64>,
    /// The fingerprint of the profile that is stored.
    pub profile: Option<Fingerprint>,
    /// Since when nothing is kept of it but its id and fingerprints.
    pub forgotten: Option<Timestamp>,
    /// In the order in which they came.
    pub sets: Vec<Set>,
}

/// Whether a tenant's credentials are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// They are.
    Active,
    /// They are not, until it is activated again.
    Deactivated,
    /// They are not, and are destroyed when the grace is over.
    Deleted,
}

/// When a tenant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedAt {
    /// The number of the delivery.
    pub sequence: u64,
    /// When it came, for the grace alone.
    pub at: Timestamp,
}

/// A set of credentials, without what is secret of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The number of the delivery that brought it first. It never changes, and no two sets of a tenant have the same.
    pub number: u64,
    /// What tells it from others.
    pub fingerprint: Fingerprint,
    /// What it is to the tenant.
    pub state: SetState,
    /// The event that brought it last; `None` of credentials of the first version.
    pub came_by: Option<CredentialsEventType>,
    /// Its client id.
    pub client_id: String,
    /// The platform's host for it.
    pub host: String,
    /// Whether its secrets are stored. Those of a dead set are destroyed.
    pub is_stored: bool,
    /// When it worked last, as far as a probe knows.
    pub worked_at: Option<Timestamp>,
    /// Since when it has been refused, as far as a probe knows, and whether it has been more than once.
    pub refused: Option<Refused>,
}

/// That a set was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// First, since it last worked.
    pub since: Timestamp,
    /// Whether it was refused once more, long enough after that not to be one fault.
    pub is_confirmed: bool,
}

/// What a set is to its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetState {
    /// May become current.
    Candidate,
    /// The one that is given out while the tenant is active; at most one.
    Current,
    /// Rejected or destroyed: nothing but its fingerprint is kept.
    Dead,
    /// Was current once.
    Superseded,
}

impl Tenant {
    /// A tenant of whom nothing was ever heard.
    pub fn unknown() -> Self {
        Self {
            status: Status::Deactivated,
            version: 0,
            sequence: 0,
            client_id: None,
            ended: None,
            replayed: None,
            profile: None,
            forgotten: None,
            sets: Vec::new(),
        }
    }

    /// The set that is given out: that of an active tenant, and no other.
    pub fn current(&self) -> Option<&Set> {
        self.last_current().filter(|_| self.status == Status::Active)
    }

    /// Whether somebody has to decide about a set.
    pub fn is_contested(&self) -> bool {
        self.contested().next().is_some()
    }

    /// The numbers of the sets about which somebody has to decide: those of other client ids, and the one that came again.
    pub fn contested(&self) -> impl Iterator<Item = u64> {
        let foreign = self
            .sets
            .iter()
            .filter(|set| set.state == SetState::Candidate && !self.is_held_to(&set.client_id))
            .map(|set| set.number);
        self.replayed.into_iter().chain(foreign)
    }

    /// The set that is given out, or was when the tenant ended.
    pub(crate) fn last_current(&self) -> Option<&Set> {
        self.sets.iter().find(|set| set.state == SetState::Current)
    }

    fn set_mut(&mut self, number: u64) -> Option<&mut Set> {
        self.sets.iter_mut().find(|set| set.number == number)
    }

    fn is_held_to(&self, client_id: &str) -> bool {
        self.client_id.as_deref().is_none_or(|held_to| held_to == client_id)
    }

    /// Gives out this set from now on, in place of the one that was.
    fn activate(&mut self, number: u64) -> Told {
        let told = match self.status {
            Status::Active => Told::CredentialsReplaced,
            Status::Deactivated | Status::Deleted => Told::Activated,
        };
        self.status = Status::Active;
        self.replayed = None;
        self.forgotten = None;
        for set in &mut self.sets {
            if set.number == number {
                set.state = SetState::Current;
                self.client_id = Some(set.client_id.clone());
            } else if set.state == SetState::Current {
                set.state = SetState::Superseded;
            }
        }
        self.tell(told)
    }

    fn end(&mut self, ended: Ended, at: Timestamp) {
        self.status = match ended {
            Ended::Deactivated => Status::Deactivated,
            Ended::Deleted => Status::Deleted,
        };
        self.ended = Some(EndedAt { sequence: self.sequence, at });
        self.replayed = None;
    }

    /// Counts a change that the application is told of.
    fn tell(&mut self, told: Told) -> Told {
        self.version = self.version.saturating_add(1);
        told
    }
}
