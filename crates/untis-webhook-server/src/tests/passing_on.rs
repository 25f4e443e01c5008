use untis_webhook_testkit::Forgery;
use untis_webhook_tests::behaviour::{Stack, application};
use untis_webhook_tests::platform::{BODY, PLATFORM};

use super::*;
use crate::settings::Proxy;

untis_webhook_tests::behaviour_tests!(stacks);
untis_webhook_tests::upstream_tests!(in_front_of);

async fn stacks() -> Vec<Stack> {
    let address = in_front_of(application().await.to_string()).await;
    vec![Stack { name: "untis-webhookd", address }]
}

/// A daemon that serves as long as the runtime does.
async fn in_front_of(upstream: String) -> SocketAddr {
    let Running { addresses, stop, .. } = proxy(&upstream).start().await;
    std::mem::forget(stop);
    addresses.webhook
}

fn proxy(upstream: &str) -> Setup {
    let mut setup = Setup::new();
    setup.settings.webhook = config(&[("production", &PLATFORM)]);
    setup.settings.mode = Mode::Proxy(Proxy { upstream: upstream.parse().unwrap(), unused: None });
    setup
}

#[tokio::test]
async fn what_came_is_counted_by_what_the_application_made_of_it() {
    let mut told = Application::start([Answer::Status(204), Answer::Status(500), Answer::Status(301)]).await;
    let daemon = proxy(&told.address.to_string()).start().await;
    let delivery = Delivery::sign(&PLATFORM, BODY);
    for expected in [204, 500, 301] {
        assert_eq!(daemon.deliver(&delivery).await, expected);
        assert_eq!(told.told().await.body, BODY);
    }
    assert_eq!(daemon.deliver(&delivery.clone().forge(Forgery::OtherKey)).await, 401);
    assert_eq!(daemon.deliver_to("PUT", "/webhook", &delivery).await.status, 405);
    assert_eq!(daemon.deliver_to("POST", "/other", &delivery).await.status, 404);
    assert_eq!(daemon.admin("/readyz").await, (200, "ready".to_owned()));

    let address = told.stop().await;
    assert_eq!(daemon.deliver(&delivery).await, 502);
    let unready =
        eventually(async || Some(daemon.admin("/readyz").await).filter(|(status, _)| *status != 200));
    assert_eq!(unready.await, (503, "the application does not answer".to_owned()));
    assert_eq!(daemon.admin("/livez").await.0, 200);

    let (_, metrics) = daemon.admin("/metrics").await;
    for line in [
        r#"untis_webhook_deliveries_total{outcome="accepted",reason="",key="production"} 1"#,
        r#"untis_webhook_deliveries_total{outcome="not_taken",reason="NotTaken",key="production"} 2"#,
        r#"untis_webhook_deliveries_total{outcome="not_taken",reason="OtherMethod",key="production"} 1"#,
        r#"untis_webhook_deliveries_total{outcome="not_taken",reason="OtherPath",key="production"} 1"#,
        r#"untis_webhook_deliveries_total{outcome="not_taken",reason="NotAnsweredUnreachable",key="production"} 1"#,
        r#"untis_webhook_deliveries_total{outcome="refused",reason="UntrustedSignature",key=""} 1"#,
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} in\n{metrics}");
    }
    assert!(!metrics.contains("untis_webhook_tenants{"), "{metrics}");

    // It comes back by itself.
    let _told = Application::start_at(address, [Answer::Status(204)]).await;
    eventually(async || (daemon.deliver(&delivery).await == 204).then_some(())).await;
    eventually(async || (daemon.admin("/readyz").await.0 == 200).then_some(())).await;
}

#[tokio::test]
async fn what_is_with_the_application_is_ended_when_it_stops() {
    let mut told = Application::start([Answer::Late]).await;
    let daemon = proxy(&told.address.to_string()).start().await;
    let delivery = Delivery::sign(&PLATFORM, BODY);
    let mut connection = Connection::to(daemon.addresses.webhook).await;
    connection.send(wire::head_of(&delivery) + BODY).await;
    told.told().await;
    daemon.stop.send(()).unwrap();
    assert_eq!(connection.response().await.unwrap().status, 204);
    timeout(Duration::from_secs(20), daemon.served).await.expect("an end").unwrap();
    assert!(Connection::try_to(daemon.addresses.admin).await.is_err());
}

#[tokio::test]
async fn the_page_shows_what_there_is_without_schools() {
    let told = Application::start([Answer::Status(500)]).await;
    let daemon = proxy(&told.address.to_string()).start().await;
    assert_eq!(daemon.deliver(&Delivery::sign(&PLATFORM, BODY)).await, 500);
    let (status, html) = daemon.admin("/").await;
    assert_eq!(status, 200);
    for text in ["Ready</h1>", "production", "NotTaken", "look into the application's log: it refused it"] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert!(!html.contains("/schools"), "{html}");
    for target in ["/schools", "/school?id=12345"] {
        assert_eq!(daemon.admin(target).await.0, 404, "{target}");
    }
    assert_eq!(daemon.admin("/schools?personal=1").await.0, 403);
}
