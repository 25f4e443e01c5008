//! What holds of what is encrypted, and of the keys that it is under.

use untis_webhook::event::CredentialsEventType;
use untis_webhook_tenants::{
    Column, Decision, KeyRing, OpenError, Place, Registry, RegistryError, SealError, Status, Store, StoreKey,
};

use super::{
    Clock, TENANT, created, credentials, did, key, keys, password, registry, registry_with, reset, ring,
    sealed, status, verified,
};

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

pub async fn registries_that_open_at_once_have_one_fingerprint_key<S: Store + Clone>(store: S) {
    let (one, two, three) =
        tokio::join!(registry(store.clone()), registry(store.clone()), registry(store.clone()));
    let expected = [Decision::Activate, Decision::Nothing, Decision::Nothing];
    for (registry, decision) in [one, two, three].iter().zip(expected) {
        assert_eq!(did(registry.receive(&created("one")).await).0, decision);
    }
}

async fn put<S: Store>(registry: &Registry<S>, column: Column, octets: &[u8]) {
    let store = registry.store();
    let mut transaction = store.begin().await.unwrap();
    store.save_sealed(&mut transaction, key(TENANT), column, Some(octets)).await.unwrap();
    store.commit(transaction).await.unwrap();
}
