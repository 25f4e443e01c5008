use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use untis_webhook_tenants::{Failed, Handler, Message, Retry, Status};
use untis_webhook_testkit::School;

use super::*;
use crate::metrics::Metrics;
use crate::notify;

fn notify(url: &str, secrets: &[String]) -> notify::Notify {
    let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(secret)).collect();
    notify::Notify::new(&url.parse().unwrap(), &secrets, Metrics::new().unwrap()).unwrap()
}

fn message() -> Message {
    Message::new("12345", untis_webhook_tenants::Told::Activated, Status::Active, 1)
}

/// What the application is told, how the tenant is then, and what makes it so.
type Step = (&'static str, &'static str, fn(&mut School) -> Delivery);

#[tokio::test]
async fn the_application_is_told_of_every_change_within_a_second_and_of_no_secret() {
    let mut application = Application::start([Answer::Status(204)]).await;
    let daemon = Setup::new().telling(&application.url()).start().await;
    let mut school = School::new(SigningKey::shared(), "12345");
    let mut hidden = untis_webhook_tests::hidden::Hidden::default();
    let steps: [Step; 4] = [
        ("tenant.activated", "active", School::activate),
        ("tenant.credentials_replaced", "active", School::reset),
        ("tenant.deactivated", "deactivated", School::deactivate),
        ("tenant.deleted", "deleted", School::delete),
    ];
    for (version, (kind, status, step)) in (1..).zip(steps) {
        let delivery = step(&mut school);
        if let Some(credentials) = school.credentials() {
            hidden.secret(&credentials.secret);
            hidden.secret(&credentials.password);
        }
        assert_eq!(daemon.deliver(&delivery).await, 204);
        let begun = Instant::now();
        let told = application.told().await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        let message = told.json();
        assert!(message["timestamp"].as_str().unwrap().ends_with('Z'), "{message}");
        let expected = json!({
            "tenantId": "12345", "environment": "production", "status": status, "version": version,
            "previousVersion": version - 1, "deletedSince": status == "deleted", "contested": false,
            "refused": false,
        });
        assert_eq!((&message["type"], &message["data"]), (&kind.into(), &expected));
        assert_eq!(told.path, "/hook?from=untis");
        assert_eq!(told.headers["content-type"], "application/json");
        hidden.assert_absent("a message", &format!("{told:?}"));
        // The next change is not told before this one is acknowledged.
        let registry = daemon.registry().await;
        eventually(async || {
            let entry = registry.get("12345").await.unwrap().unwrap();
            (entry.acknowledged == version).then_some(())
        })
        .await;
    }
    assert_eq!(
        daemon.metric(r#"untis_webhook_notify_attempts_total{outcome="acknowledged"}"#).await,
        Some(4.0)
    );
    assert_eq!(daemon.metric("untis_webhook_changes_waiting").await, Some(0.0));
}

#[tokio::test]
async fn an_application_that_fails_is_told_again_under_the_same_id() {
    let answers = [Answer::Status(500), Answer::With(302, "location", "/elsewhere"), Answer::Status(200)];
    let mut application = Application::start(answers).await;
    let daemon = Setup::new().telling(&application.url()).start().await;
    assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
    let begun = Instant::now();
    let first = application.told().await;
    let second = application.told().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // The redirect was not followed.
    let third = application.told().await;
    for again in [&second, &third] {
        assert_eq!((again.id(), &again.body, &again.path), (first.id(), &first.body, &first.path));
    }
    let outcome = |outcome| format!(r#"untis_webhook_notify_attempts_total{{outcome="{outcome}"}}"#);
    eventually(async || daemon.metric(&outcome("acknowledged")).await).await;
    assert_eq!(daemon.metric(&outcome("to_be_retried")).await, Some(2.0));
}

#[tokio::test]
async fn an_application_that_is_down_is_told_when_it_comes_back() {
    let application = Application::start([Answer::Status(204)]).await;
    let url = application.url();
    let address = application.stop().await;
    let daemon = Setup::new().telling(&url).start().await;
    assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
    let failed = r#"untis_webhook_notify_attempts_total{outcome="to_be_retried"}"#;
    eventually(async || daemon.metric(failed).await).await;
    let mut application = Application::start_at(address, [Answer::Status(204)]).await;
    assert_eq!(application.told().await.json()["data"]["tenantId"], "12345");
}

#[tokio::test]
async fn a_410_is_kept_and_shown_and_told_when_an_operator_says_so() {
    let mut application = Application::start([Answer::Status(410), Answer::Status(204)]).await;
    let daemon = Setup::new().telling(&application.url()).start().await;
    assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
    let first = application.told().await;
    let registry = daemon.registry().await;
    let entry = eventually(async || registry.get("12345").await.unwrap().filter(|entry| entry.is_given_up));
    assert_eq!(entry.await.acknowledged, 0);
    assert_eq!(daemon.metric("untis_webhook_changes_given_up").await, Some(1.0));

    assert!(registry.redrive("12345").await.unwrap());
    assert_eq!(application.told().await.id(), first.id());
    eventually(async || registry.get("12345").await.unwrap().filter(|entry| entry.acknowledged == 1)).await;
}

#[tokio::test]
async fn retry_after_is_kept_to() {
    for (answer, least, most) in [
        (Answer::With(429, "retry-after", "3600"), 3500, 3600),
        (Answer::With(503, "retry-after", "Fri, 01 Jan 2100 00:00:00 GMT"), 86_000, 86_400),
        (Answer::With(503, "retry-after", "soon"), 0, 10),
    ] {
        let mut application = Application::start([answer]).await;
        let daemon = Setup::new().telling(&application.url()).start().await;
        assert_eq!(daemon.deliver(&School::new(SigningKey::shared(), "12345").activate()).await, 204);
        application.told().await;
        let registry = daemon.registry().await;
        let next = eventually(async || registry.get("12345").await.unwrap().unwrap().next_attempt).await;
        let pause = next.as_seconds() - untis_webhook_tenants::Timestamp::now().as_seconds();
        assert!((least..=most).contains(&pause), "{pause} s");
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_hangs_is_given_15_s() {
    let mut application = Application::start([Answer::Hangs]).await;
    let notify = notify(&application.url(), &[secret(1)]);
    let begun = Instant::now();
    let failed = notify.handle(message()).await.unwrap_err();
    assert_eq!(failed.retry(), Retry::Later);
    assert_eq!(failed.reason(), "the application does not answer within 15s");
    assert!((15..=16).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    application.told.try_recv().unwrap();
}

/// An application with TLS, whose certificate is for this name.
async fn with_tls(name: &str) -> (String, Vec<u8>, JoinHandle<()>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let tls = ServerConfig::builder_with_provider(ring::default_provider().into());
    let tls = tls.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let tls = tls
        .with_single_cert(vec![cert.der().clone()], signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind(any_port()).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        loop {
            let stream = listener.accept().await.unwrap().0;
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let service = service_fn(async |request: Request<Incoming>| {
                let is_whole = request.headers().contains_key("webhook-signature");
                let response = Response::builder().status(if is_whole { 204 } else { 400 });
                response.body(Full::<Bytes>::default())
            });
            let server = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            let _ = server.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await;
        }
    });
    (format!("https://localhost:{port}/hook"), cert.der().to_vec(), served)
}

#[tokio::test]
async fn an_application_with_tls_is_told_if_its_certificate_is_trusted_and_for_its_name() {
    let (url, certificate, _served) = with_tls("localhost").await;
    notify(&url, &[secret(1)]).trusting(&certificate).handle(message()).await.unwrap();
    let reason = async |notify: notify::Notify| {
        let failed: Failed = notify.handle(message()).await.unwrap_err();
        assert_eq!(failed.retry(), Retry::Later);
        failed.reason().to_owned()
    };
    let untrusted = reason(notify(&url, &[secret(1)])).await;
    assert!(untrusted.starts_with("cannot agree with the application on TLS"), "{untrusted}");
    let (url, certificate, _served) = with_tls("other.example").await;
    let other = reason(notify(&url, &[secret(1)]).trusting(&certificate)).await;
    assert!(other.starts_with("cannot agree with the application on TLS"), "{other}");
}

#[tokio::test]
async fn a_message_in_a_rotation_is_signed_with_each_secret() {
    let mut application = Application::start([Answer::Status(204)]).await;
    let secrets = [secret(1), secret(2)];
    notify(&application.url(), &secrets).handle(message()).await.unwrap();
    let told = application.told().await;
    let signatures: Vec<_> = told.headers["webhook-signature"].split(' ').collect();
    assert_eq!(signatures.len(), 2);
    for (signature, secret) in signatures.iter().zip(&secrets) {
        notify(&application.url(), std::slice::from_ref(secret)).handle(message()).await.unwrap();
        let alone = application.told().await;
        assert!(signature.starts_with("v1,") && signature.len() == 47, "{signature}");
        // The same, unless the second has changed in between, and then the message's time says so.
        let is_same_second = alone.headers["webhook-timestamp"] == told.headers["webhook-timestamp"];
        assert!(!is_same_second || alone.headers["webhook-signature"] == *signature);
    }
}
