//! The probe by token request, over real sockets: what works, what is refused, and all that proves nothing.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{Response, StatusCode};
use untis_webhook::Event;
use untis_webhook::event::Credentials;
use untis_webhook_tenants::{
    Answer, CredentialSet, Inconclusive, KeyRing, Message, Probe, Registry, StoreKey, Timestamp, TokenProbe,
};
use untis_webhook_tenants_sqlx::SqliteStore;
use untis_webhook_testkit::{Delivery, Fault, Lag, Payload, Refusal, School, TokenEndpoint};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{PLATFORM, keys, presented, verifier};

mod connection;
mod tls;

/// The credentials that a delivery brings, as a receiver reads them.
fn delivered(delivery: &Delivery) -> Credentials {
    let verified = verifier().verify(&presented(delivery), delivery.body().clone()).unwrap();
    let Event::Credentials(credentials) = verified.event().unwrap().into_inner() else {
        panic!("no credentials")
    };
    credentials
}

fn with(client_id: &str, password: &str) -> Credentials {
    let payload = Payload::credentials_v1().set("clientId", client_id).set("password", password);
    delivered(&Delivery::sign(&PLATFORM, payload))
}

fn probe_of(endpoint: &TokenEndpoint) -> TokenProbe {
    TokenProbe::new(&endpoint.url()).unwrap()
}

#[tokio::test]
async fn a_rotation_is_seen_as_the_platform_sees_it() {
    let endpoint = TokenEndpoint::start();
    let probe = probe_of(&endpoint);
    let mut school = School::new(&PLATFORM, "67890").at(&endpoint);
    let old = delivered(&school.activate());
    assert_eq!(probe.probe("67890", (&old).into()).await, Answer::Works);
    assert_eq!(probe.probe("12345", (&old).into()).await, Answer::Refused);

    // Both work for a while, and then the new one alone.
    endpoint.lag_revoking(Lag::UntilCaughtUp);
    let new = delivered(&school.reset());
    for credentials in [&old, &new] {
        assert_eq!(probe.probe("67890", credentials.into()).await, Answer::Works);
    }
    endpoint.catch_up();
    for refusal in Refusal::ALL {
        endpoint.refuse_with(refusal);
        assert_eq!(probe.probe("67890", (&old).into()).await, Answer::Refused, "{refusal:?}");
        assert_eq!(probe.probe("67890", (&new).into()).await, Answer::Works);
    }
    endpoint.lag_revoking(Lag::AtOnce);
    school.deactivate();
    assert_eq!(probe.probe("67890", (&new).into()).await, Answer::Refused);
    // One request each: nothing here is written differently in the two spellings.
    assert_eq!(endpoint.requests(), 11);
}

#[tokio::test]
async fn a_reset_that_comes_late_is_put_right_by_what_the_platform_says_and_not_by_its_outage() {
    let endpoint = TokenEndpoint::start();
    let mut school = School::new(&PLATFORM, "12345").at(&endpoint);
    let (created, late, last) = (school.activate(), school.reset(), school.reset());

    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("tenants.db")).await.unwrap();
    let ring = KeyRing::new("first", StoreKey::generate().unwrap()).unwrap();
    let now = Arc::new(AtomicI64::new(1_700_000_000));
    let clock = Arc::clone(&now);
    let registry = Registry::builder(&keys("production", &PLATFORM), ring)
        .clock(move || Timestamp::from_seconds(clock.load(Ordering::Relaxed)))
        .open(store)
        .await
        .unwrap();
    let worker = registry.worker(async |_: Message| Ok(())).probe(probe_of(&endpoint));
    let password = async || registry.credentials("12345").await.unwrap().unwrap().password;
    for delivery in [&created, &last, &late] {
        let verified = verifier().verify(&presented(delivery), delivery.body().clone()).unwrap();
        registry.receive(&verified).await.unwrap();
    }
    assert_eq!(password().await.expose(), delivered(&late).password.expose());

    endpoint.fail(Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    for _ in 0..48 {
        now.fetch_add(60 * 60, Ordering::Relaxed);
        worker.probe_due().await.unwrap();
    }
    assert!(endpoint.requests() > 2);
    assert_eq!(password().await.expose(), delivered(&late).password.expose());

    endpoint.recover();
    for _ in 0..48 {
        now.fetch_add(60 * 60, Ordering::Relaxed);
        worker.probe_due().await.unwrap();
    }
    assert_eq!(password().await.expose(), delivered(&last).password.expose());
}

#[tokio::test]
async fn a_tenants_id_reaches_the_platform_as_it_is_whatever_is_in_it() {
    let endpoint = TokenEndpoint::start();
    let (credentials, probe) = (with("id", "password"), probe_of(&endpoint));
    let ids = [
        "12345",
        "3f1c-9_a.b~c",
        "...",
        "..a",
        "%2e%2e",
        "%2f",
        "a/../b",
        "a?b#c;d",
        "a\r\nx: y",
        "höhere schule",
    ];
    for tenant_id in ids {
        assert_eq!(probe.probe(tenant_id, (&credentials).into()).await, Answer::Refused, "{tenant_id}");
        endpoint.accept(tenant_id, "id", "password");
        assert_eq!(probe.probe(tenant_id, (&credentials).into()).await, Answer::Works, "{tenant_id}");
        assert_eq!(endpoint.requests_for(tenant_id), 1, "{tenant_id}");
    }
    let before = endpoint.requests();
    for tenant_id in ["", ".", ".."] {
        let inconclusive = probe.ask(tenant_id, (&credentials).into()).await.unwrap_err();
        assert_eq!(kind(&inconclusive), "TenantId");
    }
    assert_eq!(endpoint.requests(), before);
}

#[tokio::test]
async fn it_is_the_password_that_is_shown_and_not_the_client_secret() {
    let endpoint = TokenEndpoint::start();
    let credentials = with("id", "the password");
    endpoint.accept("1", "id", credentials.secret.expose());
    assert_eq!(probe_of(&endpoint).probe("1", (&credentials).into()).await, Answer::Refused);
    endpoint.accept("1", "id", "the password");
    assert_eq!(probe_of(&endpoint).probe("1", (&credentials).into()).await, Answer::Works);
}

#[tokio::test]
async fn credentials_are_refused_only_in_every_spelling() {
    let endpoint = TokenEndpoint::start();
    let (plain, odd, colon) = (with("id", "abc-1"), with("an id", "a+b/c="), with("i:d", "abc"));
    let umlaut = with("id", "höhe");
    for (credentials, requests) in [(&plain, 1), (&odd, 2), (&colon, 1), (&umlaut, 3)] {
        let before = endpoint.requests();
        assert_eq!(probe_of(&endpoint).probe("1", credentials.into()).await, Answer::Refused);
        assert_eq!(endpoint.requests() - before, requests);
    }
    // Where nothing is proved of one, it is not refused, and the next is not asked about.
    let before = endpoint.requests();
    endpoint.fail_next(1, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(probe_of(&endpoint).probe("1", (&odd).into()).await, Answer::Unknown);
    assert_eq!(endpoint.requests() - before, 1);
    // A platform that reads the encoded spelling alone, and one that reads either.
    endpoint.accept("1", "an+id", "a%2Bb%2Fc%3D");
    assert_eq!(probe_of(&endpoint).probe("1", (&odd).into()).await, Answer::Works);
    endpoint.accept("1", "i:d", "abc");
    assert_eq!(probe_of(&endpoint).probe("1", (&colon).into()).await, Answer::Works);
}

/// What went wrong, without its cause.
fn kind(inconclusive: &Inconclusive) -> String {
    format!("{inconclusive:?}").split(['(', ' ']).next().unwrap().to_owned()
}

#[tokio::test]
async fn whatever_goes_wrong_is_unknown_for_a_reason_that_repeats_nothing() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(log.writer()).finish());

    let (endpoint, elsewhere) = (TokenEndpoint::start(), TokenEndpoint::start());
    let mut school = School::new(&PLATFORM, "12345").at(&endpoint);
    let credentials = delivered(&school.activate());
    elsewhere.accept("12345", &credentials.client_id, credentials.password.expose());
    let unhurried = probe_of(&endpoint);
    let answer = |status: u16, body: &str| {
        Fault::Answer(Response::builder().status(status).body(body.to_owned()).unwrap())
    };
    let redirect = format!("{}/WebUntis/api/sso/v3/12345/token", elsewhere.url());
    let leak = r#"{"access_token":"leaked-token","error":"leaked-error"}"#;
    let rows = [
        (Fault::Close, "Http"),
        (Fault::Endless, "TooLong"),
        (Fault::Hang, "Deadline"),
        (Fault::Truncate, "Http"),
        (Fault::html(), "Answer"),
        (Fault::redirect(&redirect), "Answer"),
        (Fault::status(StatusCode::INTERNAL_SERVER_ERROR), "Answer"),
        (Fault::status(StatusCode::SERVICE_UNAVAILABLE), "Answer"),
        (Fault::status(StatusCode::UNAUTHORIZED), "Answer"),
        (Fault::status(StatusCode::BAD_REQUEST), "Answer"),
        (Fault::status(StatusCode::NOT_FOUND), "Answer"),
        (answer(429, r#"{"error":"invalid_client"}"#), "Answer"),
        (answer(400, r#"{"error":"unsupported_grant_type"}"#), "Answer"),
        (answer(200, "{}"), "Answer"),
        (answer(200, leak), "Answer"),
        (answer(401, leak), "Answer"),
        // What stands between may answer as well: a portal, a gateway, a firewall.
        (answer(511, r#"{"error":"invalid_client"}"#), "Answer"),
        (answer(401, "<html>invalid_client</html>"), "Answer"),
        (answer(401, r#"{"message":"invalid_client","error":{"code":"invalid_client"}}"#), "Answer"),
        (answer(401, r#"{"error":"Unauthorized","error":"invalid_client"}"#), "Answer"),
        (answer(401, r#"[null,"invalid_client"]"#), "Answer"),
        (answer(200, &format!(r#"{{"access_token":"{}"}}"#, "x".repeat(70_000))), "TooLong"),
    ];
    let mut shown = format!("{unhurried:?} {:?}", CredentialSet::from(&credentials));
    let count = rows.len();
    for (fault, expected) in rows {
        // What is waited for in vain is not waited for long; all else has its time, however busy the machine is.
        let deadline = Duration::from_millis(if expected == "Deadline" { 500 } else { 10_000 });
        let probe = unhurried.clone().deadline(deadline);
        endpoint.fail(fault.clone());
        let inconclusive = probe.ask("12345", (&credentials).into()).await.unwrap_err();
        assert_eq!(kind(&inconclusive), expected, "{fault:?}: {inconclusive:?}");
        shown += &format!("{inconclusive} {inconclusive:?}");
        assert_eq!(probe.probe("12345", (&credentials).into()).await, Answer::Unknown, "{fault:?}");
    }
    assert_eq!((endpoint.requests(), elsewhere.requests()), (2 * count, 0));
    endpoint.recover();
    assert_eq!(unhurried.probe("12345", (&credentials).into()).await, Answer::Works);
    drop(endpoint);
    assert_eq!(kind(&unhurried.ask("12345", (&credentials).into()).await.unwrap_err()), "Connect");

    let logged = log.take();
    let warned = logged.lines().filter(|line| line.contains("a token request that proves nothing"));
    assert_eq!(warned.clone().count(), count);
    assert!(warned.into_iter().all(|line| line.contains("WARN") && line.contains("tenant=\"12345\"")));
    let mut hidden = Hidden::default();
    let basic =
        BASE64_STANDARD.encode(format!("{}:{}", credentials.client_id, credentials.password.expose()));
    for text in [credentials.secret.expose(), credentials.password.expose(), &basic, "leaked"] {
        hidden.text(text);
    }
    hidden.assert_absent("a probe", &(shown + &logged));
}

#[test]
fn no_error_of_the_configuration_repeats_an_address() {
    let url = "https://user:hunter2@api.example";
    let errors = [
        TokenProbe::new(url).unwrap_err(),
        TokenProbe::new("http://hunter2@8.8.8.8").unwrap_err(),
        TokenProbe::new("https://api.example").unwrap().proxy("socks5://user:hunter2@proxy").unwrap_err(),
        TokenProbe::new("https://api.example").unwrap().trust(b"hunter2").unwrap_err(),
    ];
    for error in errors {
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
