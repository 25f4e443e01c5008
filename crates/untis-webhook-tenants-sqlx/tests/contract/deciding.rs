//! What holds of sets of credentials about which the operator has to decide.

use untis_webhook_tenants::{
    Column, Contest, Decision, OperateError, Registry, RegistryError, SetState, Store, Told,
};

use super::{TENANT, created, did, foreign, key, keys, password, registry, ring, sealed};

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
