use untis_webhook::event::CredentialsEventType;
use untis_webhook_testkit::{Forgery, Payload, School};

use super::*;

#[tokio::test]
async fn a_genuine_delivery_is_in_the_registry_and_a_forged_one_is_not() {
    let daemon = Setup::new().start().await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    for forgery in Forgery::ALL {
        assert_eq!(daemon.deliver(&delivery.clone().forge(forgery)).await, 401, "{forgery:?}");
    }
    assert_eq!(daemon.ask("/v1/tenants/12345").await.0, 404);
    assert_eq!(daemon.deliver(&delivery).await, 204);
    let (status, tenant) = daemon.ask("/v1/tenants/12345").await;
    assert_eq!((status, &tenant["status"]), (200, &"active".into()));
}

#[tokio::test]
async fn another_path_and_another_method_are_said_to_who_is_verified_and_to_nobody_else() {
    let daemon = Setup::new().start().await;
    let genuine = School::new(SigningKey::shared(), "12345").activate();
    let forged = genuine.clone().forge(Forgery::OtherKey);
    for (method, path, status) in
        [("POST", "/", 404), ("POST", "/webhook/", 404), ("GET", "/other", 404), ("PUT", "/webhook", 405)]
    {
        let response = daemon.deliver_to(method, path, &genuine).await;
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.header("allow"), (status == 405).then_some("POST"), "{method} {path}");
        assert_eq!(daemon.deliver_to(method, path, &forged).await.status, 401, "{method} {path}");
    }
    assert_eq!(daemon.deliver_to("POST", "/webhook?of=untis", &genuine).await.status, 204);
}

#[tokio::test]
async fn what_another_environment_signed_is_refused_and_leaves_nothing() {
    let mut setup = Setup::new();
    let other = SigningKey::generate();
    setup.settings.webhook = config(&[("2026", SigningKey::shared()), ("integration", &other)]);
    setup.tenants().environment_keys = Some(vec!["2026".to_owned()]);
    let daemon = setup.start().await;
    assert_eq!(daemon.deliver(&School::new(&other, "12345").activate()).await, 403);
    assert_eq!(daemon.ask("/v1/tenants").await.1["tenants"], Value::Array(Vec::new()));
    let refused = r#"untis_webhook_deliveries_total{outcome="not_taken",reason="NotForThisRegistry",key="integration"}"#;
    assert_eq!(daemon.metric(refused).await, Some(1.0));
}

#[tokio::test]
async fn another_applications_credentials_are_refused_where_the_own_client_ids_are_known() {
    let mut setup = Setup::new();
    setup.tenants().client_ids = vec!["mine".to_owned()];
    let daemon = setup.start().await;
    let school = || School::new(SigningKey::shared(), "12345");
    assert_eq!(daemon.deliver(&school().client_id("theirs").activate()).await, 403);
    assert_eq!(daemon.deliver(&school().client_id("mine").activate()).await, 204);
}

/// The tables become those of a later version, as when a newer instance has been started on them.
#[tokio::test]
async fn what_cannot_be_stored_is_503_with_retry_after_and_taken_once_it_can() {
    let daemon = Setup::new().start().await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    let store = daemon.store().await;
    let become_version = async |change: &'static str| {
        let change = sqlx::query(change).execute(store.pool()).await;
        assert_eq!(change.unwrap().rows_affected(), 1);
    };
    become_version("UPDATE untis_webhook_schema SET version = version + 100").await;
    let response = daemon.deliver_to("POST", "/webhook", &delivery).await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("10")));
    become_version("UPDATE untis_webhook_schema SET version = version - 100").await;
    assert_eq!(daemon.deliver(&delivery).await, 204);
    for (labels, count) in [
        (r#"outcome="not_taken",reason="NotStored",key="2026""#, 1.0),
        (r#"outcome="accepted",reason="",key="2026""#, 1.0),
    ] {
        let name = format!("untis_webhook_deliveries_total{{{labels}}}");
        assert_eq!(daemon.metric(&name).await, Some(count), "{labels}");
    }
}

/// As when somebody puts a backup in its place, or nothing.
#[cfg(unix)]
#[tokio::test]
async fn nothing_is_acknowledged_that_goes_into_a_file_without_a_name() {
    let daemon = Setup::new().start().await;
    let mut school = School::new(SigningKey::shared(), "12345");
    assert_eq!(daemon.deliver(&school.activate()).await, 204);
    let file = daemon.folder.path().join("tenants.db");
    let backup = daemon.folder.path().join("backup.db");
    std::fs::copy(&file, &backup).unwrap();
    std::fs::remove_file(&file).unwrap();
    let deactivation = school.deactivate();
    assert_eq!(daemon.deliver(&deactivation).await, 503);
    std::fs::rename(backup, &file).unwrap();
    assert_eq!(daemon.deliver(&deactivation).await, 503);
    assert_eq!(daemon.admin("/readyz").await, (503, "the database does not answer".to_owned()));
}

#[tokio::test]
async fn a_delivery_is_one_line_and_no_line_has_a_secret() {
    let (log, _guard) = log();
    let daemon = Setup::new().start().await;
    let payload = Payload::credentials(CredentialsEventType::Created);
    let mut hidden = untis_webhook_tests::hidden::Hidden::default();
    for text in ["test-secret", "test-password", "jane@doe.com", TOKEN] {
        hidden.secret(text);
    }
    log.take();
    assert_eq!(daemon.deliver(&Delivery::sign(SigningKey::shared(), payload)).await, 204);
    let lines = log.take();
    let said: Vec<_> =
        lines.lines().filter(|line| line.contains(" INFO ") || line.contains(" WARN ")).collect();
    assert_eq!(said.len(), 1, "{lines}");
    assert!(said[0].contains(r#"tenant="12345""#), "{lines}");
    assert_eq!(daemon.ask("/v1/tenants/12345/credentials").await.0, 200);
    daemon.stop().await;
    hidden.assert_absent("the log", &(lines + &log.take()));
}
