//! An application that does not answer as it should.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tower_proxy::Upstream;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{BODY, PLATFORM, verifier};
use untis_webhook_tests::wire::{Connection, head_of, status, status_of};

/// The proxy in front of this address.
async fn proxy(upstream: &str) -> SocketAddr {
    let upstream = Upstream::from_vars(|_| Some(upstream.to_owned())).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(tower_proxy::serve(listener, verifier(), Box::pin(std::future::pending()), upstream));
    address
}

/// The proxy in front of an application that reads a request, answers it with these bytes, and then does what
/// `then` does.
async fn in_front_of<F>(answer: &'static str, then: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = application.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = application.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(BODY.as_bytes()) {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            tokio::spawn(then(stream));
        }
    });
    proxy(&address).await
}

/// Never closes.
async fn hold(stream: TcpStream) {
    let _stream = stream;
    std::future::pending().await
}

fn delivery() -> String {
    head_of(&Delivery::sign(&PLATFORM, BODY)) + BODY
}

#[tokio::test(start_paused = true)]
async fn an_application_that_does_not_answer_in_time_is_504() {
    for (answer, part) in [("", "no head"), ("HTTP/1.1 200 OK\r\nContent-", "half a head")] {
        let proxy = in_front_of(answer, hold).await;
        let start = Instant::now();
        assert_eq!(status(proxy, delivery()).await, 504, "{part}");
        assert_eq!(start.elapsed().as_secs(), 10, "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_body_does_not_end_is_broken_off() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhalf",
    ] {
        let mut connection = Connection::to(in_front_of(answer, hold).await).await;
        connection.send(delivery()).await;
        assert_eq!(status_of(&connection.head().await), 200, "{answer}");
        let start = Instant::now();
        let rest = connection.rest().await;
        assert!(rest.contains("half") && !rest.ends_with("0\r\n\r\n"), "{rest}");
        assert_eq!(start.elapsed().as_secs(), 10, "{answer}");
    }
}

#[tokio::test]
async fn an_application_that_closes_after_each_answer_loses_nothing() {
    let proxy = in_front_of("HTTP/1.1 204 No Content\r\n\r\n", async |stream| drop(stream)).await;
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
        (proxy(&nobody).await, "Connection refused"),
        (proxy(&nowhere).await, "failed to lookup address information"),
        (in_front_of("", async |stream| drop(stream)).await, "connection closed before message completed"),
        (in_front_of("SSH-2.0-OpenSSH\r\n", hold).await, "invalid HTTP version"),
    ] {
        assert_eq!(status(proxy, delivery()).await, 502, "{cause}");
        let said = log.take();
        let warnings: Vec<_> = said.lines().filter(|line| line.contains(" WARN ")).collect();
        let [warning] = warnings[..] else { panic!("one warning expected: {said}") };
        assert!(warning.contains("status=502") && warning.contains(cause), "{cause}: {warning}");
    }
}
