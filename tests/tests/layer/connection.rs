//! The layer in a real server (axum's, which is hyper's), spoken to in raw bytes.
#![allow(clippy::string_slice, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{Response, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use untis_webhook_axum::{Rejection, VerifiedEvent, Verifier, VerifyLayer};
use untis_webhook_tests::platform::{BODY, STRANGER, forged, genuine, keys, verifier};
use untis_webhook_tests::wire::{Connection, head, status, status_of};

/// Serves a handler behind the layer, and tells of each rejection.
async fn serve(verifier: Verifier) -> (SocketAddr, UnboundedReceiver<Rejection>) {
    let (told, rejections) = unbounded_channel();
    let layer = VerifyLayer::new(verifier).rejection_response(move |rejection: Rejection| {
        told.send(rejection).unwrap();
        Response::builder().status(rejection.status()).body(axum::body::Body::empty()).unwrap()
    });
    let app =
        Router::new().route("/webhook", post(async |_: VerifiedEvent| StatusCode::NO_CONTENT)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, rejections)
}

fn length(body: &str) -> String {
    body.len().to_string()
}

#[tokio::test]
async fn a_genuine_delivery_is_handled_and_the_connection_goes_on() {
    let (address, _rejections) = serve(verifier()).await;
    let mut connection = Connection::to(address).await;
    let request = head(&genuine("".into()), &[("content-length", &length(BODY))]) + BODY;
    for _ in 0..3 {
        connection.send(&request).await;
        assert_eq!(status_of(&connection.head().await), 204);
    }
    connection.send(head(&genuine("".into()), &[("transfer-encoding", "chunked")])).await;
    for byte in BODY.split_inclusive(|_| true) {
        connection.send(format!("1\r\n{byte}\r\n")).await;
    }
    connection.send("0\r\ntenantid: 666\r\n\r\n").await;
    assert_eq!(status_of(&connection.head().await), 204);
}

#[tokio::test]
async fn expect_100_continue_is_answered_to_the_genuine_alone() {
    let (address, _rejections) = serve(verifier()).await;
    let expect = [("content-length", &*length(BODY)), ("expect", "100-continue")];

    let mut connection = Connection::to(address).await;
    connection.send(head(&genuine("".into()), &expect)).await;
    assert_eq!(connection.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(BODY).await;
    assert_eq!(status_of(&connection.head().await), 204);

    let mut connection = Connection::to(address).await;
    connection.send(head(&forged("".into()), &expect)).await;
    let all = connection.rest().await;
    assert!(all.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{all}");
    assert_eq!(all.matches("HTTP/1.1").count(), 1, "{all}");
}

#[tokio::test]
async fn a_forged_upload_is_answered_though_its_body_never_comes() {
    let (address, mut rejections) = serve(verifier()).await;
    for more in [
        ("content-length", "1000000000000000"),
        ("content-length", "60000"),
        ("transfer-encoding", "chunked"),
    ] {
        assert_eq!(status(address, head(&forged("".into()), &[more])).await, 401, "{more:?}");
        assert_eq!(rejections.recv().await, Some(Rejection::UntrustedSignature));
    }
}

#[tokio::test]
async fn a_length_declared_above_the_limit_is_413_though_its_body_never_comes() {
    let (address, mut rejections) = serve(verifier()).await;
    let request = head(&genuine("".into()), &[("content-length", "1000000000000000")]);
    assert_eq!(status(address, request).await, 413);
    assert_eq!(rejections.recv().await, Some(Rejection::BodyTooLarge));
}

#[tokio::test]
async fn a_disconnect_ends_the_request() {
    let (address, mut rejections) = serve(verifier()).await;
    for framing in [("content-length", "1000"), ("transfer-encoding", "chunked")] {
        let mut connection = Connection::to(address).await;
        let expect = [framing, ("expect", "100-continue")];
        connection.send(head(&genuine("".into()), &expect)).await;
        // The server has begun to read.
        assert_eq!(connection.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
        connection.send("5\r\n{\"ten").await;
        drop(connection);
        let rejection = timeout(Duration::from_secs(5), rejections.recv()).await;
        assert_eq!(
            rejection,
            Ok(Some(Rejection::BodyIncomplete)),
            "{framing:?}: still waiting for a peer that is gone"
        );
    }
}

#[tokio::test]
async fn keys_that_are_replaced_meanwhile_leave_what_has_begun_alone() {
    let verifier = verifier();
    let (address, mut rejections) = serve(verifier.clone()).await;
    let mut in_flight = Connection::to(address).await;
    let expect = [("content-length", &*length(BODY)), ("expect", "100-continue")];
    in_flight.send(head(&genuine("".into()), &expect)).await;
    assert_eq!(in_flight.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    in_flight.send(&BODY[..9]).await;

    verifier.replace_keys(keys("next", &STRANGER));

    in_flight.send(&BODY[9..]).await;
    assert_eq!(status_of(&in_flight.head().await), 204);
    // The next one sees the new keys, on the same connection and on another.
    in_flight.send(head(&genuine("".into()), &[("content-length", &length(BODY))]) + BODY).await;
    assert_eq!(status_of(&in_flight.head().await), 401);
    assert_eq!(rejections.recv().await, Some(Rejection::UntrustedSignature));
    let new = head(&forged("".into()), &[("content-length", &length(BODY))]) + BODY;
    assert_eq!(status(address, new).await, 204);
}
