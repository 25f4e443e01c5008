//! What holds of every store, whichever database it is. Each database's tests run all of it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http_body_util::Full;
use tower::{Layer, ServiceExt};
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Verified, Verifier};
use untis_webhook_tenants::{
    Changes, Column, Contest, Decision, Ended, ErasureScope, KeyRing, OpenError, OperateError, Place,
    ReceiveError, Received, Record, Registry, RegistryError, SealError, Selection, SetState, Status, Store,
    StoreKey, StoredTenant, TenantKey, Timestamp, Told,
};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
use untis_webhook_tower::{Reason, VerifyLayer};

pub mod faulty;
mod listing;
mod operators;
mod probing;
mod telling;
use self::faulty::Faulty;
pub use self::listing::*;
pub use self::operators::*;
pub use self::probing::*;
pub use self::telling::*;

/// Makes a test of each item of the contract, over stores that this gives, each of them empty.
#[macro_export]
macro_rules! contract {
    ($fresh:path $(, $attribute:meta)*) => {
        $crate::contract!(@ $fresh, [$($attribute)*],
            a_life_from_activation_to_deletion
            a_repetition_is_counted_and_changes_nothing
            what_is_not_for_this_registry_is_refused_and_leaves_nothing
            another_client_id_waits_for_the_operator
            a_rejected_set_is_destroyed
            a_set_for_another_application_is_not_accepted
            what_nobody_can_read_is_kept_for_a_while
            what_a_later_version_can_read_is_not_kept_any_more
            what_no_database_takes_is_recorded_without_a_tenant
            a_deactivation_can_be_undone_within_the_grace_and_not_after
            a_deleted_tenant_is_destroyed_when_the_grace_is_over_or_at_once
            what_is_destroyed_at_once_is_not_brought_back_by_a_late_retry
            a_forgotten_tenant_is_not_brought_back_by_a_late_retry
            a_tenant_of_which_everything_is_forgotten_is_a_new_one
            a_list_is_read_by_pages_in_the_order_of_octets
            a_list_has_those_whose_id_begins_so_and_no_other
            tenants_are_listed_and_counted_by_what_they_have_in_common
            profiles_are_read_by_pages_and_those_that_are_destroyed_are_left_out
            an_environment_sees_no_other
            store_keys_are_replaced_until_nothing_is_left_under_the_old_one
            a_missing_store_key_is_named_and_all_else_works
            a_ciphertext_is_nothing_in_another_place
            the_same_deliveries_at_once_change_something_once
            registries_that_open_at_once_have_one_fingerprint_key
            a_store_that_fails_at_any_call_leaves_nothing_half_done
            a_delivery_and_the_applications_own_work_happen_together_or_not_at_all
            a_registry_says_what_it_was_not_told
            a_whole_receiver_answers_with_success_after_the_commit_alone
            what_an_application_has_already_is_taken_over_and_it_is_not_told
            whom_the_registry_has_heard_of_is_left_as_it_is
            what_cannot_be_taken_over_is_refused_and_leaves_nothing
            a_taking_over_that_fails_anywhere_leaves_nothing_and_can_be_run_again
            each_change_is_told_once_it_is_made_and_then_no_more
            of_several_changes_the_last_is_told_and_whether_a_deletion_was_among_them
            a_handler_that_fails_panics_or_hangs_is_asked_again
            what_failed_waits_longer_each_time_and_a_new_change_does_not
            what_is_given_up_is_told_when_the_operator_says_so_or_it_changes
            one_that_died_is_followed_by_another_and_cannot_acknowledge_any_more
            a_worker_that_is_stopped_ends_what_it_has_begun_and_begins_nothing
            tenants_whose_handler_hangs_or_fails_delay_no_other
            what_has_waited_longest_is_told_first
            durations_without_end_are_no_error
            messages_of_a_tenant_come_one_by_one_in_order_and_none_is_missing
            a_worker_whose_store_fails_at_any_call_tells_it_nevertheless
            a_set_that_is_refused_twice_gives_way_to_one_that_works
            a_candidate_is_asked_about_when_the_current_set_is_refused
            a_tenant_of_which_no_set_works_is_told_of_and_deactivated_after_an_hour
            a_set_that_works_again_is_told_of
            what_came_again_after_a_deactivation_activates_if_it_works
            a_deactivation_is_undone_by_a_probe_that_may_and_reported_by_one_that_may_not
            who_sends_something_again_and_again_does_not_have_it_asked_about_each_time
            the_current_set_is_asked_about_after_an_hour_whatever_came_meanwhile
            an_answer_that_proves_nothing_changes_nothing
            a_set_about_which_nothing_can_be_proved_hides_none_that_works
            what_the_operator_restores_is_given_time_anew
            a_replay_of_what_is_destroyed_is_no_longer_contested
            another_partners_set_is_never_asked_about
            an_answer_about_what_has_changed_since_is_none
            one_tenant_that_cannot_be_probed_delays_no_other
            a_worker_that_runs_probes_beside_telling
            a_probe_over_a_store_that_fails_at_any_call_comes_to_the_same
        );
    };
    (@ $fresh:path, $attributes:tt, $($name:ident)+) => {
        $($crate::contract!(@test $fresh, $attributes, $name);)+
    };
    (@test $fresh:path, [$($attribute:meta)*], $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $name() {
            let (store, _keep) = $fresh().await;
            $crate::contract::$name(store).await;
        }
    };
}

/// A time that a test sets.
#[derive(Clone)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000)))
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn advance_days(&self, days: i64) {
        self.advance(days * 86_400);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

pub static INTEGRATION: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

pub fn keys() -> KeySet {
    KeySet::new([
        ("2026", SigningKey::shared().verifying_key()),
        ("integration", INTEGRATION.verifying_key()),
    ])
    .unwrap()
}

/// The same in every process that a test starts.
pub fn ring() -> KeyRing {
    let key = "A".repeat(43) + "=";
    KeyRing::new("first", StoreKey::from_base64(&key).unwrap()).unwrap()
}

pub async fn registry<S: Store>(store: S) -> Registry<S> {
    registry_with(store, &Clock::new(), ring()).await
}

async fn registry_with<S: Store>(store: S, clock: &Clock, ring: KeyRing) -> Registry<S> {
    let clock = clock.clone();
    let builder = Registry::builder(&keys(), ring).environment_keys(["2026"]);
    builder.clock(move || clock.now()).open(store).await.unwrap()
}

pub fn verified(body: impl Into<Bytes>) -> Verified<Bytes> {
    verified_by(SigningKey::shared(), body)
}

pub fn verified_by(key: &SigningKey, body: impl Into<Bytes>) -> Verified<Bytes> {
    let delivery = Delivery::sign(key, body);
    let presented = PresentedSignature::from_headers(&delivery.headers(), &HeaderNames::default()).unwrap();
    Verifier::new(keys()).verify(&presented, delivery.body().clone()).unwrap()
}

/// Credentials for the tenant `12345`, told apart by their password.
pub fn credentials(event_type: CredentialsEventType, password: &str) -> Payload {
    Payload::credentials(event_type).set("password", password)
}

pub fn created(password: &str) -> Verified<Bytes> {
    verified(credentials(CredentialsEventType::Created, password))
}

pub fn reset(password: &str) -> Verified<Bytes> {
    verified(credentials(CredentialsEventType::Reset, password))
}

pub fn deactivation() -> Verified<Bytes> {
    verified(Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason))
}

pub fn deletion() -> Verified<Bytes> {
    verified(Payload::deactivation(DeactivationEventType::Deletion, &ReasonType::NoReason))
}

pub async fn password<S: Store>(registry: &Registry<S>, tenant_id: &str) -> Option<String> {
    let credentials = registry.credentials(tenant_id).await.unwrap();
    credentials.map(|credentials| credentials.password.expose().to_owned())
}

async fn status<S: Store>(registry: &Registry<S>) -> Option<Status> {
    registry.get(TENANT).await.unwrap().map(|entry| entry.status)
}

fn did(received: Result<Received, ReceiveError>) -> (Decision, Option<Told>) {
    let received = received.unwrap();
    (received.decision, received.told)
}

pub const TENANT: &str = "12345";

pub async fn a_life_from_activation_to_deletion<S: Store>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    assert_eq!(registry.get(TENANT).await.unwrap(), None);

    let reactivated = credentials(CredentialsEventType::Reactivated, "three");
    let moved = reactivated.clone().set("schoolPhoneNumber", "1");
    let life = [
        (created("one"), Decision::Activate, Told::Activated, Some("one")),
        (reset("two"), Decision::Replace, Told::CredentialsReplaced, Some("two")),
        (deactivation(), Decision::Deactivate, Told::Deactivated, None),
        (verified(reactivated), Decision::Activate, Told::Activated, Some("three")),
        (verified(moved), Decision::Update, Told::Updated, Some("three")),
        (deletion(), Decision::Delete, Told::Deleted, None),
    ];
    for (version, (delivery, decision, told, expected)) in (1..).zip(life) {
        clock.advance_days(1);
        assert_eq!(did(registry.receive(&delivery).await), (decision, Some(told)));
        assert_eq!(password(&registry, TENANT).await.as_deref(), expected, "{decision:?}");
        let entry = registry.get(TENANT).await.unwrap().unwrap();
        assert_eq!((entry.version, entry.acknowledged), (version, 0));
        assert_eq!((entry.received_at, entry.changed_at), (Some(clock.now()), Some(clock.now())));
        assert_eq!(entry.client_id.as_deref(), Some("test-client-id"));
        assert_eq!(entry.host.as_deref(), Some("localhost"));
    }
    let profile = registry.profile(TENANT).await.unwrap().unwrap();
    assert_eq!(profile.school_phone_number.as_deref(), Some("1"));
    assert_eq!(profile.activator_email.as_deref(), Some("jane@doe.com"));
    assert_eq!(profile.school_name, None);
    let stored = registry.store().tenant(key(TENANT)).await.unwrap().unwrap();
    assert_eq!((stored.news.told, stored.news.deleted), (Some(Told::Deleted), Some(6)));
}

pub async fn a_repetition_is_counted_and_changes_nothing<S: Store>(store: S) {
    let registry = registry(store).await;
    for (delivery, first) in [(created("one"), 0), (reset("two"), 3), (deactivation(), 6)] {
        registry.receive(&delivery).await.unwrap();
        let entry = registry.get(TENANT).await.unwrap();
        for _ in 0..2 {
            assert_eq!(did(registry.receive(&delivery).await), (Decision::Nothing, None));
        }
        assert_eq!(registry.get(TENANT).await.unwrap(), entry);
        let records = registry.records(Some(TENANT), first, 10).await.unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].count, records[0].first_sequence), (3, first + 1));
        assert_eq!(records[0].last_sequence, first + 3);
    }
    // A late retry of what was current once does not make it so again.
    assert_eq!(did(registry.receive(&created("one")).await).0, Decision::Contest(Contest::Replay));
    assert_eq!(status(&registry).await, Some(Status::Deactivated));
    assert_eq!(registry.records(Some(TENANT), 0, 10).await.unwrap().len(), 3);
}

pub async fn what_is_not_for_this_registry_is_refused_and_leaves_nothing<S: Store>(store: S) {
    let builder = Registry::builder(&keys(), ring()).environment_keys(["2026"]);
    let registry = builder.client_ids(["test-client-id", "our-next"]).open(store).await.unwrap();
    let integration = verified_by(&INTEGRATION, Payload::credentials_v1());
    let refused = registry.receive(&integration).await.unwrap_err();
    assert!(matches!(refused, ReceiveError::Environment));
    assert_eq!(refused.status(), 403);

    let another = Payload::credentials(CredentialsEventType::Created).set("clientId", "another");
    let refused = registry.receive(&verified(another)).await.unwrap_err();
    assert!(matches!(refused, ReceiveError::ClientId));
    assert_eq!(refused.status(), 403);
    assert_eq!(registry.store().tenant(key(TENANT)).await.unwrap(), None);

    // Both of the application's own are taken.
    registry.receive(&created("one")).await.unwrap();
    let next = credentials(CredentialsEventType::Reset, "two").set("clientId", "our-next");
    assert_eq!(did(registry.receive(&verified(next)).await).0, Decision::Replace);
}

pub fn foreign(password: &str) -> Verified<Bytes> {
    verified(credentials(CredentialsEventType::Created, password).set("clientId", "another"))
}

pub async fn another_client_id_waits_for_the_operator<S: Store>(store: S) {
    let registry = registry(store).await;
    registry.receive(&created("own")).await.unwrap();
    let contested = did(registry.receive(&foreign("foreign")).await);
    assert_eq!(contested, (Decision::Contest(Contest::ClientId), Some(Told::Contested)));
    assert!(registry.get(TENANT).await.unwrap().unwrap().is_contested);
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("own"));
    // It is told once.
    assert_eq!(did(registry.receive(&foreign("foreign too")).await).1, None);

    let number = registry.sets(TENANT).await.unwrap()[1].number;
    registry.accept(TENANT, number).await.unwrap();
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("foreign"));
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().client_id.as_deref(), Some("another"));
    // And back, to a set with a lower number.
    registry.accept(TENANT, 1).await.unwrap();
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("own"));

    let missing = registry.accept(TENANT, 99).await.unwrap_err();
    assert!(matches!(missing, RegistryError::Operate(OperateError::NoSet)));
    assert!(matches!(registry.accept("unknown", 1).await, Err(RegistryError::UnknownTenant)));
    assert_eq!(registry.store().tenant(key("unknown")).await.unwrap(), None);
}

pub async fn a_rejected_set_is_destroyed<S: Store>(store: S) {
    let registry = registry(store).await;
    registry.receive(&created("own")).await.unwrap();
    registry.receive(&foreign("foreign")).await.unwrap();
    let number = registry.sets(TENANT).await.unwrap()[1].number;
    assert!(sealed(&registry, Column::Secrets(number)).await.is_some());
    registry.reject(TENANT, number).await.unwrap();
    let set = registry.sets(TENANT).await.unwrap().remove(1);
    assert_eq!((set.state, set.is_stored), (SetState::Dead, false));
    assert_eq!(sealed(&registry, Column::Secrets(number)).await, None);
    let entry = registry.get(TENANT).await.unwrap().unwrap();
    assert!(!entry.is_contested);
    // The application was told that it was, and is told that it is no more.
    let stored = registry.store().tenant(key(TENANT)).await.unwrap().unwrap();
    assert_eq!((entry.version, stored.news.told), (3, Some(Told::Updated)));
    assert_eq!(did(registry.receive(&foreign("foreign")).await), (Decision::Stale, None));
    assert_eq!(sealed(&registry, Column::Secrets(number)).await, None);
}

/// Whatever came before the registry was told which client ids are the application's own.
pub async fn a_set_for_another_application_is_not_accepted<S: Store + Clone>(store: S) {
    let before = registry(store.clone()).await;
    before.receive(&created("own")).await.unwrap();
    before.receive(&foreign("foreign")).await.unwrap();
    let builder = Registry::builder(&keys(), ring()).environment_keys(["2026"]);
    let registry = builder.client_ids(["test-client-id"]).open(store).await.unwrap();
    let refused = registry.accept(TENANT, 2).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Operate(OperateError::ClientId)));
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("own"));
    registry.accept(TENANT, 1).await.unwrap();
}

pub async fn what_nobody_can_read_is_kept_for_a_while<S: Store>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    let bodies = [
        (None, "not JSON, but a secret"),
        (Some(TENANT), r#"{"tenantId":"12345","eventType":"SUSPENDED","secret":"a secret"}"#),
    ];
    for (tenant_id, body) in bodies {
        assert_eq!(did(registry.receive(&verified(body)).await), (Decision::Record, None));
        let record = registry.records(tenant_id, 0, 10).await.unwrap()[0];
        assert_eq!(**registry.body(tenant_id, &record).await.unwrap().unwrap(), *body.as_bytes());
    }
    assert_eq!(registry.get(TENANT).await.unwrap(), None);
    clock.advance_days(29);
    assert_eq!(registry.purge().await.unwrap().bodies, 0);
    // What came again is kept from then on.
    registry.receive(&verified(bodies[0].1)).await.unwrap();
    clock.advance_days(1);
    assert_eq!(registry.purge().await.unwrap().bodies, 1);
    clock.advance_days(29);
    assert_eq!(registry.purge().await.unwrap().bodies, 1);
    for (tenant_id, _) in bodies {
        let record = registry.records(tenant_id, 0, 10).await.unwrap()[0];
        assert_eq!(registry.body(tenant_id, &record).await.unwrap(), None);
    }
}

/// Without an end to it, it would be kept for ever.
pub async fn what_a_later_version_can_read_is_not_kept_any_more<S: Store>(store: S) {
    let registry = registry(store).await;
    let unknown = verified(r#"{"tenantId":"12345","eventType":"ARCHIVED","activatorEmail":"jane@doe.com"}"#);
    registry.receive(&unknown).await.unwrap();
    let record = registry.records(Some(TENANT), 0, 10).await.unwrap()[0];
    assert!(registry.body(Some(TENANT), &record).await.unwrap().is_some());

    // As a later version receives it once more.
    let store = registry.store();
    let mut transaction = store.begin().await.unwrap();
    let (stored, known) = store.lock(&mut transaction, key(TENANT), Some(&record.body)).await.unwrap();
    assert_eq!(known, Some(record));
    let mut changes = Changes::since(&stored.tenant, &stored);
    changes.record = Some((Record { decision: Decision::Nothing, body_until: None, ..record }, None));
    store.save(&mut transaction, key(TENANT), &changes).await.unwrap();
    store.commit(transaction).await.unwrap();
    assert_eq!(registry.body(Some(TENANT), &record).await.unwrap(), None);
}

pub async fn what_no_database_takes_is_recorded_without_a_tenant<S: Store>(store: S) {
    let registry = registry(store).await;
    let long = "9".repeat(256);
    for tenant_id in ["", "with a \0", &long] {
        let payload = Payload::credentials(CredentialsEventType::Created).set("tenantId", tenant_id);
        let received = registry.receive(&verified(payload)).await.unwrap();
        assert_eq!((received.tenant_id, received.decision), (None, Decision::Record));
        assert_eq!(registry.get(tenant_id).await.unwrap(), None);
        assert!(registry.credentials(tenant_id).await.unwrap().is_none());
        assert!(matches!(registry.restore(tenant_id).await, Err(RegistryError::UnknownTenant)));
    }
    assert_eq!(registry.records(None, 0, 10).await.unwrap().len(), 3);
    let payload = Payload::credentials(CredentialsEventType::Created).set("host", "with a \0");
    let received = registry.receive(&verified(payload)).await.unwrap();
    assert_eq!((received.tenant_id.as_deref(), received.decision), (Some(TENANT), Decision::Record));
}

pub async fn a_deactivation_can_be_undone_within_the_grace_and_not_after<S: Store>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    registry.receive(&created("one")).await.unwrap();
    let active = registry.restore(TENANT).await.unwrap_err();
    assert!(matches!(active, RegistryError::Operate(OperateError::Active)));

    registry.receive(&deactivation()).await.unwrap();
    clock.advance_days(29);
    assert_eq!(registry.purge().await.unwrap().tenants, 0);
    registry.restore(TENANT).await.unwrap();
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("one"));
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().version, 3);

    registry.receive(&deactivation()).await.unwrap();
    clock.advance_days(30);
    assert_eq!(registry.purge().await.unwrap().tenants, 1);
    assert_eq!(registry.purge().await.unwrap().tenants, 0);
    let destroyed = registry.restore(TENANT).await.unwrap_err();
    assert!(matches!(destroyed, RegistryError::Operate(OperateError::Destroyed)));
    assert_eq!(sealed(&registry, Column::Secrets(1)).await, None);

    // What stays is not looked at each time.
    registry.receive(&created("two")).await.unwrap();
    registry.receive(&reset("three")).await.unwrap();
    registry.receive(&deactivation()).await.unwrap();
    clock.advance_days(30);
    assert_eq!(registry.purge().await.unwrap().tenants, 1);
    assert!(sealed(&registry, Column::Secrets(4)).await.is_some());
    let due =
        Selection::Due { ended_until: clock.now(), kept_until: clock.now(), forgotten_until: clock.now() };
    assert!(registry.store().select("production", due, None, 10).await.unwrap().is_empty());
}

pub async fn a_deleted_tenant_is_destroyed_when_the_grace_is_over_or_at_once<S: Store + Clone>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    registry.receive(&created("one")).await.unwrap();
    registry.receive(&reset("two")).await.unwrap();
    registry.receive(&deletion()).await.unwrap();
    let columns = [Column::Secrets(1), Column::Secrets(2), Column::Profile];
    for column in columns {
        assert!(sealed(&registry, column).await.is_some());
    }
    clock.advance_days(30);
    assert_eq!(registry.purge().await.unwrap().tenants, 1);
    for column in columns {
        assert_eq!(sealed(&registry, column).await, None);
    }
    // New credentials make it active again.
    assert_eq!(did(registry.receive(&created("three")).await).0, Decision::Activate);

    let builder = Registry::builder(&keys(), ring()).environment_keys(["2026"]);
    let registry = builder.destroy_deleted_at_once().open(registry.store().clone()).await.unwrap();
    assert_eq!(did(registry.receive(&deletion()).await).0, Decision::Delete);
    assert!(everything_sealed(&registry).await.is_empty());
}

pub async fn what_is_destroyed_at_once_is_not_brought_back_by_a_late_retry<S: Store>(store: S) {
    let builder = Registry::builder(&keys(), ring()).environment_keys(["2026"]).destroy_deleted_at_once();
    let registry = builder.open(store).await.unwrap();
    for delivery in [created("one"), deletion(), created("one")] {
        registry.receive(&delivery).await.unwrap();
    }
    assert!(registry.sets(TENANT).await.unwrap().iter().all(|set| !set.is_stored));
    assert_eq!(registry.profile(TENANT).await.unwrap(), None);
    registry.receive(&reset("two")).await.unwrap();
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("two"));
}

pub async fn a_forgotten_tenant_is_not_brought_back_by_a_late_retry<S: Store>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    registry.receive(&created("one")).await.unwrap();
    registry.receive(&verified(r#"{"tenantId":"12345","eventType":"SUSPENDED"}"#)).await.unwrap();
    assert_eq!(everything_sealed(&registry).await.len(), 3);
    registry.forget(TENANT, ErasureScope::Secrets).await.unwrap();

    assert_eq!(registry.get(TENANT).await.unwrap(), None);
    assert!(registry.list(None, None, 10).await.unwrap().entries.is_empty());
    assert!(everything_sealed(&registry).await.is_empty());
    let stored = registry.store().tenant(key(TENANT)).await.unwrap().unwrap();
    assert_eq!((stored.tenant.version, stored.news.told), (2, Some(Told::Deleted)));
    assert!(stored.tenant.sets.iter().all(|set| set.client_id.is_empty() && set.host.is_empty()));
    let erasures = registry.erasures(TENANT).await.unwrap();
    assert_eq!((erasures[0].scope, erasures[0].at), (ErasureScope::Secrets, clock.now()));

    clock.advance_days(399);
    assert_eq!(registry.purge().await.unwrap().removed, 0);
    assert_eq!(did(registry.receive(&created("one")).await), (Decision::Stale, None));
    assert!(everything_sealed(&registry).await.is_empty());
    clock.advance_days(1);
    assert_eq!(registry.purge().await.unwrap().removed, 1);
    assert_eq!(registry.store().tenant(key(TENANT)).await.unwrap(), None);
    assert_eq!(registry.erasures(TENANT).await.unwrap().len(), 1);

    // New credentials are no late retry.
    registry.receive(&created("one")).await.unwrap();
    registry.forget(TENANT, ErasureScope::Secrets).await.unwrap();
    assert_eq!(did(registry.receive(&created("two")).await), (Decision::Activate, Some(Told::Activated)));
    clock.advance_days(400);
    assert_eq!(registry.purge().await.unwrap().removed, 0);
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("two"));
}

pub async fn a_tenant_of_which_everything_is_forgotten_is_a_new_one<S: Store>(store: S) {
    let registry = registry(store).await;
    let unknown = registry.forget(TENANT, ErasureScope::Everything).await;
    assert!(matches!(unknown, Err(RegistryError::UnknownTenant)));
    registry.receive(&created("one")).await.unwrap();
    registry.receive(&reset("two")).await.unwrap();
    registry.forget(TENANT, ErasureScope::Everything).await.unwrap();
    assert_eq!(registry.store().tenant(key(TENANT)).await.unwrap(), None);
    assert!(registry.records(Some(TENANT), 0, 10).await.unwrap().is_empty());
    assert_eq!(registry.erasures(TENANT).await.unwrap()[0].scope, ErasureScope::Everything);
    let received = registry.receive(&created("one")).await.unwrap();
    assert_eq!((received.decision, received.version), (Decision::Activate, 1));
}

pub async fn a_list_is_read_by_pages_in_the_order_of_octets<S: Store>(store: S) {
    let registry = registry(store).await;
    let ids = ["10", "9", "A", "Z", "a", "z", "ä"];
    for tenant_id in ids.iter().rev() {
        let payload = Payload::credentials(CredentialsEventType::Created).set("tenantId", *tenant_id);
        registry.receive(&verified(payload)).await.unwrap();
    }
    let payload = Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason);
    registry.receive(&verified(payload.clone().set("tenantId", "Z"))).await.unwrap();
    // One that never had a set is none.
    registry.receive(&verified(payload.set("tenantId", "never active"))).await.unwrap();

    for limit in 0..9 {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = registry.list(None, after.as_deref(), limit).await.unwrap();
            found.extend(page.entries.into_iter().map(|entry| entry.tenant_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, ids, "{limit} at a time");
    }
    let deactivated = registry.list(Some(Status::Deactivated), None, 10).await.unwrap();
    assert_eq!(deactivated.entries, [registry.get("Z").await.unwrap().unwrap()]);
    assert_eq!(registry.list(Some(Status::Active), None, 10).await.unwrap().entries.len(), 6);
}

pub async fn an_environment_sees_no_other<S: Store + Clone>(store: S) {
    let builder = Registry::builder(&keys(), ring()).environment("integration");
    let integration = builder.environment_keys(["integration"]).open(store.clone()).await.unwrap();
    let production = registry(store.clone()).await;
    production.receive(&created("production")).await.unwrap();
    let body = credentials(CredentialsEventType::Created, "integration");
    integration.receive(&verified_by(&INTEGRATION, body)).await.unwrap();
    assert_eq!(password(&production, TENANT).await.as_deref(), Some("production"));
    assert_eq!(password(&integration, TENANT).await.as_deref(), Some("integration"));
    production.forget(TENANT, ErasureScope::Everything).await.unwrap();
    assert_eq!(password(&integration, TENANT).await.as_deref(), Some("integration"));
    assert!(integration.erasures(TENANT).await.unwrap().is_empty());
}

pub async fn store_keys_are_replaced_until_nothing_is_left_under_the_old_one<S: Store + Clone>(store: S) {
    let clock = Clock::new();
    let (old, new) = (StoreKey::generate().unwrap(), StoreKey::generate().unwrap());
    let before = registry_with(store.clone(), &clock, KeyRing::new("old", old.clone()).unwrap()).await;
    for tenant in 0..110 {
        let payload = credentials(CredentialsEventType::Created, "one").set("tenantId", tenant.to_string());
        before.receive(&verified(payload)).await.unwrap();
    }
    before.receive(&verified("nobody can read this")).await.unwrap();

    let both = KeyRing::new("new", new.clone()).unwrap().with("old", old).unwrap();
    let during = registry_with(store.clone(), &clock, both).await;
    // Deliveries come meanwhile.
    let deliveries: Vec<_> = (100..110)
        .map(|tenant| credentials(CredentialsEventType::Reset, "two").set("tenantId", tenant.to_string()))
        .map(verified)
        .collect();
    let receive = async {
        for delivery in &deliveries {
            during.receive(delivery).await.unwrap();
        }
    };
    let (rekeyed, ()) = tokio::join!(during.rekey(), receive);
    let rekeyed = rekeyed.unwrap();
    assert_eq!((rekeyed.tenants, rekeyed.left), (111, 0));
    assert!(rekeyed.missing.is_empty());

    // An instance that still has the old primary key wrote meanwhile: that is found as well.
    before.receive(&created("late")).await.unwrap();
    assert_eq!(during.rekey().await.unwrap().tenants, 1);
    assert_eq!(during.rekey().await.unwrap().tenants, 0);

    let after = registry_with(store.clone(), &clock, KeyRing::new("new", new).unwrap()).await;
    assert_eq!(password(&after, "99").await.as_deref(), Some("one"));
    assert_eq!(password(&after, "105").await.as_deref(), Some("two"));
    let record = after.records(None, 0, 1).await.unwrap()[0];
    assert!(after.body(None, &record).await.unwrap().is_some());
    assert!(after.profile("3").await.unwrap().is_some());
    // Fingerprints stay comparable.
    let payload = credentials(CredentialsEventType::Created, "one").set("tenantId", "3");
    assert_eq!(did(after.receive(&verified(payload)).await).0, Decision::Nothing);
    // And the old key opens nothing any more, once it is out of the ring.
    after.rekey().await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    let wrapped = store.lock_fingerprint_keys(&mut transaction, "production").await.unwrap();
    assert_eq!(wrapped.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["new"]);
}

pub async fn a_missing_store_key_is_named_and_all_else_works<S: Store + Clone>(store: S) {
    let clock = Clock::new();
    let (lost, kept) = (StoreKey::generate().unwrap(), StoreKey::generate().unwrap());
    let before = KeyRing::new("lost", lost).unwrap().with("kept", kept.clone()).unwrap();
    registry_with(store.clone(), &clock, before).await.receive(&created("one")).await.unwrap();

    let registry = registry_with(store.clone(), &clock, KeyRing::new("kept", kept).unwrap()).await;
    let missing = registry.credentials(TENANT).await.unwrap_err();
    assert_eq!(missing.to_string(), r#"expected the store key "lost", found no such key"#);
    let rekeyed = registry.rekey().await.unwrap();
    assert_eq!((rekeyed.tenants, rekeyed.left), (0, 1));
    assert_eq!(rekeyed.missing.into_iter().collect::<Vec<_>>(), ["lost"]);

    assert_eq!(status(&registry).await, Some(Status::Active));
    let other = credentials(CredentialsEventType::Created, "two").set("tenantId", "another");
    registry.receive(&verified(other)).await.unwrap();
    assert_eq!(password(&registry, "another").await.as_deref(), Some("two"));
    // What is received from now on can be read.
    registry.receive(&reset("three")).await.unwrap();
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("three"));

    // With neither key it does not open, nor with another one of that name.
    let open = async |name| {
        let ring = KeyRing::new(name, StoreKey::generate().unwrap()).unwrap();
        Registry::builder(&keys(), ring).environment_keys(["2026"]).open(store.clone()).await.unwrap_err()
    };
    assert!(matches!(open("neither").await, OpenError::Seal(SealError::MissingKey(_))));
    assert!(matches!(open("kept").await, OpenError::OtherKey(name) if name == "kept"));
}

pub async fn a_ciphertext_is_nothing_in_another_place<S: Store>(store: S) {
    let registry = registry(store).await;
    registry.receive(&created("one")).await.unwrap();
    registry.receive(&reset("two")).await.unwrap();
    let other = credentials(CredentialsEventType::Created, "other").set("tenantId", "another");
    registry.receive(&verified(other)).await.unwrap();

    let current = Column::Secrets(2);
    let genuine = sealed(&registry, current).await.unwrap();
    let moved = [
        ("another tenant's", registry.store().read_sealed(key("another"), Column::Secrets(1)).await.unwrap()),
        ("another row's", sealed(&registry, Column::Secrets(1)).await),
        ("another column's", sealed(&registry, Column::Profile).await),
        ("one that was cut", genuine.get(..40).map(<[u8]>::to_vec)),
    ];
    for (what, moved) in moved {
        put(&registry, current, &moved.unwrap()).await;
        let refused = registry.credentials(TENANT).await.unwrap_err();
        assert!(matches!(refused, RegistryError::Seal(SealError::Failed)), "{what}");
    }
    put(&registry, current, &genuine).await;
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("two"));
    // Of another environment.
    let place = Place { environment: "other", table: "sets", tenant_id: TENANT, column: "secrets", row: "2" };
    assert!(ring().open(place, &genuine).is_err());
    assert!(ring().open(Place { environment: "production", ..place }, &genuine).is_ok());
}

pub async fn the_same_deliveries_at_once_change_something_once<S: Store + 'static>(store: S) {
    let registry = registry(store).await;
    let ends = Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason);
    for payload in [credentials(CredentialsEventType::Created, "one"), ends] {
        let of_school = |school| verified(payload.clone().set("tenantId", format!("school {school}")));
        let deliveries: Arc<Vec<_>> = Arc::new((0..12).map(of_school).collect());
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let (registry, deliveries) = (registry.clone(), Arc::clone(&deliveries));
            tasks.push(tokio::spawn(async move {
                let mut changed = 0;
                for delivery in deliveries.iter() {
                    changed += u32::from(registry.receive(delivery).await.unwrap().told.is_some());
                }
                changed
            }));
        }
        let mut changed = 0;
        for task in tasks {
            changed += task.await.unwrap();
        }
        assert_eq!(changed, 12);
    }
    for school in 0..12 {
        let tenant_id = format!("school {school}");
        let entry = registry.get(&tenant_id).await.unwrap().unwrap();
        assert_eq!((entry.status, entry.version), (Status::Deactivated, 2));
        let records = registry.records(Some(&tenant_id), 0, 10).await.unwrap();
        assert_eq!(records.iter().map(|record| record.count).collect::<Vec<_>>(), [8, 8]);
    }
}

pub async fn registries_that_open_at_once_have_one_fingerprint_key<S: Store + Clone>(store: S) {
    let (one, two, three) =
        tokio::join!(registry(store.clone()), registry(store.clone()), registry(store.clone()));
    let expected = [Decision::Activate, Decision::Nothing, Decision::Nothing];
    for (registry, decision) in [one, two, three].iter().zip(expected) {
        assert_eq!(did(registry.receive(&created("one")).await).0, decision);
    }
}

pub async fn a_store_that_fails_at_any_call_leaves_nothing_half_done<S: Store + Clone>(store: S) {
    let store = Faulty::new(store);
    let clock = Clock::new();
    let registry = registry_with(store.clone(), &clock, ring()).await;
    let unreadable = verified(r#"{"tenantId":"12345","eventType":"SUSPENDED"}"#);
    let mut failures = 0;
    for delivery in [created("one"), reset("two"), foreign("three"), deactivation(), unreadable, deletion()] {
        let before = snapshot(&registry).await;
        for n in 0.. {
            store.fail_at(n);
            let received = registry.receive(&delivery).await;
            store.heal();
            let Err(error) = received else { break };
            failures += 1;
            assert_eq!(error.status(), 503);
            assert_eq!(snapshot(&registry).await, before, "call {n}");
        }
        assert_ne!(snapshot(&registry).await, before);
    }
    assert_eq!(status(&registry).await, Some(Status::Deleted));
    // To begin, to lock and read, to write, to commit.
    assert_eq!(failures, 6 * 4);

    // What the operator does, and what time does.
    let other = KeyRing::new("other", StoreKey::generate().unwrap()).unwrap().with("first", first()).unwrap();
    let rekeyed = registry_with(store.clone(), &clock, other).await;
    for operation in ["reject", "restore", "delete", "rekey", "purge", "forget"] {
        if operation == "purge" {
            clock.advance_days(31);
        }
        let before = snapshot(&registry).await;
        for n in 0.. {
            store.fail_at(n);
            let done = match operation {
                "reject" => registry.reject(TENANT, 3).await.is_ok(),
                "restore" => registry.restore(TENANT).await.is_ok(),
                "delete" => registry.receive(&deletion()).await.is_ok(),
                "rekey" => rekeyed.rekey().await.is_ok(),
                "purge" => registry.purge().await.is_ok(),
                _ => registry.forget(TENANT, ErasureScope::Secrets).await.is_ok(),
            };
            let is_done = done || store.has_committed();
            store.heal();
            if is_done {
                break;
            }
            assert_eq!(snapshot(&registry).await, before, "{operation}, call {n}");
        }
        assert_ne!(snapshot(&registry).await, before, "{operation}");
    }
    assert!(everything_sealed(&registry).await.is_empty());
}

fn first() -> StoreKey {
    StoreKey::from_base64(&("A".repeat(43) + "=")).unwrap()
}

pub async fn a_delivery_and_the_applications_own_work_happen_together_or_not_at_all<S: Store>(store: S) {
    let registry = registry(store).await;
    let store = registry.store();
    let mut transaction = store.begin().await.unwrap();
    let received = registry.receive_in(&mut transaction, &created("one")).await;
    assert_eq!(did(received).0, Decision::Activate);
    // Of what is not committed nobody else knows.
    assert_eq!(registry.get(TENANT).await.unwrap(), None);
    drop(transaction);
    assert_eq!(registry.get(TENANT).await.unwrap(), None);

    let mut transaction = store.begin().await.unwrap();
    registry.receive_in(&mut transaction, &created("one")).await.unwrap();
    registry.receive_in(&mut transaction, &reset("two")).await.unwrap();
    store.commit(transaction).await.unwrap();
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("two"));
}

pub async fn a_registry_says_what_it_was_not_told<S: Store + Clone>(store: S) {
    let builder = || Registry::builder(&keys(), ring());
    let error = builder().open(store.clone()).await.unwrap_err();
    assert!(matches!(error, OpenError::EnvironmentKeys));
    let error = builder().environment_keys(Vec::<String>::new()).open(store.clone()).await.unwrap_err();
    assert!(matches!(error, OpenError::EnvironmentKeys));
    let error = builder().environment_keys(["2027"]).open(store.clone()).await.unwrap_err();
    assert_eq!(error.to_string(), r#"expected the name of a trusted key for the environment, found "2027""#);
    let error = builder().environment_keys(["2026"]).environment("").open(store.clone()).await.unwrap_err();
    assert!(matches!(error, OpenError::Environment));
    // Of a single key it need not be said.
    let single = KeySet::new([("2026", SigningKey::shared().verifying_key())]).unwrap();
    let registry = Registry::builder(&single, ring()).open(store).await.unwrap();
    assert_eq!(did(registry.receive(&created("one")).await).0, Decision::Activate);
    let foreign = registry.receive(&verified_by(&INTEGRATION, "{}")).await;
    assert!(matches!(foreign, Err(ReceiveError::Environment)));
    // A deletion of one that never had credentials is remembered, and nobody is told.
    let payload = Payload::deactivation(DeactivationEventType::Deletion, &ReasonType::NoReason);
    let received = registry.receive(&verified(payload.set("tenantId", "never active"))).await;
    assert_eq!(did(received), (Decision::Remember(Ended::Deleted), None));
}

pub async fn a_whole_receiver_answers_with_success_after_the_commit_alone<S: Store + Clone + 'static>(
    store: S,
) {
    let store = Faulty::new(store);
    let registry = registry(store.clone()).await;
    let receiver = VerifyLayer::new(Verifier::new(keys())).layer(registry.clone().into_service());
    let answer = async |delivery: Delivery| {
        let request = delivery.into_request("/webhook").map(Full::new);
        receiver.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    let sign = |payload| Delivery::sign(SigningKey::shared(), payload);
    let delivery = sign(credentials(CredentialsEventType::Created, "one"));

    assert_eq!(answer(delivery.clone().forge(Forgery::OtherKey)).await, 401);
    assert_eq!(answer(Delivery::sign(&INTEGRATION, "{}")).await, 403);
    let refused = Delivery::sign(&INTEGRATION, "{}").into_request("/webhook").map(Full::new);
    let refused = receiver.clone().oneshot(refused).await.unwrap();
    let reason = refused.extensions().get().map(|Reason(reason)| &**reason);
    assert_eq!(reason, Some("expected a key of this environment, found another"));
    let mut failures = 0;
    for n in 0.. {
        store.fail_at(n);
        let status = answer(delivery.clone()).await;
        store.heal();
        match status {
            204 => break,
            status => assert_eq!(status, 503),
        }
        assert_eq!(registry.get(TENANT).await.unwrap(), None);
        failures += 1;
    }
    assert_eq!(failures, 4);
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("one"));
    // Whatever it is that was received.
    for payload in [credentials(CredentialsEventType::Created, "one"), Payload::from([("x", "y")])] {
        assert_eq!(answer(sign(payload)).await, 204);
    }
    assert_eq!(answer(sign(Payload::from([("tenantId", TENANT), ("eventType", "DELETION")]))).await, 204);
    assert_eq!(status(&registry).await, Some(Status::Deleted));
}

pub fn key(tenant_id: &str) -> TenantKey<'_> {
    TenantKey { environment: "production", tenant_id }
}

async fn sealed<S: Store>(registry: &Registry<S>, column: Column) -> Option<Vec<u8>> {
    registry.store().read_sealed(key(TENANT), column).await.unwrap()
}

async fn put<S: Store>(registry: &Registry<S>, column: Column, octets: &[u8]) {
    let store = registry.store();
    let mut transaction = store.begin().await.unwrap();
    store.save_sealed(&mut transaction, key(TENANT), column, Some(octets)).await.unwrap();
    store.commit(transaction).await.unwrap();
}

async fn everything_sealed<S: Store>(registry: &Registry<S>) -> Vec<Vec<u8>> {
    let store = registry.store();
    let mut transaction = store.begin().await.unwrap();
    let sealed = store.sealed(&mut transaction, key(TENANT)).await.unwrap();
    sealed.into_iter().map(|(_, sealed)| sealed).collect()
}

/// All that is stored of the tenant.
async fn snapshot<S: Store>(registry: &Registry<S>) -> (Option<StoredTenant>, Vec<Record>, Vec<Vec<u8>>) {
    let tenant = registry.store().tenant(key(TENANT)).await.unwrap();
    let records = registry.records(Some(TENANT), 0, 100).await.unwrap();
    (tenant, records, everything_sealed(registry).await)
}
