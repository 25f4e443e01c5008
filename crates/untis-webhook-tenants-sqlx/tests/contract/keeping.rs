//! What holds of how long something is kept, and of what is destroyed.

use untis_webhook_tenants::{
    Changes, Column, Decision, ErasureScope, OperateError, Record, Registry, RegistryError, Selection, Store,
    Told,
};

use super::{
    Clock, TENANT, created, deactivation, deletion, did, everything_sealed, key, keys, password, registry,
    registry_with, reset, ring, sealed, verified,
};

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
