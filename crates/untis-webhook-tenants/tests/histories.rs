//! Whatever order deliveries come in, however often, and whoever forwards his own: what a tenant ends as.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use untis_webhook::event::CredentialsEventType::{self, Created, Reactivated, Reset};
use untis_webhook_tenants::{
    Answer, Delivered, Ended, Fingerprint, Probed, SetState, Status, Tenant, Timestamp, Told,
};

/// What the school does, of which the platform tells the application.
#[derive(Clone, Copy, Debug)]
enum Act {
    Reset,
    Deactivate,
    Delete,
    /// With the same credentials, or with new ones.
    Reactivate {
        anew: bool,
    },
}

/// A delivery, as a body that is the same whenever the same is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Body {
    /// This set of the application's, by this event.
    Own(u8, CredentialsEventType),
    /// This set of another partner's, who forwards it.
    Foreign(u8),
    Deactivation,
    Deletion,
}

/// What the platform sends in this school's life, and the set that works in the end.
fn life(acts: &[Act]) -> (Vec<Body>, Option<u8>) {
    let (mut bodies, mut set, mut works, mut deleted) = (vec![Body::Own(0, Created)], 0, true, false);
    for act in acts {
        match (act, works) {
            (Act::Reset, true) => {
                set += 1;
                bodies.push(Body::Own(set, Reset));
            }
            (Act::Deactivate, true) => {
                works = false;
                bodies.push(Body::Deactivation);
            }
            (Act::Delete, true) => {
                (works, deleted) = (false, true);
                bodies.push(Body::Deletion);
            }
            (Act::Reactivate { anew }, false) => {
                // What was deleted comes back as something new.
                set += u8::from(*anew || deleted);
                (works, deleted) = (true, false);
                bodies.push(Body::Own(set, Reactivated));
            }
            _ => {}
        }
    }
    (bodies, works.then_some(set))
}

/// A registry of one tenant, without a database.
struct Registry {
    tenant: Tenant,
    first_seen: HashMap<Body, u64>,
    now: i64,
    probe_at: Option<Timestamp>,
}

impl Registry {
    fn new() -> Self {
        Self { tenant: Tenant::unknown(), first_seen: HashMap::new(), now: 0, probe_at: None }
    }

    fn receive(&mut self, body: Body) {
        let credentials = |event_type, set: u8, client_id, other: u8| Delivered::Credentials {
            event_type: Some(event_type),
            set: fingerprint(set, other),
            client_id,
            host: "host",
            is_configured: false,
            profile: fingerprint(0, 2),
        };
        let delivered = match body {
            Body::Own(set, event_type) => credentials(event_type, set, OWN, 0),
            Body::Foreign(set) => credentials(Created, set, "another partner", 1),
            Body::Deactivation => Delivered::End(Ended::Deactivated),
            Body::Deletion => Delivered::End(Ended::Deleted),
        };
        self.now += 1;
        let first_seen = self.first_seen.get(&body).copied();
        let now = Timestamp::from_seconds(self.now);
        let change = self.tenant.receive(delivered, first_seen, now);
        self.probe_at = self.tenant.probe_after(change.decision, self.probe_at, now);
        self.first_seen.entry(body).or_insert(self.tenant.sequence);
        self.check();
    }

    /// Asks as a worker does, for two days: what is due, when it is due.
    fn probe(&mut self, works: Option<u8>) {
        self.probe_for(works, 2 * DAY);
    }

    fn probe_for(&mut self, works: Option<u8>, seconds: u64) {
        let end = Timestamp::from_seconds(self.now).after(seconds);
        let mut rounds = 0;
        while let Some(at) = self.probe_at.filter(|at| *at <= end) {
            rounds += 1;
            assert!(rounds < 60, "seldom enough");
            self.now = self.now.max(at.as_seconds());
            self.probe_at = self.round(works);
            self.check();
        }
        self.now = end.as_seconds();
    }

    fn round(&mut self, works: Option<u8>) -> Option<Timestamp> {
        let (now, mut asked) = (Timestamp::from_seconds(self.now), Vec::new());
        while let Some(question) = self.tenant.to_ask(&asked, now) {
            let set = self.tenant.sets.iter().find(|set| set.number == question.number).unwrap();
            assert_eq!((&*set.client_id, set.is_stored), (OWN, true));
            let is_working = works.is_some_and(|works| set.fingerprint == fingerprint(works, 0));
            let answer = if is_working { Answer::Works } else { Answer::Refused };
            asked.push(question.number);
            let probed = self.tenant.probed(question, answer, now, true);
            assert_ne!(probed, Probed::Outdated, "nothing else happens");
            if probed == Probed::Taken(Some(Told::Deactivated)) {
                return self.tenant.probe_at(now);
            }
        }
        self.tenant.probe_again(now, DAY)
    }

    /// What holds at any time.
    fn check(&self) {
        let tenant = &self.tenant;
        let of_state = |state| tenant.sets.iter().filter(move |set| set.state == state);
        assert!(of_state(SetState::Current).count() <= 1);
        assert!(of_state(SetState::Candidate).count() <= 8);
        assert!(of_state(SetState::Dead).all(|set| !set.is_stored));
        assert_eq!(tenant.current().is_some(), tenant.status == Status::Active);
        if let Some(current) = tenant.current() {
            assert_eq!(Some(&current.client_id), tenant.client_id.as_ref());
            assert!(current.is_stored);
        }
    }

    /// The set that is given out.
    fn given_out(&self) -> Option<(String, Fingerprint)> {
        self.tenant.current().map(|set| (set.client_id.clone(), set.fingerprint))
    }
}

const OWN: &str = "own";

const DAY: u64 = 24 * 60 * 60;

fn fingerprint(set: u8, of: u8) -> Fingerprint {
    let mut octets = [0; 32];
    (octets[0], octets[1]) = (set, of);
    Fingerprint::from_bytes(octets)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Reset),
        Just(Act::Deactivate),
        Just(Act::Delete),
        any::<bool>().prop_map(|anew| Act::Reactivate { anew }),
    ]
}

/// The bodies in another order, some of them more than once, and another partner's among them.
fn disordered() -> impl Strategy<Value = (Vec<Act>, Vec<Index>, Vec<(Index, u8)>)> {
    (vec(act(), 0..8), vec(any::<Index>(), 0..24), vec((any::<Index>(), 0..6u8), 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50_000, ..ProptestConfig::default() })]

    /// With a probe that may restore.
    #[test]
    fn whatever_comes_in_whatever_order_what_works_is_given_out_in_the_end(
        (acts, order, foreign) in disordered()
    ) {
        let (bodies, works) = life(&acts);
        let mut registry = Registry::new();
        // The first that comes is the application's own: it is what the tenant is held to.
        registry.receive(bodies[order.first().map_or(0, |first| first.index(bodies.len()))]);
        let own_first = registry.tenant.client_id.is_some();
        let mut arrivals: Vec<Body> = order.iter().map(|index| bodies[index.index(bodies.len())]).collect();
        // What is lost is sent again: everything comes at least once.
        arrivals.extend(&bodies);
        if own_first {
            for (at, set) in foreign {
                arrivals.insert(at.index(arrivals.len()), Body::Foreign(set));
            }
        }
        for body in arrivals {
            registry.receive(body);
        }
        registry.probe(works);
        let expected = works.map(|set| (OWN.to_owned(), fingerprint(set, 0)));
        prop_assert_eq!(registry.given_out(), expected, "{:?}", registry.tenant);
    }

    /// The same where the probe is asked between them, however far apart they come.
    #[test]
    fn whatever_is_asked_meanwhile_what_works_is_given_out_in_the_end(
        (acts, order, foreign) in disordered(), gaps in vec(any::<Index>(), 1..40)
    ) {
        let (bodies, works) = life(&acts);
        let mut registry = Registry::new();
        let mut arrivals = bodies.clone();
        arrivals.extend(order.iter().map(|index| bodies[index.index(bodies.len())]));
        let first = arrivals.iter().position(|body| matches!(body, Body::Own(..))).unwrap();
        for (at, set) in foreign {
            arrivals.insert(first + 1 + at.index(arrivals.len() - first), Body::Foreign(set));
        }
        for (body, gap) in arrivals.into_iter().zip(gaps.iter().cycle()) {
            registry.receive(body);
            registry.probe_for(works, [0, 30, 70, 600, 3700, DAY][gap.index(6)]);
        }
        registry.probe(works);
        let expected = works.map(|set| (OWN.to_owned(), fingerprint(set, 0)));
        prop_assert_eq!(registry.given_out(), expected, "{:?}", registry.tenant);
    }

    /// Without one: never another partner's, whatever he forwards and whenever.
    #[test]
    fn without_a_probe_a_foreign_set_is_never_given_out((acts, order, foreign) in disordered()) {
        let (bodies, _) = life(&acts);
        let mut registry = Registry::new();
        registry.receive(bodies[0]);
        let mut arrivals: Vec<Body> = order.iter().map(|index| bodies[index.index(bodies.len())]).collect();
        arrivals.extend(&bodies);
        for (at, set) in foreign {
            arrivals.insert(at.index(arrivals.len()), Body::Foreign(set));
        }
        for body in arrivals {
            registry.receive(body);
            if let Some((client_id, _)) = registry.given_out() {
                prop_assert_eq!(client_id, OWN);
            }
        }
    }

    /// In the order in which they were sent, with as many repetitions of the last as may be, no probe is needed.
    #[test]
    fn in_order_no_probe_is_needed(acts in vec(act(), 0..8), repetitions in vec(1..4usize, 9)) {
        let (bodies, works) = life(&acts);
        let mut registry = Registry::new();
        for (body, repetitions) in bodies.iter().zip(repetitions) {
            for _ in 0..repetitions {
                registry.receive(*body);
            }
        }
        let replayed = registry.tenant.is_contested();
        let expected = works.map(|set| (OWN.to_owned(), fingerprint(set, 0)));
        prop_assert!(replayed || registry.given_out() == expected, "{:?}", registry.tenant);
    }
}
