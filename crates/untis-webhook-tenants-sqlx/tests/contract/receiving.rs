//! What holds of a delivery that is received: one transaction, whoever receives it and whatever it is.

use std::sync::Arc;

use http_body_util::Full;
use tower::{Layer, ServiceExt};
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook::{KeySet, Verifier};
use untis_webhook_tenants::{
    Contest, Decision, Ended, ErasureScope, OpenError, ReceiveError, Registry, RegistryError, Status, Store,
    Told,
};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
use untis_webhook_tower::{Reason, VerifyLayer};

use super::{
    Clock, Faulty, INTEGRATION, TENANT, created, credentials, deactivation, deletion, did, key, keys,
    password, registry, registry_with, reset, ring, status, verified, verified_by,
};

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
