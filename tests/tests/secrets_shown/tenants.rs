//! What the registry of tenants shows of itself.

use std::time::Duration;

use bytes::Bytes;
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook::{KeySet, Verified};
use untis_webhook_tenants::{
    Answer, Arrival, Asked, Change, Changes, Claim, ClientId, Column, Contest, CredentialSet, Decision,
    Delivered, Ended, ErasureScope, Failed, Filter, Fingerprint, FingerprintKey, Imported, KeyRing, Listed,
    Message, OpenError, OperateError, Place, Probed, ReceiveError, Refused, Registry, RegistryError, Retry,
    SealError, Seen, Selection, SetIs, SetState, Standing, Status, Store, StoreError, StoreKey, Tenant,
    TenantKey, Timestamp, Told,
};
use untis_webhook_tenants_sqlx::SqliteStore;
use untis_webhook_testkit::{Payload, SigningKey};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::platform::{PLATFORM, keys, verified};

use super::Shown;

pub(super) async fn tenants(shown: &mut Shown, hidden: &mut Hidden) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("tenants.db")).await.unwrap();
    let store_key = StoreKey::generate().unwrap();
    hidden.text(&store_key.to_base64());
    shown.debug(&store_key);
    let ring = KeyRing::new("first", store_key.clone()).unwrap();
    let builder = Registry::builder(&keys("production", &PLATFORM), ring.clone());
    shown.debug(&ring);
    shown.debug(&builder);
    shown.debug(&store);
    let registry = builder.open(store).await.unwrap();

    let created = Payload::credentials(CredentialsEventType::Created);
    shown.debug(&registry.receive(&verified(created.clone())).await.unwrap());
    registry.receive(&verified(created.set("clientId", "another"))).await.unwrap();
    registry.receive(&verified("test-secret, but not JSON")).await.unwrap();
    shown.debug(&registry);
    shown.debug(&registry.clone().into_service());
    stored(shown, &registry).await;
    shown.debug(&registry.worker(async |_| Ok(())));
    told(shown);

    let deactivation = Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason);
    registry.receive(&verified(deactivation)).await.unwrap();
    shown.debug(&registry.purge().await.unwrap());
    shown.debug(&registry.rekey().await.unwrap());
    registry.forget("12345", ErasureScope::Secrets).await.unwrap();
    shown.debug(&registry.erasures("12345").await.unwrap()[0]);
    rules(shown);
    errors(shown, &registry, &store_key, verified("{}")).await;
}

async fn stored(shown: &mut Shown, registry: &Registry<SqliteStore>) {
    shown.debug(&registry.get("12345").await.unwrap().unwrap());
    let credentials = registry.credentials("12345").await.unwrap().unwrap();
    assert_eq!(credentials.password.expose(), "test-password");
    shown.debug(&credentials);
    shown.debug(&CredentialSet::from(&credentials));
    let profile = registry.profile("12345").await.unwrap().unwrap();
    assert_eq!(profile.activator_username.as_deref(), Some("Jane Doe"));
    shown.debug(&profile);
    shown.debug(&registry.list(None, None, 10).await.unwrap());
    shown.debug(&registry.profiles(None, 10).await.unwrap());
    shown.debug(&registry.summary().await.unwrap());
    shown.debug(&Listed::default());
    shown.debug(&Filter::Waiting);
    shown.debug(&registry.records(Some("12345"), 0, 10).await.unwrap()[0]);
    let key = TenantKey { environment: "production", tenant_id: "12345" };
    shown.debug(&key);
    let stored = registry.store().tenant(key).await.unwrap().unwrap();
    shown.debug(&stored);
    shown.debug(&stored.tenant);
    shown.debug(&Changes::since(&Tenant::unknown(), &stored));
    shown.debug(&stored.tenant.sets[0]);
    shown.debug(&stored.news);
    shown.debug(&registry.store().credentials(key).await.unwrap().unwrap());
}

/// What passes between the registry and the application.
fn told(shown: &mut Shown) {
    shown.debug(&Message::new("12345", Told::Activated, Status::Active, 1));
    shown.debug(&Retry::Later);
    shown.debug(&Failed::new("test-secret", Retry::Later));
    shown.debug(&Claim { limit: 1, retries: true, lease: 1, duration: Duration::ZERO });
    shown.debug(&Probed::Outdated);
    shown.debug(&Imported::Known);
}

fn rules(shown: &mut Shown) {
    let (fingerprint, now) = (Fingerprint::from_bytes([7; 32]), Timestamp::from_seconds(0));
    shown.debug(&Answer::Works);
    shown.debug(&Arrival::Credentials {
        event_type: None,
        client_id: ClientId::Known,
        set: SetIs::New,
        seen: Seen::Never,
    });
    shown.debug(&Asked { version: 1, number: 1, state: SetState::Current });
    shown.debug(&Change { decision: Decision::Stale, told: None });
    shown.debug(&ClientId::Known);
    shown.debug(&Column::Body(fingerprint));
    shown.debug(&Contest::Replay);
    shown.debug(&Decision::Stale);
    shown.debug(&Delivered::Credentials {
        event_type: None,
        set: fingerprint,
        client_id: "test-client-id",
        host: "localhost",
        is_configured: false,
        profile: fingerprint,
    });
    shown.debug(&Ended::Deleted);
    shown.debug(&untis_webhook_tenants::EndedAt { sequence: 1, at: now });
    shown.debug(&ErasureScope::Secrets);
    shown.debug(&fingerprint);
    shown.debug(&FingerprintKey::generate().unwrap());
    shown.debug(&Place { environment: "", table: "", tenant_id: "", column: "", row: "" });
    shown.debug(&Refused { since: now, is_confirmed: false });
    shown.debug(&Seen::Never);
    shown.debug(&Selection::NotUnder(b"header"));
    shown.debug(&SetIs::New);
    shown.debug(&SetState::Current);
    shown.debug(&Standing::NeverHadSet(None));
    shown.debug(&Status::Active);
    shown.debug(&now);
    shown.debug(&Told::Activated);
}

async fn errors(
    shown: &mut Shown,
    registry: &Registry<SqliteStore>,
    store_key: &StoreKey,
    delivery: Verified<Bytes>,
) {
    shown.error(&OperateError::Active);
    shown.error(&SealError::MissingKey("first".to_owned()));
    shown.error(&StoreKey::from_base64("test-secret").unwrap_err());
    shown.error(&StoreError::NoTransaction);
    shown.error(&registry.restore("unknown").await.unwrap_err());
    shown.error(&RegistryError::UnknownTenant);
    shown.error(&KeyRing::new("test-secret, not a name", store_key.clone()).unwrap_err());
    let other = KeySet::new([("other", SigningKey::shared().verifying_key())]).unwrap();
    let builder = || Registry::builder(&other, KeyRing::new("first", store_key.clone()).unwrap());
    let unknown: OpenError =
        builder().environment_keys(["unknown"]).open(registry.store().clone()).await.unwrap_err();
    shown.error(&unknown);
    let other = builder().open(registry.store().clone()).await.unwrap();
    let refused: ReceiveError = other.receive(&delivery).await.unwrap_err();
    shown.error(&refused);
}
