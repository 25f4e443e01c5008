//! What a database holds at rest, after all that can happen to a tenant.

use untis_webhook::event::CredentialsEventType;
use untis_webhook_tenants::{
    Answer, CredentialSet, ErasureScope, Failed, KeyRing, Probe, Registry, Retry, Store, StoreKey, Timestamp,
};
use untis_webhook_testkit::Payload;
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::log::Log;

use crate::contract::{deactivation, keys, ring, verified};

const SECRETS: [(&str, &str); 6] = [
    ("secret", "correct horse battery staple"),
    ("password", "Tr0ub4dor&3-and-more"),
    ("activatorEmail", "somebody@entenhausen.example"),
    ("activatorUsername", "Daisy Duck"),
    ("schoolEmail", "office@entenhausen.example"),
    ("schoolPhoneNumber", "+43 555 123456789"),
];

/// What must not be found.
pub fn hidden() -> Hidden {
    let mut hidden = Hidden::default();
    for (_, secret) in SECRETS {
        hidden.secret(secret);
    }
    hidden
}

/// Takes tenants through all that there is, and gives the log.
pub async fn live(store: &(impl Store + Clone + 'static)) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.writer())
        .finish();
    // Of all threads: the database has some of its own.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let registry =
        Registry::builder(&keys(), ring()).environment_keys(["2026"]).open(store.clone()).await.unwrap();
    let payload = |event_type| {
        let payload = Payload::credentials(event_type);
        SECRETS.iter().fold(payload, |payload, (field, secret)| payload.set(field, *secret))
    };
    for tenant_id in ["12345", "forgotten", "wholly forgotten"] {
        for (event_type, client_id) in [
            (CredentialsEventType::Created, "own"),
            (CredentialsEventType::Reset, "own"),
            (CredentialsEventType::Created, "another"),
        ] {
            let payload = payload(event_type).set("tenantId", tenant_id).set("clientId", client_id);
            registry.receive(&verified(payload)).await.unwrap();
        }
        let unknown =
            payload(CredentialsEventType::Created).set("tenantId", tenant_id).set("eventType", "NEW");
        registry.receive(&verified(unknown)).await.unwrap();
        let not_json = format!("{tenant_id} {}", payload(CredentialsEventType::Created));
        registry.receive(&verified(not_json)).await.unwrap();
    }
    registry.receive(&deactivation_of("forgotten")).await.unwrap();
    registry.forget("forgotten", ErasureScope::Secrets).await.unwrap();
    registry.forget("wholly forgotten", ErasureScope::Everything).await.unwrap();
    let other = KeyRing::new("other", StoreKey::generate().unwrap()).unwrap();
    let first = StoreKey::from_base64(&("A".repeat(43) + "=")).unwrap();
    let both = other.with("first", first).unwrap();
    let rekeyed =
        Registry::builder(&keys(), both).environment_keys(["2026"]).open(store.clone()).await.unwrap();
    rekeyed.rekey().await.unwrap();
    rekeyed.receive(&deactivation()).await.unwrap();
    rekeyed.restore("12345").await.unwrap();
    let again = payload(CredentialsEventType::Reset).set("tenantId", "12345").set("secret", SECRETS[1].1);
    rekeyed.receive(&verified(again.set("clientId", "own"))).await.unwrap();
    let fails = async |_| Err(Failed::new("the application is down", Retry::Later));
    rekeyed.worker(fails).tell_due().await.unwrap();
    rekeyed.redrive_all().await.unwrap();
    assert_eq!(rekeyed.worker(async |_| Ok(())).tell_due().await.unwrap(), 2);
    // It is all there, for those who have the key.
    let credentials = rekeyed.credentials("12345").await.unwrap().unwrap();
    assert_eq!(credentials.password.expose(), SECRETS[1].1);
    let profile = rekeyed.profile("12345").await.unwrap().unwrap();
    assert_eq!(profile.school_phone_number.as_deref(), Some(SECRETS[5].1));
    let later = Registry::builder(&keys(), ring()).environment_keys(["2026"]);
    let later = later.clock(|| Timestamp::now().after(60)).open(store.clone()).await.unwrap();
    assert!(later.worker(async |_| Ok(())).probe(Refuses).probe_due().await.unwrap() > 0);
    let shown =
        format!("{registry:?} {credentials:?} {profile:?} {:?}", rekeyed.sets("12345").await.unwrap());
    hidden().assert_absent("Debug", &shown);
    log.take()
}

/// A platform that takes nothing.
struct Refuses;

impl Probe for Refuses {
    async fn probe(&self, _: &str, set: CredentialSet<'_>) -> Answer {
        assert_eq!(set.password.expose(), SECRETS[1].1);
        Answer::Refused
    }
}

fn deactivation_of(tenant_id: &str) -> untis_webhook::Verified<bytes::Bytes> {
    let body = format!(r#"{{"tenantId":"{tenant_id}","eventType":"DEACTIVATION"}}"#);
    verified(body)
}
