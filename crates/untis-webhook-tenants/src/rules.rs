//! What a delivery does to a tenant.

use untis_webhook::event::CredentialsEventType::{Created, Reactivated, Reset};

use crate::arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
use crate::decision::{Contest, Decision};

/// Decides what a delivery does to a tenant: from what is known of the tenant and what arrives, and from nothing
/// else. No clock, no order of arrival but the one that the database gave.
///
/// | # | arrives | tenant | the set is | what is done |
/// |---|---|---|---|---|
/// | 1 | credentials | never had a set | new | activate |
/// | 2 | credentials | active | current | nothing; of a body not seen before the contact data are taken over |
/// | 3 | credentials | active | new, client id as before | replace: the old one is superseded |
/// | 4 | `CREATED` | active, its set came by `RESET` or `REACTIVATED` | new, client id as before | candidate: rather a first delivery come late than a change |
/// | 5 | credentials | had a set | of another client id | contested: a candidate that the operator alone can accept |
/// | 6 | credentials | active | candidate, superseded or dead | stale: a late retry, or a replay |
/// | 7 | credentials | deactivated | new, client id as before | activate |
/// | 8 | credentials | deactivated | known, in a body not seen before the deactivation | activate |
/// | 9 | credentials | deactivated | known, in a body seen before it | contested: a replay, or a reactivation with the same bytes |
/// | 10 | credentials | deleted | new / known | activate / stale |
/// | 11 | deactivation | active | | deactivate |
/// | 12 | deletion | active or deactivated | | delete |
/// | 13 | deactivation, deletion | is so already | | nothing |
/// | 14 | deactivation, deletion | never had a set | | remembered; the application is not told |
/// | 15 | an event not known, or not readable | any | | recorded, for a later version or a person |
///
/// ```
/// use untis_webhook::event::CredentialsEventType::{Created, Reset};
/// use untis_webhook_tenants::{Arrival, ClientId, Contest, Decision, Ended, Seen, SetIs, Standing, decide};
///
/// let tenant = Standing::Active { current_came_by: Some(Created) };
/// let reset = |client_id| Arrival::Credentials {
///     event_type: Some(Reset),
///     client_id,
///     set: SetIs::New,
///     seen: Seen::Never,
/// };
/// assert_eq!(decide(tenant, reset(ClientId::Known)), Decision::Replace); // row 3
/// assert_eq!(decide(tenant, reset(ClientId::Another)), Decision::Contest(Contest::ClientId)); // row 5
/// assert_eq!(decide(tenant, Arrival::End(Ended::Deleted)), Decision::Delete); // row 12
/// ```
#[must_use]
pub fn decide(tenant: Standing, arrival: Arrival) -> Decision {
    match (tenant, arrival) {
        // 15. Whatever it is, it is not guessed.
        (_, Arrival::Unknown) => Decision::Record,

        // 1. The first set. That a deactivation came before it is no reason to lose it: it may have come late.
        (Standing::NeverHadSet(_), Arrival::Credentials { .. }) => Decision::Activate,

        // 5. Before the tenant's state is looked at: another partner can have forwarded a deactivation first.
        // What the operator has rejected, or what was replaced since, does not come back by being sent again.
        (_, Arrival::Credentials { client_id: ClientId::Another, set, .. }) => match set {
            SetIs::New | SetIs::Candidate => Decision::Contest(Contest::ClientId),
            SetIs::Current | SetIs::Superseded | SetIs::Dead => Decision::Stale,
        },

        (Standing::Active { current_came_by }, Arrival::Credentials { event_type, set, seen, .. }) => {
            match (set, event_type) {
                // 2. A retry; a body not seen before may have other contact data.
                (SetIs::Current, _) if seen == Seen::Never => Decision::Update,
                (SetIs::Current, _) => Decision::Nothing,
                // 4. Before 3, of which it is the exception.
                (SetIs::New, Some(Created)) if matches!(current_came_by, Some(Reset | Reactivated)) => {
                    Decision::Candidate
                }
                // 3.
                (SetIs::New, _) => Decision::Replace,
                // 6. A probe may decide otherwise.
                (SetIs::Candidate | SetIs::Superseded | SetIs::Dead, _) => Decision::Stale,
            }
        }

        (Standing::Ended(Ended::Deactivated), Arrival::Credentials { set, seen, .. }) => match (set, seen) {
            // 7.
            (SetIs::New, _) => Decision::Activate,
            // 8. The platform has written something since.
            (_, Seen::Never | Seen::SinceDeactivation) => Decision::Activate,
            // 9. These bytes say nothing of when they were sent; a probe or the operator does.
            (_, Seen::BeforeDeactivation) => Decision::Contest(Contest::Replay),
        },

        // 10.
        (Standing::Ended(Ended::Deleted), Arrival::Credentials { set: SetIs::New, .. }) => Decision::Activate,
        (Standing::Ended(Ended::Deleted), Arrival::Credentials { .. }) => Decision::Stale,

        // 11., 12. At once: from the commit on nobody gets the credentials.
        (Standing::Active { .. }, Arrival::End(Ended::Deactivated)) => Decision::Deactivate,
        (Standing::Active { .. } | Standing::Ended(Ended::Deactivated), Arrival::End(Ended::Deleted)) => {
            Decision::Delete
        }

        // 14. Of a deletion after a deactivation the tenant is remembered as deleted.
        (Standing::NeverHadSet(None), Arrival::End(ended))
        | (Standing::NeverHadSet(Some(Ended::Deactivated)), Arrival::End(ended @ Ended::Deleted)) => {
            Decision::Remember(ended)
        }

        // 13. A deactivation after a deletion too: what is deleted is deactivated as well.
        (Standing::Ended(_) | Standing::NeverHadSet(Some(_)), Arrival::End(_)) => Decision::Nothing,
    }
}
