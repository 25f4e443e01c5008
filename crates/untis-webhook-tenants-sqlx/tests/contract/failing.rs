//! What holds of a store that fails at any call.

use untis_webhook_tenants::{ErasureScope, KeyRing, Status, Store, StoreKey};

use super::{
    Clock, Faulty, TENANT, created, deactivation, deletion, everything_sealed, foreign, registry_with, reset,
    ring, snapshot, status, verified,
};

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
