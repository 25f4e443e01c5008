//! What holds of taking over what an application has kept in a table of its own.

use untis_webhook::event::{Credentials, CredentialsEventType, Secret};
use untis_webhook_tenants::{
    Decision, Ended, ErasureScope, Failed, Imported, Message, OperateError, Registry, RegistryError, Retry,
    Status, Store, Told,
};
use untis_webhook_testkit::Payload;

use super::{
    Clock, Faulty, TENANT, created, credentials, deactivation, did, foreign, key, keys, password, registry,
    registry_with, reset, ring, snapshot, status, verified,
};

/// As the platform delivered them once, told apart by their password.
fn own(password: &str) -> Credentials {
    let (secret, password) = (Secret::new("test-secret"), Secret::new(password));
    Credentials::new(TENANT, "test-client-id", secret, password, "localhost")
}

fn refusal(refused: Result<Imported, RegistryError>) -> OperateError {
    let Err(RegistryError::Operate(refusal)) = refused else { panic!("{refused:?}") };
    refusal
}

pub async fn what_an_application_has_already_is_taken_over_and_it_is_not_told<S: Store + 'static>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    assert_eq!(registry.import(&own("one")).await.unwrap(), Imported::Activated);

    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("one"));
    let entry = registry.get(TENANT).await.unwrap().unwrap();
    assert_eq!((entry.status, entry.version, entry.acknowledged), (Status::Active, 1, 1));
    assert_eq!((entry.received_at, entry.changed_at), (None, Some(clock.now())));
    assert_eq!(entry.client_id.as_deref(), Some("test-client-id"));
    assert!(registry.records(Some(TENANT), 0, 10).await.unwrap().is_empty());
    let stored = registry.store().tenant(key(TENANT)).await.unwrap().unwrap();
    assert!(stored.probe_at.is_some(), "a probe says whether they still work");
    let worker = registry.worker(async |_: Message| Err(Failed::new("is not told", Retry::Never)));
    assert_eq!(worker.tell_due().await.unwrap(), 0);
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap(), entry);

    // The same set from the platform is the current one. What it says of the school besides is new.
    assert_eq!(did(registry.receive(&created("one")).await), (Decision::Update, Some(Told::Updated)));
    assert_eq!(did(registry.receive(&created("one")).await), (Decision::Nothing, None));
    assert_eq!(registry.sets(TENANT).await.unwrap().len(), 1);
    assert_eq!(did(registry.receive(&foreign("two")).await).1, Some(Told::Contested));
    assert_eq!(
        did(registry.receive(&reset("two")).await),
        (Decision::Replace, Some(Told::CredentialsReplaced))
    );
    assert_eq!(did(registry.receive(&deactivation()).await).0, Decision::Deactivate);
    assert_eq!(registry.get(TENANT).await.unwrap().unwrap().acknowledged, 1);

    // Who has kept that too is told of nothing, and of a set that came by a reset a late first one is known.
    let mut known = own("one");
    known.tenant_id = "another".to_owned();
    known.event_type = Some(CredentialsEventType::Reset);
    (known.country, known.region) = (Some("AT".to_owned()), Some("AT-3".to_owned()));
    assert_eq!(registry.import(&known).await.unwrap(), Imported::Activated);
    let profile = registry.profile("another").await.unwrap().unwrap();
    assert_eq!((profile.region, profile.school_email), (Some("AT-3".to_owned()), None));
    let contact = ["language", "activatorEmail", "activatorUsername", "schoolEmail", "schoolPhoneNumber"];
    let same = credentials(CredentialsEventType::Reset, "one").set("tenantId", "another");
    let same = contact.into_iter().fold(same, Payload::without);
    assert_eq!(did(registry.receive(&verified(same)).await), (Decision::Update, None));
    let late = credentials(CredentialsEventType::Created, "zero").set("tenantId", "another");
    assert_eq!(did(registry.receive(&verified(late)).await), (Decision::Candidate, None));
    assert_eq!(password(&registry, "another").await.as_deref(), Some("one"));
}

pub async fn whom_the_registry_has_heard_of_is_left_as_it_is<S: Store>(store: S) {
    let registry = registry(store).await;
    let unreadable = verified(r#"{"tenantId":"12345","eventType":"SUSPENDED"}"#);
    // Never active; deactivated before it ever was; active; deactivated; forgotten.
    for delivery in [unreadable, deactivation(), created("newer"), deactivation()] {
        registry.receive(&delivery).await.unwrap();
        let before = snapshot(&registry).await;
        assert_eq!(registry.import(&own("older")).await.unwrap(), Imported::Known);
        assert_eq!(snapshot(&registry).await, before);
    }
    assert_eq!(status(&registry).await, Some(Status::Deactivated));
    registry.forget(TENANT, ErasureScope::Secrets).await.unwrap();
    let before = snapshot(&registry).await;
    assert_eq!(registry.import(&own("older")).await.unwrap(), Imported::Known);
    assert_eq!(snapshot(&registry).await, before);
    assert_eq!(registry.get(TENANT).await.unwrap(), None);

    // At once with a delivery, one of them is first, and the other changes nothing or is the newer one.
    let mut of_school = own("older");
    for n in 0..10 {
        of_school.tenant_id = format!("school {n}");
        let ends = format!(r#"{{"tenantId":"school {n}","eventType":"DEACTIVATION"}}"#);
        let ends = verified(ends);
        let (imported, received) = tokio::join!(registry.import(&of_school), registry.receive(&ends));
        let expected = match imported.unwrap() {
            Imported::Activated => Decision::Deactivate,
            Imported::Known => Decision::Remember(Ended::Deactivated),
        };
        assert_eq!(did(received).0, expected);
        assert_eq!(password(&registry, &of_school.tenant_id).await, None);
    }
}

pub async fn what_cannot_be_taken_over_is_refused_and_leaves_nothing<S: Store>(store: S) {
    let builder = Registry::builder(&keys(), ring()).environment_keys(["2026"]);
    let registry = builder.client_ids(["our-first", "test-client-id"]).open(store).await.unwrap();
    let mut another = own("one");
    another.client_id = "another".to_owned();
    assert_eq!(refusal(registry.import(&another).await), OperateError::ClientId);
    for (name, text) in
        [("empty", String::new()), ("NUL", "with a \0".to_owned()), ("long", "x".repeat(2049))]
    {
        let (mut tenant_id, mut host) = (own("one"), own("one"));
        tenant_id.tenant_id.clone_from(&text);
        host.host = text;
        for credentials in [tenant_id, host] {
            assert_eq!(refusal(registry.import(&credentials).await), OperateError::Text, "{name}");
        }
    }
    assert!(registry.list(None, None, 10).await.unwrap().entries.is_empty());
    assert_eq!(registry.store().tenant(key(TENANT)).await.unwrap(), None);
    assert_eq!(registry.import(&own("one")).await.unwrap(), Imported::Activated);
    // A client id of the application's own takes over from another one.
    let first = credentials(CredentialsEventType::Reset, "two").set("clientId", "our-first");
    assert_eq!(did(registry.receive(&verified(first)).await).0, Decision::Replace);
}

pub async fn a_taking_over_that_fails_anywhere_leaves_nothing_and_can_be_run_again<S: Store + Clone>(
    store: S,
) {
    let store = Faulty::new(store);
    let registry = registry(store.clone()).await;
    let schools: Vec<_> = (0..12).map(|n| format!("school {n}")).collect();
    let import_all = async || {
        for tenant_id in &schools {
            let mut credentials = own("one");
            credentials.tenant_id.clone_from(tenant_id);
            let _ = registry.import(&credentials).await?;
        }
        Ok::<_, RegistryError>(())
    };
    let mut failures = 0;
    for n in 0.. {
        store.fail_at(n);
        let imported = import_all().await;
        store.heal();
        if imported.is_ok() {
            break;
        }
        failures += 1;
        for tenant_id in &schools {
            let entry = registry.get(tenant_id).await.unwrap();
            assert_eq!(password(&registry, tenant_id).await.is_some(), entry.is_some(), "call {n}");
        }
    }
    assert!(failures > 12, "{failures}");
    for tenant_id in &schools {
        assert_eq!(password(&registry, tenant_id).await.as_deref(), Some("one"));
    }
}
