//! An application that does not answer as it should: what the log says, and what is sent.

use tokio::net::TcpListener;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::behaviour::application;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, PLATFORM};
use untis_webhook_tests::wire::{Connection, head_of, status};

use crate::proxy;

fn delivery() -> String {
    head_of(&Delivery::sign(&PLATFORM, BODY)) + BODY
}

#[tokio::test]
async fn an_application_that_closes_after_each_answer_loses_nothing() {
    let proxy = proxy(application().await.to_string()).await;
    let mut connection = Connection::to(proxy).await;
    for number in 0..50 {
        connection.send(delivery()).await;
        assert_eq!(connection.response().await.map(|response| response.status), Some(204), "{number}");
    }
}

#[tokio::test]
async fn an_application_that_cannot_be_reached_is_502_and_the_log_says_why() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.writer()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    // No name has a part of more than 63 octets, so that nobody has to be asked.
    let nowhere = format!("{}.invalid:80", "x".repeat(64));
    for (proxy, cause) in [
        (proxy(nobody).await, "Connection refused"),
        (proxy(nowhere).await, "failed to lookup address information"),
    ] {
        assert_eq!(status(proxy, delivery()).await, 502, "{cause}");
        let said = log.take();
        let warnings: Vec<_> = said.lines().filter(|line| line.contains(" WARN ")).collect();
        let [warning] = warnings[..] else { panic!("one warning expected: {said}") };
        assert!(warning.contains("status=502") && warning.contains(cause), "{cause}: {warning}");
    }
}
