//! What a [`Store`](crate::Store) keeps.

use std::fmt;
use std::time::Duration;

use crate::{Decision, Fingerprint, Place, Set, SetState, Status, Tenant, Timestamp, Told};

/// Which tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TenantKey<'a> {
    /// The registry's environment.
    pub environment: &'a str,
    /// The platform's id of the school. The empty one stands for deliveries that name none.
    pub tenant_id: &'a str,
}

/// A tenant as it is stored, without what is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTenant {
    /// What the rules ask about.
    pub tenant: Tenant,
    /// What the application has been told, and what not yet.
    pub news: News,
    /// When the last delivery came.
    pub received_at: Option<Timestamp>,
    /// When the version rose.
    pub changed_at: Option<Timestamp>,
    /// From when on a probe is to ask about it.
    pub probe_at: Option<Timestamp>,
}

impl StoredTenant {
    /// A tenant of whom nothing was ever heard.
    pub fn unknown() -> Self {
        Self {
            tenant: Tenant::unknown(),
            news: News::default(),
            received_at: None,
            changed_at: None,
            probe_at: None,
        }
    }
}

/// What the application has been told of a tenant. Where the tenant's version is above what was acknowledged, there
/// is something to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// What the last version is about.
    pub told: Option<Told>,
    /// The last version that the application acknowledged.
    pub acknowledged: u64,
    /// The version of the last deletion.
    pub deleted: Option<u64>,
    /// How often it was tried to tell the last version. This and what follows is written by the
    /// [worker](crate::Worker) alone.
    pub attempts: u64,
    /// When it is tried again, if it failed.
    pub next_attempt: Option<Timestamp>,
    /// Whether it is not tried again.
    pub is_given_up: bool,
}

/// A tenant in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The platform's id of the school.
    pub tenant_id: String,
    /// Whether its credentials are given out.
    pub status: Status,
    /// Rises with each change that the application is told of.
    pub version: u64,
    /// The client id that it is held to.
    pub client_id: Option<String>,
    /// The platform's host for the school, of the set that is given out, or was.
    pub host: Option<String>,
    /// Whether somebody has to decide about a set.
    pub is_contested: bool,
    /// Whether the platform refuses the set that is given out, and has none that it takes, as far as a probe knows.
    pub is_refused: bool,
    /// When the set that is given out worked last, as far as a probe knows.
    pub worked_at: Option<Timestamp>,
    /// The last version that the application acknowledged.
    pub acknowledged: u64,
    /// How often it was tried to tell the application the version, in vain.
    pub attempts: u64,
    /// When it is tried again, by the database's clock; `None` where it has not failed. Of what is given up it says
    /// nothing.
    pub next_attempt: Option<Timestamp>,
    /// Whether it is tried no more until it is [started again](crate::Registry::redrive), or there is a new version.
    pub is_given_up: bool,
    /// When the last delivery came.
    pub received_at: Option<Timestamp>,
    /// When the version rose.
    pub changed_at: Option<Timestamp>,
}

impl Entry {
    /// An entry that says nothing else yet.
    pub fn new(tenant_id: String, status: Status) -> Self {
        Self {
            tenant_id,
            status,
            version: 0,
            client_id: None,
            host: None,
            is_contested: false,
            is_refused: false,
            worked_at: None,
            acknowledged: 0,
            attempts: 0,
            next_attempt: None,
            is_given_up: false,
            received_at: None,
            changed_at: None,
        }
    }

    /// The entry of a tenant; `None` of one that never had a set, or is forgotten.
    pub(crate) fn of(tenant_id: &str, stored: &StoredTenant) -> Option<Self> {
        let StoredTenant { tenant, news, received_at, changed_at, .. } = stored;
        tenant.client_id.as_ref()?;
        Some(Self {
            tenant_id: tenant_id.to_owned(),
            status: tenant.status,
            version: tenant.version,
            client_id: tenant.client_id.clone(),
            host: tenant.last_current().map(|set| set.host.clone()),
            is_contested: tenant.is_contested(),
            is_refused: tenant.is_refused(),
            worked_at: tenant.last_current().and_then(|set| set.worked_at),
            acknowledged: news.acknowledged,
            attempts: news.attempts,
            next_attempt: news.next_attempt,
            is_given_up: news.is_given_up,
            received_at: *received_at,
            changed_at: *changed_at,
        })
    }
}

/// Which tenants a list has: all of them, unless more is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Those alone.
    pub filter: Option<Filter>,
    /// Those whose id begins with this.
    pub prefix: &'a str,
    /// Those whose id comes after this one, as octets.
    pub after: &'a str,
}

/// What tenants of a list have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Somebody has to decide about a set.
    Contested,
    /// The application is told no more of the last change.
    GivenUp,
    /// The platform refuses what is given out, as far as a probe knows.
    Refused,
    /// They are so.
    Status(Status),
    /// The application has not acknowledged the last change, and is told of it until it does.
    Waiting,
}

/// How many tenants there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Those that are [`Active`](Status::Active).
    pub active: u32,
    /// Those that are [`Deactivated`](Status::Deactivated).
    pub deactivated: u32,
    /// Those that are [`Deleted`](Status::Deleted).
    pub deleted: u32,
    /// Those about which somebody has to decide.
    pub contested: u32,
    /// Those whose credentials the platform refuses, as far as a probe knows.
    pub refused: u32,
    /// Those of which the application has not acknowledged the last change.
    pub untold: u32,
    /// Those of them of which it is told no more.
    pub given_up: u32,
    /// When the version rose of the one of them that has waited longest.
    pub untold_since: Option<Timestamp>,
}

/// That a body came, and what was done about it. There is one for each body of a tenant, however often it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What tells the body from others.
    pub body: Fingerprint,
    /// What was done about it last.
    pub decision: Decision,
    /// How often it came.
    pub count: u64,
    /// The number of the delivery that it came as first.
    pub first_sequence: u64,
    /// The number of the delivery that it came as last.
    pub last_sequence: u64,
    /// When it came first.
    pub first_at: Timestamp,
    /// When it came last.
    pub last_at: Timestamp,
    /// Until when the body itself is kept, of one that nobody could read.
    pub body_until: Option<Timestamp>,
}

/// What has changed of a tenant, to be written at once.
#[derive(Clone)]
#[non_exhaustive]
pub struct Changes<'a> {
    /// The tenant. Its sets are written as far as they are among those below; its profile is destroyed if it has none.
    pub tenant: &'a StoredTenant,
    /// The profile, encrypted, if it is another.
    pub profile: Option<Vec<u8>>,
    /// Sets, new or not, in an order in which at most one is current on the way; each with its secrets, encrypted, if
    /// they are new. Those of one that is not stored are destroyed.
    pub sets: Vec<(&'a Set, Option<Vec<u8>>)>,
    /// The record of a body, new or not, and the body, encrypted, if it is to be kept. Otherwise it is destroyed.
    pub record: Option<(Record, Option<Vec<u8>>)>,
}

impl<'a> Changes<'a> {
    /// What differs from before, without what is encrypted.
    pub fn since(before: &Tenant, tenant: &'a StoredTenant) -> Self {
        let mut sets: Vec<_> = tenant
            .tenant
            .sets
            .iter()
            .filter(|set| !before.sets.contains(set))
            .map(|set| (set, None))
            .collect();
        sets.sort_by_key(|(set, _)| set.state == SetState::Current);
        Self { tenant, profile: None, sets, record: None }
    }
}

impl fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// The set of credentials that an active tenant gives out, encrypted.
pub struct SealedCredentials {
    /// The tenant's version.
    pub version: u64,
    /// The set's number.
    pub number: u64,
    /// What [`Column::Secrets`] of that number holds.
    pub sealed: Vec<u8>,
}

impl fmt::Debug for SealedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCredentials")
            .field("version", &self.version)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Where something encrypted is stored, within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The body of this record.
    Body(Fingerprint),
    /// The tenant's profile.
    Profile,
    /// Client id, secret, password and host of the set of this number.
    Secrets(u64),
}

impl Column {
    /// Runs this with the place that a ciphertext in this column is bound to.
    pub(crate) fn at<T>(self, key: TenantKey<'_>, run: impl FnOnce(Place<'_>) -> T) -> T {
        let TenantKey { environment, tenant_id } = key;
        let (table, column, row) = match self {
            Self::Body(body) => ("records", "body", hex(body.as_bytes())),
            Self::Profile => ("tenants", "profile", String::new()),
            Self::Secrets(number) => ("sets", "secrets", number.to_string()),
        };
        run(Place { environment, table, tenant_id, column, row: &row })
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Which tenants there is something to do about.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Something of theirs may be due to be destroyed, or they are to be removed.
    Due {
        /// They ended at this time or before, and the current set is stored; of a deleted one any set, or the profile.
        ended_until: Timestamp,
        /// The body of a record was kept until this time or before.
        kept_until: Timestamp,
        /// They were forgotten at this time or before.
        forgotten_until: Timestamp,
    },
    /// Something of theirs is encrypted, and does not begin with these octets.
    NotUnder(&'a [u8]),
    /// Their version is above what the application acknowledged.
    Untold,
}

/// What a worker takes for a while, of what there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// So many tenants at most.
    pub limit: u32,
    /// Whether those of which it failed before as well.
    pub retries: bool,
    /// What tells who took it from everybody else.
    pub lease: i64,
    /// For so long, by the database's clock.
    pub duration: Duration,
}

/// That a tenant was forgotten. It is all that is left, and says nothing of anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The platform's id of the school.
    pub tenant_id: String,
    /// When.
    pub at: Timestamp,
    /// How much.
    pub scope: ErasureScope,
}

/// How much of a tenant is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErasureScope {
    /// All, fingerprints too: a late retry of the platform brings the tenant back.
    Everything,
    /// All but its id and fingerprints, which keep late retries from bringing it back.
    Secrets,
}
