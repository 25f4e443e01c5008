//! What holds of asking a probe.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use untis_webhook::event::CredentialsEventType::{Created, Reactivated};
use untis_webhook_tenants::{
    Answer, CredentialSet, Failed, Filter, Listed, Message, Probe, Registry, SetState, Status, Store, Told,
    Worker,
};
use untis_webhook_testkit::Payload;

use super::{
    Clock, Faulty, TENANT, created, credentials, deactivation, deletion, password, registry_with, reset,
    ring, status, verified,
};

/// A platform that takes some passwords, and keeps what it was asked.
#[derive(Clone, Default)]
pub(super) struct Platform(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    takes: BTreeSet<String>,
    is_down: bool,
    asked: Vec<String>,
}

impl Platform {
    fn takes<const N: usize>(passwords: [&str; N]) -> Self {
        let platform = Self::default();
        platform.change(passwords);
        platform
    }

    pub(super) fn change<const N: usize>(&self, passwords: [&str; N]) {
        self.0.lock().unwrap().takes = passwords.map(str::to_owned).into();
    }

    pub(super) fn is_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    /// The passwords that it was asked about since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }
}

impl Probe for Platform {
    async fn probe(&self, tenant_id: &str, set: CredentialSet<'_>) -> Answer {
        let mut state = self.0.lock().unwrap();
        let password = set.password.expose();
        assert_eq!((set.host, tenant_id.is_empty()), ("localhost", false));
        state.asked.push(password.to_owned());
        match (state.is_down || password == "odd", state.takes.contains(password)) {
            (true, _) => Answer::Unknown,
            (false, true) => Answer::Works,
            (false, false) => Answer::Refused,
        }
    }
}

/// A registry whose time the test sets, and how far it has come.
pub(super) struct Probed<S: Store> {
    pub(super) registry: Registry<S>,
    pub(super) clock: Clock,
    pub(super) platform: Platform,
}

impl<S: Store + 'static> Probed<S> {
    pub(super) async fn new<const N: usize>(store: S, passwords: [&str; N]) -> Self {
        let clock = Clock::new();
        let registry = registry_with(store, &clock, ring()).await;
        Self { registry, clock, platform: Platform::takes(passwords) }
    }

    pub(super) fn worker(
        &self,
    ) -> Worker<S, impl Fn(Message) -> std::future::Ready<Result<(), Failed>> + use<S>> {
        self.registry.worker(|_| std::future::ready(Ok(()))).probe(self.platform.clone())
    }

    /// What is asked, so many seconds later.
    pub(super) async fn after(&self, seconds: i64) -> Vec<String> {
        self.clock.advance(seconds);
        self.worker().probe_due().await.unwrap();
        self.platform.asked()
    }

    async fn told(&self) -> Option<Told> {
        let stored = self.registry.store().tenant(super::key(TENANT)).await.unwrap().unwrap();
        stored.news.told
    }

    pub(super) async fn password(&self) -> Option<String> {
        password(&self.registry, TENANT).await
    }
}

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

pub async fn a_set_that_is_refused_twice_gives_way_to_one_that_works<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, ["three"]).await;
    for delivery in [created("one"), reset("three"), reset("two")] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    assert_eq!(probed.password().await.as_deref(), Some("two"), "it came last");
    assert!(probed.after(59).await.is_empty());
    assert_eq!(probed.after(1).await, ["two"]);
    assert!(probed.after(59).await.is_empty());
    assert_eq!(probed.password().await.as_deref(), Some("two"));
    assert_eq!(probed.after(1).await, ["two", "three"]);
    assert_eq!(probed.password().await.as_deref(), Some("three"));
    assert_eq!(probed.told().await, Some(Told::CredentialsReplaced));
    // What was refused may come into force yet.
    assert!(probed.after(HOUR - 1).await.is_empty());
    assert_eq!(probed.after(1).await, ["three"]);
    for _ in 1..24 {
        assert_eq!(probed.after(HOUR).await, ["three"]);
    }
    // Every day it is seen to be alive.
    assert!(probed.after(DAY - 1).await.is_empty());
    assert_eq!(probed.after(1).await, ["three"]);
    let entry = probed.registry.get(TENANT).await.unwrap().unwrap();
    assert_eq!((entry.worked_at, entry.is_refused), (Some(probed.clock.now()), false));
    assert_eq!(probed.registry.list(None, None, 1).await.unwrap().entries, [entry]);
}

pub async fn a_candidate_is_asked_about_when_the_current_set_is_refused<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, ["reset"]).await;
    probed.registry.receive(&reset("reset")).await.unwrap();
    probed.registry.receive(&created("created")).await.unwrap();
    assert_eq!(probed.after(60).await, ["reset"]);
    assert_eq!(probed.registry.sets(TENANT).await.unwrap()[1].state, SetState::Candidate);
    probed.platform.change(["created"]);
    assert_eq!(probed.after(DAY).await, ["reset"]);
    assert_eq!(probed.after(60).await, ["reset", "created"]);
    assert_eq!(probed.password().await.as_deref(), Some("created"));
}

pub async fn a_tenant_of_which_no_set_works_is_told_of_and_deactivated_after_an_hour<S: Store + 'static>(
    store: S,
) {
    let probed = Probed::new(store, []).await;
    for delivery in [created("one"), reset("two")] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    probed.after(60).await;
    assert_eq!(probed.told().await, Some(Told::CredentialsReplaced));
    assert_eq!(probed.after(60).await, ["two", "one"]);
    assert_eq!(
        (probed.told().await, status(&probed.registry).await),
        (Some(Told::Updated), Some(Status::Active))
    );
    assert!(probed.registry.get(TENANT).await.unwrap().unwrap().is_refused);
    assert!(probed.registry.list(None, None, 1).await.unwrap().entries[0].is_refused);
    let refused = Listed { filter: Some(Filter::Refused), ..Listed::default() };
    assert_eq!(probed.registry.find(refused, 10).await.unwrap().entries.len(), 1);
    assert_eq!(probed.registry.summary().await.unwrap().refused, 1);
    for _ in 0..11 {
        probed.after(300).await;
        assert_eq!(status(&probed.registry).await, Some(Status::Active));
    }
    probed.after(300).await;
    assert_eq!((probed.told().await, probed.password().await), (Some(Told::Deactivated), None));
    assert!(!probed.registry.get(TENANT).await.unwrap().unwrap().is_refused);
}

pub async fn a_set_that_works_again_is_told_of<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, []).await;
    probed.registry.receive(&created("one")).await.unwrap();
    probed.after(60).await;
    probed.after(60).await;
    assert!(probed.registry.get(TENANT).await.unwrap().unwrap().is_refused);
    probed.platform.change(["one"]);
    assert_eq!(probed.after(300).await, ["one"]);
    let entry = probed.registry.get(TENANT).await.unwrap().unwrap();
    assert_eq!((entry.is_refused, entry.version, probed.told().await), (false, 3, Some(Told::Updated)));
}

pub async fn what_came_again_after_a_deactivation_activates_if_it_works<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, []).await;
    for works in [true, false] {
        let tenant = if works { "works" } else { "does not" };
        probed.platform.change(["one"]);
        let of_tenant = |body: Payload| verified(body.set("tenantId", tenant));
        let activation = of_tenant(credentials(Created, "one"));
        let ends = Payload::from([("eventType", "DEACTIVATION")]);
        for delivery in [&activation, &of_tenant(ends), &activation] {
            probed.registry.receive(delivery).await.unwrap();
        }
        if !works {
            probed.platform.change([]);
        }
        let entry = async || probed.registry.get(tenant).await.unwrap().unwrap();
        // Until an hour is over the platform may take what it is about to revoke.
        assert!(probed.after(HOUR - 1).await.is_empty());
        assert!(entry().await.is_contested);
        assert_eq!(probed.after(1).await, ["one"]);
        if works {
            assert_eq!((entry().await.status, entry().await.is_contested), (Status::Active, false));
            continue;
        }
        assert!(entry().await.is_contested, "one refusal may be a fault");
        assert_eq!(probed.after(60).await, ["one"]);
        assert_eq!((entry().await.status, entry().await.is_contested), (Status::Deactivated, false));
    }
}

pub async fn a_deactivation_is_undone_by_a_probe_that_may_and_reported_by_one_that_may_not<S>(store: S)
where
    S: Store + 'static,
{
    let probed = Probed::new(store, ["one"]).await;
    for (end, message) in [(deactivation(), Told::Deactivated), (deletion(), Told::Deleted)] {
        probed.registry.receive(&created("one")).await.unwrap();
        probed.after(60).await;
        probed.registry.receive(&end).await.unwrap();
        // Until then the platform has time to revoke it, and is not called.
        assert!(probed.after(HOUR - 1).await.is_empty());
        assert_eq!(probed.after(1).await, ["one"]);
        assert_eq!((probed.told().await, probed.password().await), (Some(message), None));
        assert!(probed.after(DAY - 1).await.is_empty());
        probed.clock.advance(1);
        probed.worker().probe_may_restore().probe_due().await.unwrap();
        assert_eq!(probed.platform.asked(), ["one"]);
        assert_eq!(probed.password().await.as_deref(), Some("one"));
    }
    // One that the platform has revoked is asked about no more.
    probed.registry.receive(&deactivation()).await.unwrap();
    let ended = Payload::from([("tenantId", TENANT), ("eventType", "DEACTIVATION")]);
    probed.registry.receive(&verified(ended)).await.unwrap();
    probed.platform.change([]);
    assert_eq!(probed.after(HOUR).await, ["one"]);
    assert_eq!(probed.after(60).await, ["one"]);
    assert!(probed.after(30 * DAY).await.is_empty());
}

pub async fn an_answer_that_proves_nothing_changes_nothing<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, []).await;
    for delivery in [created("one"), reset("two")] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    probed.platform.is_down(true);
    let before = probed.registry.get(TENANT).await.unwrap();
    assert_eq!(probed.after(60).await, ["two"]);
    for _ in 0..30 {
        assert_eq!(probed.after(300).await, ["two"]);
        assert_eq!(probed.registry.get(TENANT).await.unwrap(), before);
    }
}

pub async fn a_set_about_which_nothing_can_be_proved_hides_none_that_works<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, ["one"]).await;
    for delivery in [created("one"), reset("two"), created("odd")] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    assert_eq!(probed.after(60).await, ["two"]);
    assert_eq!(probed.after(60).await, ["two", "odd", "one"]);
    assert_eq!(probed.password().await.as_deref(), Some("one"));
    // Where none works, the platform is not asked about them without end.
    probed.platform.change([]);
    let mut asked = 0;
    for _ in 0..30 {
        asked += probed.after(60).await.len();
    }
    assert!(asked < 30, "{asked}");
}

pub async fn a_replay_of_what_is_destroyed_is_no_longer_contested<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, []).await;
    for delivery in [created("one"), deactivation(), created("one")] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    assert!(probed.registry.get(TENANT).await.unwrap().unwrap().is_contested);
    probed.clock.advance(31 * DAY);
    probed.registry.purge().await.unwrap();
    assert!(!probed.registry.get(TENANT).await.unwrap().unwrap().is_contested);
    probed.registry.receive(&created("one")).await.unwrap();
    assert!(probed.registry.get(TENANT).await.unwrap().unwrap().is_contested);
    // Whoever decides that it is one, nothing is kept of it: by the operator, and by the platform.
    probed.registry.reject(TENANT, 1).await.unwrap();
    assert!(!probed.registry.sets(TENANT).await.unwrap()[0].is_stored);
    probed.registry.receive(&created("one")).await.unwrap();
    assert!(probed.registry.sets(TENANT).await.unwrap()[0].is_stored);
    for _ in 0..2 {
        probed.after(60).await;
    }
    assert!(!probed.registry.get(TENANT).await.unwrap().unwrap().is_contested);
    assert!(!probed.registry.sets(TENANT).await.unwrap()[0].is_stored);
}

/// What has changed while the probe was under way is asked about again.
pub async fn an_answer_about_what_has_changed_since_is_none<S: Store + 'static>(store: S) {
    struct Slow<S>(Registry<S>, Mutex<Vec<Answer>>);
    impl<S: Store> Probe for Slow<S> {
        async fn probe(&self, _: &str, set: CredentialSet<'_>) -> Answer {
            if set.password.expose() == "one" {
                self.0.receive(&reset("two")).await.unwrap();
                return Answer::Refused;
            }
            self.1.lock().unwrap().push(Answer::Works);
            Answer::Works
        }
    }
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    registry.receive(&created("one")).await.unwrap();
    let worker = registry.worker(async |_| Ok(())).probe(Slow(registry.clone(), Mutex::default()));
    clock.advance(60);
    assert_eq!(worker.probe_due().await.unwrap(), 1);
    let sets = registry.sets(TENANT).await.unwrap();
    assert_eq!((sets[0].refused, sets[1].worked_at), (None, None));
    clock.advance(60);
    assert_eq!(worker.probe_due().await.unwrap(), 1);
    assert_eq!(registry.sets(TENANT).await.unwrap()[1].worked_at, Some(clock.now()));
}

pub async fn a_worker_that_runs_probes_beside_telling<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, ["one"]).await;
    probed.registry.receive(&created("one")).await.unwrap();
    probed.clock.advance(60);
    // Of two, one asks.
    let start = || tokio::spawn(probed.worker().poll(Duration::from_millis(5)).run());
    let running = [start(), start()];
    let entry = async || probed.registry.get(TENANT).await.unwrap().unwrap();
    let done = async { while entry().await.worked_at.is_none() || entry().await.acknowledged == 0 {} };
    tokio::time::timeout(Duration::from_secs(60), done).await.unwrap();
    for running in running {
        running.abort();
    }
    assert_eq!(probed.platform.asked(), ["one"]);
}

pub async fn a_probe_over_a_store_that_fails_at_any_call_comes_to_the_same<S: Store + Clone + 'static>(
    store: S,
) {
    let store = Faulty::new(store);
    let probed = Probed::new(store.clone(), ["two"]).await;
    for delivery in [created("one"), reset("two"), deactivation()] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    probed.registry.receive(&verified(credentials(Reactivated, "one"))).await.unwrap();
    assert_eq!(probed.password().await.as_deref(), Some("one"));
    let mut failures = 0;
    for n in 0.. {
        probed.clock.advance(300);
        store.fail_at(n);
        failures += u32::from(probed.worker().probe_due().await.is_err());
        store.heal();
        if probed.password().await.as_deref() == Some("two") {
            break;
        }
        assert!(n < 60, "{:?}", probed.registry.sets(TENANT).await);
    }
    assert!(failures > 10, "{failures}");
    assert_eq!(probed.told().await, Some(Told::CredentialsReplaced));
}
