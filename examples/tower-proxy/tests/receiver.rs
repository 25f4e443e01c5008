//! The proxy as it is built and run, in front of an application.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::net::SocketAddr;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower_proxy::Upstream;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::{BODY, PLATFORM, forged, verifier};
use untis_webhook_tests::wire::{head, status};

untis_webhook_tests::receiver_tests!("tower-proxy", upstream);

async fn upstream() -> Vec<(&'static str, String)> {
    vec![("UPSTREAM", application().await.0)]
}

/// An application that answers 204, and tells what it got.
async fn application() -> (String, UnboundedReceiver<(HeaderMap, String)>) {
    let (told, got) = unbounded_channel();
    let handler = async move |headers: HeaderMap, body: String| {
        // A test that does not ask has dropped the other end.
        let _ = told.send((headers, body));
        StatusCode::NO_CONTENT
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(handler)).await });
    (address, got)
}

/// The proxy in front of this application.
async fn proxy(application: &str) -> SocketAddr {
    let upstream = Upstream::from_vars(|_| Some(application.to_owned())).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(tower_proxy::serve(listener, verifier(), Box::pin(std::future::pending()), upstream));
    address
}

#[tokio::test]
async fn the_application_gets_the_signed_body_and_the_name_of_the_key_from_nobody_else() {
    let (address, mut got) = application().await;
    let proxy = proxy(&address).await;
    let length = BODY.len().to_string();
    let headers = [
        ("content-length", &*length),
        ("x-untis-key", "integration"),
        ("X-Untis-Key", "another"),
        ("connection", "keep-alive, x-private"),
        ("x-private", "for the proxy"),
        ("x-request-id", "42"),
    ];
    let genuine = Delivery::sign(&PLATFORM, BODY).into_request("/webhook?from=untis");
    assert_eq!(status(proxy, head(&genuine, &headers) + BODY).await, 204);
    let (got_headers, body) = got.recv().await.unwrap();
    assert_eq!(body, BODY);
    assert_eq!(got_headers.get_all("x-untis-key").iter().collect::<Vec<_>>(), ["production"]);
    assert_eq!(got_headers.get("x-request-id").unwrap(), "42");
    assert_eq!(got_headers.get("host").unwrap(), &address);
    assert!(!got_headers.contains_key("x-private"));

    assert_eq!(status(proxy, head(&forged("".into()), &headers) + BODY).await, 401);
    assert!(got.try_recv().is_err(), "a forged request reached the application");
}

#[tokio::test]
async fn an_application_that_does_not_listen_is_502() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let proxy = proxy(&nobody).await;
    let request = Delivery::sign(&PLATFORM, BODY).into_request("/webhook");
    let request = head(&request, &[("content-length", &BODY.len().to_string())]) + BODY;
    assert_eq!(status(proxy, request).await, 502);
}

#[test]
fn an_upstream_that_is_none_is_said() {
    for (value, found) in
        [(None, ""), (Some("http://127.0.0.1:1"), "http://127.0.0.1:1"), (Some("a b"), "a b")]
    {
        let error = Upstream::from_vars(|_| value.map(str::to_owned)).unwrap_err();
        let expected = "UPSTREAM: expected the application's host and port such as 127.0.0.1:3000, found";
        assert_eq!(error.to_string(), format!("{expected} {found:?}"));
    }
}
