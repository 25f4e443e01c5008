use std::time::{SystemTime, UNIX_EPOCH};

use untis_webhook_testkit::{Forgery, School};

use super::*;

#[tokio::test]
async fn it_lives_and_is_ready_as_long_as_deliveries_can_be_taken() {
    let daemon = Setup::new().start().await;
    assert_eq!(daemon.admin("/livez").await, (200, "alive".to_owned()));
    assert_eq!(daemon.admin("/readyz").await, (200, "ready".to_owned()));

    let store = daemon.store().await;
    sqlx::query("UPDATE untis_webhook_schema SET version = 100").execute(store.pool()).await.unwrap();
    let unready =
        eventually(async || Some(daemon.admin("/readyz").await).filter(|(status, _)| *status != 200));
    assert_eq!(unready.await, (503, "the tables are those of a later version".to_owned()));
    assert_eq!(daemon.admin("/livez").await.0, 200);
    sqlx::query("UPDATE untis_webhook_schema SET version = 3").execute(store.pool()).await.unwrap();
    eventually(async || (daemon.admin("/readyz").await.0 == 200).then_some(())).await;

    // Another instance has gone over to another store key, and taken this one's away.
    let all = sqlx::query("UPDATE untis_webhook_fingerprint_keys SET name = 'second'");
    all.execute(store.pool()).await.unwrap();
    let unready =
        eventually(async || Some(daemon.admin("/readyz").await).filter(|(status, _)| *status != 200));
    assert_eq!(unready.await, (503, "the store keys are not those of the database".to_owned()));
    // To look at it has left nothing.
    let tenants = sqlx::query("SELECT * FROM untis_webhook_tenants").fetch_all(store.pool());
    assert!(tenants.await.unwrap().is_empty());
}

#[tokio::test]
async fn what_came_is_counted_by_outcome_reason_and_key_and_no_tenant_is_named() {
    let daemon = Setup::new().start().await;
    let mut schools = ["school-1", "school-2", "school-3"].map(|id| School::new(SigningKey::shared(), id));
    for school in &mut schools {
        assert_eq!(daemon.deliver(&school.activate()).await, 204);
    }
    assert_eq!(daemon.deliver(&schools[1].deactivate()).await, 204);
    assert_eq!(daemon.deliver(&schools[2].delete()).await, 204);
    let reset = schools[0].reset();
    assert_eq!(daemon.deliver(&reset.clone().forge(Forgery::OtherKey)).await, 401);
    assert_eq!(daemon.deliver(&reset.forge(Forgery::MissingAlgorithm)).await, 401);
    assert_eq!(daemon.ask("/v1/tenants/school-1/credentials").await.0, 200);
    assert_eq!(get(daemon.addresses.api.unwrap(), "/v1/tenants", &[]).await.status, 401);

    let (status, metrics) = daemon.admin("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"untis_webhook_deliveries_total{outcome="accepted",reason="",key="2026"} 5"#,
        r#"untis_webhook_deliveries_total{outcome="refused",reason="UntrustedSignature",key=""} 1"#,
        r#"untis_webhook_deliveries_total{outcome="refused",reason="MissingHeader",key=""} 1"#,
        r#"untis_webhook_verification_seconds_count{verdict="verified"} 5"#,
        r#"untis_webhook_verification_seconds_count{verdict="refused"} 2"#,
        r#"untis_webhook_tenants{status="active"} 1"#,
        r#"untis_webhook_tenants{status="deactivated"} 1"#,
        r#"untis_webhook_tenants{status="deleted"} 1"#,
        "untis_webhook_changes_waiting 3",
        "untis_webhook_changes_given_up 0",
        "untis_webhook_credentials_handed_out_total 1",
        r#"untis_webhook_api_answers_total{status="200"} 1"#,
        r#"untis_webhook_api_answers_total{status="401"} 1"#,
        "untis_webhook_database_up 1",
        "# TYPE untis_webhook_verification_seconds histogram",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} in\n{metrics}");
    }
    let last = daemon.metric(r#"untis_webhook_last_verified_timestamp_seconds{key="2026"}"#).await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((0.0..30.0).contains(&(now - last)), "{last} at {now}");
    assert!(daemon.metric("untis_webhook_oldest_change_age_seconds").await.unwrap() < 30.0);
    assert!(!metrics.contains("school-"), "{metrics}");
}

#[tokio::test]
async fn what_a_browser_was_led_to_by_another_name_is_not_answered() {
    let daemon = Setup::new().start().await;
    for (host, status) in [("attacker.example:9090", 421), ("localhost", 200), ("[::1]:9090", 200)] {
        for path in ["/livez", "/readyz", "/metrics", "/", "/schools", "/school?id=1", "/icon.svg"] {
            let status = if status == 200 && path.starts_with("/school?") { 404 } else { status };
            let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
            assert_eq!(wire::status(daemon.addresses.admin, request).await, status, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn there_are_few_paths_to_be_read_and_no_more() {
    let daemon = Setup::new().start().await;
    let admin = daemon.addresses.admin;
    for path in ["/schools/", "/index.html", "/favicon.ico", "/v1/tenants", "/livez/", "/webhook"] {
        assert_eq!(get(admin, path, &[]).await.status, 404, "{path}");
    }
    for path in ["/livez", "/readyz", "/metrics", "/", "/schools", "/icon.svg"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let response = request(admin, method, path, &[("content-length", "0")]).await;
            assert_eq!(
                (response.status, response.header("allow")),
                (405, Some("GET, HEAD")),
                "{method} {path}"
            );
        }
        let head = format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(wire::status(admin, head).await, 200, "{path}");
    }
}
