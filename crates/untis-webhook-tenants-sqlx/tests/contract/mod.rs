//! What holds of every store, whichever database it is. Each database's tests run all of it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Verified, Verifier};
use untis_webhook_tenants::{
    Column, Decision, KeyRing, ReceiveError, Received, Record, Registry, Status, Store, StoreKey,
    StoredTenant, TenantKey, Timestamp, Told,
};
use untis_webhook_testkit::{Delivery, Payload, SigningKey};

mod asking;
mod deciding;
mod failing;
pub mod faulty;
mod keeping;
mod listing;
mod operators;
mod probing;
mod receiving;
mod sealing;
mod telling;
mod turns;
mod versions;

pub use self::asking::*;
pub use self::deciding::*;
pub use self::failing::*;
use self::faulty::Faulty;
pub use self::keeping::*;
pub use self::listing::*;
pub use self::operators::*;
pub use self::probing::*;
pub use self::receiving::*;
pub use self::sealing::*;
pub use self::telling::*;
pub use self::turns::*;
pub use self::versions::*;

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

pub fn foreign(password: &str) -> Verified<Bytes> {
    verified(credentials(CredentialsEventType::Created, password).set("clientId", "another"))
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

pub fn key(tenant_id: &str) -> TenantKey<'_> {
    TenantKey { environment: "production", tenant_id }
}

async fn sealed<S: Store>(registry: &Registry<S>, column: Column) -> Option<Vec<u8>> {
    registry.store().read_sealed(key(TENANT), column).await.unwrap()
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
