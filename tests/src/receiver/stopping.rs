//! What is open when it is to stop, or to go on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Program, Receiver, SOON, keys_of_the_vectors};
use crate::platform::forged;
use crate::vectors;
use crate::wire::{Connection, head, status, status_of};

/// On SIGTERM and SIGINT a delivery under way is taken, no more are, and it ends with success.
pub async fn ends_what_has_begun(program: &Program) {
    for signal in ["TERM", "INT"] {
        let receiver = Receiver::start(program, &keys_of_the_vectors()).await;
        let (mut connection, body) = half_sent(receiver.address).await;

        receiver.signal(signal).await;
        // It has heard the signal when it takes no more connections.
        let deaf = async { while TcpStream::connect(receiver.address).await.is_ok() {} };
        timeout(SOON, deaf).await.expect("it does not stop listening");
        connection.send(body).await;
        assert_eq!(status_of(&connection.head().await), 204, "{signal}");

        let (code, log) = receiver.end().await;
        assert_eq!(code, Some(0), "{signal}");
        assert!(log.contains(r#"event="CREATED""#) && log.trim_end().ends_with("stopped"), "{log}");
    }
}

/// On SIGTERM under load, every delivery that was answered was handled, and every one handled was answered.
pub async fn loses_nothing_when_it_is_stopped_under_load(program: &Program) {
    let receiver = Receiver::start_with_log(program, &keys_of_the_vectors(), "info").await;
    let address = receiver.address;
    let delivery: Arc<[u8]> = vectors::deliveries().remove(0).to_http().into();
    let answered = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        let (delivery, answered) = (Arc::clone(&delivery), Arc::clone(&answered));
        clients.spawn(async move {
            // Until it takes no more connections.
            while let Ok(mut connection) = Connection::try_to(address).await {
                while connection.try_send(&delivery).await.is_ok() {
                    let Some(response) = connection.response().await else { break };
                    assert_eq!(response.status, 204);
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
    while answered.load(Ordering::SeqCst) < 100 {
        tokio::task::yield_now().await;
    }
    receiver.signal("TERM").await;
    let (code, log) = receiver.end().await;
    clients.join_all().await;
    let handled = log.matches(" delivery tenant=").count();
    assert_eq!((code, handled), (Some(0), answered.load(Ordering::SeqCst)));
}

/// Connections on which no request has begun, in whatever state, are given up on SIGTERM.
pub async fn stops_whatever_strangers_leave_open(program: &Program) {
    let receiver = Receiver::start_with_log(program, &keys_of_the_vectors(), "info").await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let forged = head(&forged("".into()), &[]);
    let mut open = Vec::new();
    for sent in
        ["", "P", "POST /webhook HTTP/1.1\r\nHost: x\r\n", preface, &format!("{preface}\0\0\0\x04\0\0\0\0\0")]
    {
        let mut connection = Connection::to(receiver.address).await;
        connection.send(sent).await;
        open.push(connection);
    }
    // Once this one is answered, the others have been accepted.
    let mut refused = Connection::to(receiver.address).await;
    refused.send(forged).await;
    assert_eq!(status_of(&refused.head().await), 401);

    receiver.signal("TERM").await;
    let (code, log) = timeout(Duration::from_secs(10), receiver.end()).await.expect("it waits for strangers");
    assert_eq!(code, Some(0));
    assert!(log.trim_end().ends_with("stopped"), "{log}");
}

/// With 40 descriptors, 40 connections that are silent do not keep a delivery from being handled, nor is one cut
/// off that is under way.
pub async fn serves_past_silent_connections(program: &Program) {
    let receiver = Receiver::run(program.command_with(40), &keys_of_the_vectors(), "info").await;
    let (mut slow, rest) = half_sent(receiver.address).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(Connection::to(receiver.address).await);
    }
    let delivery = vectors::deliveries().remove(0).to_http();
    let status = timeout(Duration::from_secs(10), status(receiver.address, delivery)).await;
    assert_eq!(status, Ok(204));
    slow.send(rest).await;
    assert_eq!(status_of(&slow.head().await), 204);

    receiver.signal("TERM").await;
    let (code, log) = receiver.end().await;
    assert_eq!(code, Some(0));
    assert!(!log.contains("cannot accept"), "{log}");
}

/// Strangers who take all places and send one forgery after the other on each keep nobody out.
pub async fn serves_past_chatty_connections(program: &Program) {
    let receiver = Receiver::run(program.command_with(40), &keys_of_the_vectors(), "info").await;
    let address = receiver.address;
    let mut strangers = JoinSet::new();
    for _ in 0..40 {
        strangers.spawn(async move {
            let mut stranger = Connection::to(address).await;
            while stranger
                .try_send("POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                .await
                .is_ok()
                && stranger.response().await.is_some()
            {
                sleep(Duration::from_millis(200)).await;
            }
        });
    }
    // All places are taken once a connection is not answered any more.
    let delivery = vectors::deliveries().remove(0).to_http();
    let status = timeout(Duration::from_secs(15), status(address, delivery)).await;
    assert_eq!(status, Ok(204));
    receiver.signal("TERM").await;
    assert_eq!(receiver.end().await.0, Some(0));
    strangers.join_all().await;
}

/// What h2 warns of, strangers can do as often as they like: it is not logged.
pub async fn logs_nothing_of_http_2_that_a_stranger_repeats(program: &Program) {
    let receiver = Receiver::start_with_log(program, &keys_of_the_vectors(), "info").await;
    let mut stranger = Connection::to(receiver.address).await;
    stranger.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    // Acknowledgements of pings that nobody has sent.
    let ack = [&b"\0\0\x08\x06\x01\0\0\0\0"[..], b"unasked!"].concat();
    let _ = stranger.try_send(ack.repeat(1000)).await;
    // Streams that are given up as soon as they are there: GET / by index, and RST_STREAM.
    let mut streams = Vec::new();
    for stream in (1..121_u32).step_by(2) {
        streams.extend([&b"\0\0\x03\x01\x05"[..], &stream.to_be_bytes(), b"\x82\x84\x86"].concat());
        streams.extend([&b"\0\0\x04\x03\0"[..], &stream.to_be_bytes(), b"\0\0\0\x08"].concat());
    }
    let _ = stranger.try_send(streams).await;
    // Whatever was written is read before a delivery that comes later on the same machine is answered.
    let delivery = vectors::deliveries().remove(0).to_http();
    assert_eq!(status(receiver.address, delivery).await, 204);
    stranger.half_close().await;
    receiver.signal("TERM").await;
    let (_, log) = receiver.end().await;
    assert!(log.lines().count() < 20 && !log.contains(" h2::"), "{log}");
}

/// A connection with a delivery of which the body is asked for, and that body.
async fn half_sent(address: SocketAddr) -> (Connection, String) {
    let http = String::from_utf8(vectors::deliveries().remove(0).to_http()).unwrap();
    let (head, body) = http.split_once("\r\n\r\n").unwrap();
    let mut connection = Connection::to(address).await;
    connection.send(format!("{head}\r\nExpect: 100-continue\r\n\r\n")).await;
    assert_eq!(connection.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    (connection, body.to_owned())
}
