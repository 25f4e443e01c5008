//! An application that does not answer as it should: what the log says, and what is sent.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::behaviour::closing_application;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, PLATFORM};
use untis_webhook_tests::wire::{Connection, head_of, status};

use crate::proxy;

fn delivery() -> String {
    head_of(&Delivery::sign(&PLATFORM, BODY)) + BODY
}

#[tokio::test]
async fn an_application_that_closes_after_each_answer_loses_nothing() {
    let proxy = proxy(closing_application().await.to_string()).await;
    let mut connection = Connection::to(proxy).await;
    for number in 0..50 {
        connection.send(delivery()).await;
        assert_eq!(connection.response().await.map(|response| response.status), Some(204), "{number}");
    }
}

/// Answers 204 to each delivery after this time, until the proxy closes the connection.
async fn answer(mut stream: TcpStream, after: Duration) {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
        if request.ends_with(BODY.as_bytes()) {
            request.clear();
            sleep(after).await;
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
    }
}

/// By a paused clock.
#[tokio::test(start_paused = true)]
async fn a_connection_to_the_application_is_closed_a_second_after_it_was_opened() {
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = proxy(application.local_addr().unwrap().to_string()).await;
    let (counts, mut count) = watch::channel((0, 0));
    tokio::spawn(async move {
        loop {
            let (stream, _) = application.accept().await.unwrap();
            counts.send_modify(|(opened, _)| *opened += 1);
            let counts = counts.clone();
            tokio::spawn(async move {
                answer(stream, Duration::ZERO).await;
                counts.send_modify(|(_, closed)| *closed += 1);
            });
        }
    });
    let mut connection = Connection::to(proxy).await;
    for (pause, opened) in [(0, 1), (0, 1), (900, 1), (200, 2), (0, 2), (1100, 3)] {
        sleep(Duration::from_millis(pause)).await;
        connection.send(delivery()).await;
        assert_eq!(connection.response().await.unwrap().status, 204);
        assert_eq!(count.borrow().0, opened, "after {pause} ms");
    }
    // Without another delivery.
    let all_closed = count.wait_for(|(opened, closed)| opened == closed);
    timeout(Duration::from_millis(1100), all_closed).await.expect("an end within a second").unwrap();
}

/// By a paused clock.
#[tokio::test(start_paused = true)]
async fn an_application_that_serves_one_connection_at_a_time_is_reached_by_all() {
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = proxy(application.local_addr().unwrap().to_string()).await;
    tokio::spawn(async move {
        loop {
            answer(application.accept().await.unwrap().0, Duration::from_millis(100)).await;
        }
    });
    let mut busy = Connection::to(proxy).await;
    busy.send(delivery()).await;
    tokio::spawn(async move {
        loop {
            assert_eq!(busy.response().await.unwrap().status, 204);
            busy.send(delivery()).await;
        }
    });
    sleep(Duration::from_millis(50)).await;
    let mut others = [Connection::to(proxy).await, Connection::to(proxy).await];
    for other in &mut others {
        other.send(delivery()).await;
    }
    for other in &mut others {
        let response = timeout(Duration::from_secs(3), other.response()).await.expect("an answer");
        assert_eq!(response.unwrap().status, 204);
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
