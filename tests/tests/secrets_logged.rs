//! Nothing that is logged has a secret, a signature or a body in it, whatever the level and whoever logs. Alone
//! in its process, since what is logged is the process's.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::future::pending;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::fmt::format::FmtSpan;
use untis_webhook_testkit::{Delivery, Forgery, Payload};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::platform::{PLATFORM, verifier};
use untis_webhook_tests::wire::{Connection, head_of};

/// A delivery, how much of its body is sent, and the answer: none if it is cut off.
struct Row(Delivery, usize, Option<u16>);

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |delivery: Delivery, answer| {
        let len = delivery.body().len();
        rows.push(Row(delivery, len, Some(answer)));
    };
    for payload in Payload::every() {
        let genuine = Delivery::sign(&PLATFORM, payload);
        row(genuine.clone(), 204);
        for forgery in Forgery::ALL {
            row(genuine.clone().forge(forgery), 401);
        }
    }
    let whole = Payload::every().next().unwrap();
    let text = whole.to_string();
    row(Delivery::sign(&PLATFORM, text.replace("12345", &"x".repeat(70_000))), 413);
    row(Delivery::sign(&PLATFORM, text.replace("test-secret\"", "test-secret")), 400);
    row(Delivery::sign(&PLATFORM, text.replace("\"test-secret\"", "[\"test-secret\"]")), 422);
    row(Delivery::sign(&PLATFORM, whole.clone().without("password")), 422);
    row(Delivery::sign(&PLATFORM, text.replace("\"region\"", "\"secret\"")), 422);
    rows.push(Row(Delivery::sign(&PLATFORM, whole), 100, None));
    rows
}

#[test]
fn nothing_of_a_delivery_is_logged_but_its_tenant_and_its_event() {
    let log = Log::default();
    let events = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    events.with_span_events(FmtSpan::FULL).with_writer(log.writer()).init();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            axum_receiver::serve(listener, verifier(), Box::pin(pending())).await;
        });
    });

    let mut hidden = Hidden::default();
    for secret in ["test-secret", "test-password", "test-client-id", "Jane Doe", "jane@doe.com", "555 / 123"]
    {
        hidden.text(secret);
    }
    let rows = rows();
    for Row(delivery, ..) in &rows {
        hidden.octets(delivery.body());
        // Once as it is in the header, and once as what it is the base64 of.
        if let Some(signature) = delivery.headers().get("authorization") {
            hidden.octets(signature.as_bytes());
            let octets = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, signature).unwrap();
            hidden.octets(&octets);
        }
    }

    // The client does not log: what it knows is no secret to it.
    tracing::subscriber::with_default(NoSubscriber::default(), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for row in &rows {
            runtime.block_on(by_http1(address, row));
            runtime.block_on(by_http2(address, row));
        }
    });

    let log = log.take();
    for logged in [
        "tenant=\"12345\"",
        "rejection=DigestMismatch",
        "rejection=BodyTooLarge",
        " h2::",
        " tower_http::trace",
        "422",
    ] {
        assert!(log.contains(logged), "{logged} is not in the log");
    }
    hidden.assert_absent("the log", &log);
    println!(
        "{} requests by HTTP/1.1 and by HTTP/2, {} lines of log, {} texts that are not in them",
        rows.len(),
        log.lines().count(),
        hidden.count()
    );
}

async fn by_http1(address: SocketAddr, Row(delivery, sent, answer): &Row) {
    let mut connection = Connection::to(address).await;
    connection.send(head_of(delivery)).await;
    // A server that has refused it already may have closed.
    let _ = connection.try_send(delivery.body().slice(..*sent)).await;
    if let Some(answer) = answer {
        assert_eq!(connection.response().await.unwrap().status, *answer);
    }
}

async fn by_http2(address: SocketAddr, Row(delivery, sent, answer): &Row) {
    let Some(answer) = answer else { return };
    assert_eq!(*sent, delivery.body().len());
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let uri = "http://localhost/webhook";
    let request: Request<Full<Bytes>> = delivery.clone().into_request(uri).map(Full::new);
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::from_u16(*answer).unwrap());
}
