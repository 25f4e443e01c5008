//! The table of the rules, row by row, and that its rows leave nothing out and say nothing twice.

use untis_webhook::event::CredentialsEventType::{self, Created, Reactivated, Reset};
use untis_webhook_tenants::{Arrival, ClientId, Contest, Decision, Ended, Seen, SetIs, Standing, decide};

/// A row: which tenants, which arrivals, and what is done.
type Row = (&'static str, fn(Standing) -> bool, fn(Standing, Arrival) -> bool, Decision);

const ROWS: [Row; 21] = [
    (
        "1: the first set activates",
        never_had_set,
        |_, a| matches!(a, Arrival::Credentials { .. }),
        Decision::Activate,
    ),
    (
        "2: the current set again changes nothing",
        active,
        |_, a| known(a, SetIs::Current) && seen(a) != Some(Seen::Never),
        Decision::Nothing,
    ),
    (
        "2: in a new body it may change contact data",
        active,
        |_, a| known(a, SetIs::Current) && seen(a) == Some(Seen::Never),
        Decision::Update,
    ),
    (
        "3: a new set replaces",
        active,
        |t, a| known(a, SetIs::New) && !is_late_creation(t, a),
        Decision::Replace,
    ),
    (
        "4: a CREATED after a RESET is a candidate",
        active,
        |t, a| known(a, SetIs::New) && is_late_creation(t, a),
        Decision::Candidate,
    ),
    (
        "5: another client id is contested",
        had_set,
        |_, a| another(a, &[SetIs::New, SetIs::Candidate]),
        Decision::Contest(Contest::ClientId),
    ),
    (
        "5: and does not come back once it was decided",
        had_set,
        |_, a| another(a, &[SetIs::Current, SetIs::Superseded, SetIs::Dead]),
        Decision::Stale,
    ),
    (
        "6: a set that is not current is stale",
        active,
        |_, a| known_one_of(a, &[SetIs::Candidate, SetIs::Superseded, SetIs::Dead]),
        Decision::Stale,
    ),
    ("7: a new set activates again", deactivated, |_, a| known(a, SetIs::New), Decision::Activate),
    (
        "8: a known set in a new body activates again",
        deactivated,
        |_, a| known_one_of(a, &KNOWN) && seen(a) != Some(Seen::BeforeDeactivation),
        Decision::Activate,
    ),
    (
        "9: a known set in an old body is contested",
        deactivated,
        |_, a| known_one_of(a, &KNOWN) && seen(a) == Some(Seen::BeforeDeactivation),
        Decision::Contest(Contest::Replay),
    ),
    ("10: a new set activates what was deleted", deleted, |_, a| known(a, SetIs::New), Decision::Activate),
    ("10: a known set does not", deleted, |_, a| known_one_of(a, &KNOWN), Decision::Stale),
    ("11: a deactivation", active, |_, a| a == Arrival::End(Ended::Deactivated), Decision::Deactivate),
    (
        "12: a deletion",
        |t| active(t) || deactivated(t),
        |_, a| a == Arrival::End(Ended::Deleted),
        Decision::Delete,
    ),
    (
        "13: a deactivation once more",
        had_end,
        |_, a| a == Arrival::End(Ended::Deactivated),
        Decision::Nothing,
    ),
    ("13: a deletion once more", is_deleted, |_, a| a == Arrival::End(Ended::Deleted), Decision::Nothing),
    (
        "14: a deactivation of nobody",
        |t| t == Standing::NeverHadSet(None),
        |_, a| a == Arrival::End(Ended::Deactivated),
        Decision::Remember(Ended::Deactivated),
    ),
    (
        "14: a deletion of nobody",
        |t| t == Standing::NeverHadSet(None),
        |_, a| a == Arrival::End(Ended::Deleted),
        Decision::Remember(Ended::Deleted),
    ),
    (
        "14: a deletion after that",
        |t| t == Standing::NeverHadSet(Some(Ended::Deactivated)),
        |_, a| a == Arrival::End(Ended::Deleted),
        Decision::Remember(Ended::Deleted),
    ),
    ("15: what is not known", |_| true, |_, a| a == Arrival::Unknown, Decision::Record),
];

const KNOWN: [SetIs; 4] = [SetIs::Current, SetIs::Candidate, SetIs::Superseded, SetIs::Dead];

fn never_had_set(tenant: Standing) -> bool {
    matches!(tenant, Standing::NeverHadSet(_))
}

fn had_set(tenant: Standing) -> bool {
    !never_had_set(tenant)
}

fn active(tenant: Standing) -> bool {
    matches!(tenant, Standing::Active { .. })
}

fn deactivated(tenant: Standing) -> bool {
    tenant == Standing::Ended(Ended::Deactivated)
}

fn deleted(tenant: Standing) -> bool {
    tenant == Standing::Ended(Ended::Deleted)
}

fn had_end(tenant: Standing) -> bool {
    matches!(tenant, Standing::Ended(_) | Standing::NeverHadSet(Some(_)))
}

fn is_deleted(tenant: Standing) -> bool {
    deleted(tenant) || tenant == Standing::NeverHadSet(Some(Ended::Deleted))
}

fn known(arrival: Arrival, is: SetIs) -> bool {
    known_one_of(arrival, &[is])
}

/// A set with a client id that is known, which is one of these.
fn known_one_of(arrival: Arrival, one_of: &[SetIs]) -> bool {
    matches!(arrival, Arrival::Credentials { client_id: ClientId::Known, set, .. } if one_of.contains(&set))
}

/// A set with another client id, which is one of these.
fn another(arrival: Arrival, one_of: &[SetIs]) -> bool {
    matches!(arrival, Arrival::Credentials { client_id: ClientId::Another, set, .. } if one_of.contains(&set))
}

fn seen(arrival: Arrival) -> Option<Seen> {
    match arrival {
        Arrival::Credentials { seen, .. } => Some(seen),
        _ => None,
    }
}

fn is_late_creation(tenant: Standing, arrival: Arrival) -> bool {
    matches!(tenant, Standing::Active { current_came_by: Some(Reset | Reactivated) })
        && matches!(arrival, Arrival::Credentials { event_type: Some(Created), .. })
}

fn event_types() -> impl Iterator<Item = Option<CredentialsEventType>> {
    CredentialsEventType::ALL.into_iter().map(Some).chain([None])
}

fn tenants() -> Vec<Standing> {
    let ends = [Ended::Deactivated, Ended::Deleted];
    let active = event_types().map(|current_came_by| Standing::Active { current_came_by });
    let never = [None, Some(Ended::Deactivated), Some(Ended::Deleted)].map(Standing::NeverHadSet);
    active.chain(ends.map(Standing::Ended)).chain(never).collect()
}

fn arrivals() -> Vec<Arrival> {
    let mut arrivals = vec![Arrival::Unknown, Arrival::End(Ended::Deactivated), Arrival::End(Ended::Deleted)];
    for event_type in event_types() {
        for client_id in [ClientId::Another, ClientId::Known] {
            for set in [SetIs::New, SetIs::Current, SetIs::Candidate, SetIs::Superseded, SetIs::Dead] {
                for seen in [Seen::Never, Seen::BeforeDeactivation, Seen::SinceDeactivation] {
                    arrivals.push(Arrival::Credentials { event_type, client_id, set, seen });
                }
            }
        }
    }
    arrivals
}

#[test]
fn every_row_of_the_table_is_what_is_done() {
    for (row, of_tenant, of_arrival, decision) in ROWS {
        let mut cases = 0;
        for tenant in tenants().into_iter().filter(|tenant| of_tenant(*tenant)) {
            for arrival in arrivals().into_iter().filter(|arrival| of_arrival(tenant, *arrival)) {
                assert_eq!(decide(tenant, arrival), decision, "{row}: {tenant:?}, {arrival:?}");
                cases += 1;
            }
        }
        assert!(cases > 0, "{row}");
    }
}

#[test]
fn whatever_arrives_at_whatever_tenant_is_in_one_row() {
    for tenant in tenants() {
        for arrival in arrivals() {
            let rows: Vec<_> = ROWS
                .iter()
                .filter(|(_, of_tenant, of_arrival, _)| of_tenant(tenant) && of_arrival(tenant, arrival))
                .map(|(row, ..)| row)
                .collect();
            assert_eq!(rows.len(), 1, "{tenant:?}, {arrival:?}: {rows:?}");
        }
    }
}
