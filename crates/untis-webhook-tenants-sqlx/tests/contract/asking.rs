//! What holds of whom a probe is asked about, and when.

use std::collections::BTreeSet;

use untis_webhook::event::CredentialsEventType::Created;
use untis_webhook_tenants::{Answer, CredentialSet, KeyRing, Probe, Status, Store, StoreKey};

use super::probing::{DAY, HOUR, Probed};
use super::{
    Clock, TENANT, created, credentials, deactivation, foreign, registry_with, reset, status, verified,
};

pub async fn who_sends_something_again_and_again_does_not_have_it_asked_about_each_time<
    S: Store + 'static,
>(
    store: S,
) {
    let probed = Probed::new(store, []).await;
    for delivery in [created("one"), deactivation()] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    probed.clock.advance(HOUR);
    for is_down in [true, false] {
        probed.platform.is_down(is_down);
        let mut asked = 0;
        for _ in 0..120 {
            probed.registry.receive(&created("one")).await.unwrap();
            asked += probed.after(5).await.len();
        }
        assert!((2..=11).contains(&asked), "{asked} in ten minutes");
    }
    // Nor is it told each time.
    assert_eq!(probed.registry.get(TENANT).await.unwrap().unwrap().version, 3);
    // Nor where it works, and what ends the tenant comes again as well.
    probed.platform.change(["one"]);
    let mut asked = 0;
    for _ in 0..120 {
        probed.registry.receive(&deactivation()).await.unwrap();
        probed.registry.receive(&created("one")).await.unwrap();
        asked += probed.after(5).await.len();
    }
    assert!((1..=11).contains(&asked), "{asked} in ten minutes");
}

/// What came again is refused, and what was current when somebody's deactivation came still works.
pub async fn the_current_set_is_asked_about_after_an_hour_whatever_came_meanwhile<S: Store + 'static>(
    store: S,
) {
    let probed = Probed::new(store, ["two"]).await;
    for delivery in [created("one"), reset("two"), deactivation()] {
        probed.registry.receive(&delivery).await.unwrap();
    }
    probed.clock.advance(600);
    probed.registry.receive(&created("one")).await.unwrap();
    assert!(probed.after(HOUR - 601).await.is_empty());
    assert_eq!(probed.after(1).await, ["one"]);
    probed.clock.advance(60);
    probed.worker().probe_may_restore().probe_due().await.unwrap();
    assert_eq!(probed.platform.asked(), ["one", "two"]);
    assert_eq!(probed.password().await.as_deref(), Some("two"));
}

pub async fn what_the_operator_restores_is_given_time_anew<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, []).await;
    probed.registry.receive(&created("one")).await.unwrap();
    while status(&probed.registry).await == Some(Status::Active) {
        probed.after(60).await;
    }
    probed.after(DAY).await;
    probed.registry.restore(TENANT).await.unwrap();
    for _ in 0..60 {
        probed.after(60).await;
        assert_eq!(status(&probed.registry).await, Some(Status::Active));
    }
    probed.after(300).await;
    assert_eq!(status(&probed.registry).await, Some(Status::Deactivated));
}

pub async fn another_partners_set_is_never_asked_about<S: Store + 'static>(store: S) {
    let probed = Probed::new(store, ["foreign"]).await;
    probed.registry.receive(&created("own")).await.unwrap();
    probed.registry.receive(&foreign("foreign")).await.unwrap();
    let mut asked = BTreeSet::new();
    for _ in 0..30 {
        asked.extend(probed.after(300).await);
    }
    probed.registry.receive(&foreign("foreign")).await.unwrap();
    for _ in 0..30 {
        asked.extend(probed.after(300).await);
    }
    assert_eq!(asked, BTreeSet::from(["own".to_owned()]));
    assert_eq!(probed.password().await, None);
}

/// Nor does one whose secrets cannot be decrypted, or about which the probe panics or hangs.
pub async fn one_tenant_that_cannot_be_probed_delays_no_other<S: Store + Clone + 'static>(store: S) {
    struct Panics;
    impl Probe for Panics {
        async fn probe(&self, tenant_id: &str, _: CredentialSet<'_>) -> Answer {
            assert_ne!(tenant_id, "panics");
            Answer::Works
        }
    }
    let clock = Clock::new();
    let (lost, kept) = (StoreKey::generate().unwrap(), StoreKey::generate().unwrap());
    let both = KeyRing::new("lost", lost).unwrap().with("kept", kept.clone()).unwrap();
    let before = registry_with(store.clone(), &clock, both).await;
    before.receive(&created("one")).await.unwrap();
    let registry = registry_with(store, &clock, KeyRing::new("kept", kept).unwrap()).await;
    for tenant_id in ["panics", "works"] {
        registry.receive(&verified(credentials(Created, "one").set("tenantId", tenant_id))).await.unwrap();
    }
    clock.advance(60);
    let worker = registry.worker(async |_| Ok(())).probe(Panics);
    assert_eq!(worker.probe_due().await.unwrap(), 3);
    let worked_at = async |tenant_id| registry.get(tenant_id).await.unwrap().unwrap().worked_at;
    assert_eq!(worked_at(TENANT).await, None);
    assert_eq!(worked_at("panics").await, None);
    assert_eq!(worked_at("works").await, Some(clock.now()));
}
