//! What the application gets.

use std::net::SocketAddr;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::platform::{BODY, PLATFORM, forged};
use untis_webhook_tests::wire::{head, status};

use crate::proxy;

/// An application that answers 204, and tells what it got; and the proxy in front of it.
async fn proxied() -> (SocketAddr, String, UnboundedReceiver<(HeaderMap, String)>) {
    let (told, got) = unbounded_channel();
    let handler = async move |headers: HeaderMap, body: String| {
        told.send((headers, body)).unwrap();
        StatusCode::NO_CONTENT
    };
    let application = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = application.local_addr().unwrap().to_string();
    tokio::spawn(async { axum::serve(application, Router::new().fallback(handler)).await });

    (proxy(address.clone()).await, address, got)
}

#[tokio::test]
async fn the_application_gets_the_signed_body_and_the_name_of_the_key_from_nobody_else() {
    let (proxy, address, mut got) = proxied().await;
    let length = BODY.len().to_string();
    for connection in ["keep-alive, x-private", "keep-alive, x-private, x-untis-key"] {
        let headers = [
            ("content-length", &*length),
            ("x-untis-key", "integration"),
            ("X-Untis-Key", "another"),
            ("connection", connection),
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
}

/// CGI (RFC 3875 section 4.1.18) and what descends from it: letters in upper case, all but letters and digits `_`.
fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[tokio::test]
async fn no_other_header_becomes_the_variable_of_one_that_is_the_proxys_to_say() {
    let (proxy, _, mut got) = proxied().await;
    let length = BODY.len().to_string();
    let names = ["x-untis-key", "authorization", "algorithm", "content-length", "x-http-method-override"];
    for name in names {
        for other in ["_", ".", "~", "!", "'", "+"] {
            let alike = [
                name.replace('-', other),
                name.replacen('-', other, 1),
                name.to_uppercase().replace('-', other),
            ];
            for alike in alike.iter().filter(|alike| !alike.eq_ignore_ascii_case(name)) {
                let genuine = Delivery::sign(&PLATFORM, BODY).into_request("/webhook");
                let headers = [("content-length", &*length), (alike, "1")];
                assert_eq!(status(proxy, head(&genuine, &headers) + BODY).await, 204, "{alike}");
                let (got, _) = got.recv().await.unwrap();
                let same: Vec<_> =
                    got.iter().filter(|(got, _)| variable(got.as_str()) == variable(name)).collect();
                assert!(same.iter().all(|(got, _)| got.as_str() == name), "{alike}: {same:?}");
                assert!(same.len() <= 1, "{alike}: {same:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_application_is_told_of_no_other_method_path_length_or_expectation() {
    let (proxy, _, mut got) = proxied().await;
    let genuine = Delivery::sign(&PLATFORM, BODY).into_request("/webhook");
    let headers = [
        ("transfer-encoding", "chunked"),
        ("trailer", "x-untis-key"),
        ("expect", "100-continue"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("X-Original-URI", "/admin"),
        ("X-Rewrite-URL", "/admin"),
    ];
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\nx-untis-key: integration\r\n\r\n", BODY.len());
    // The proxy asks for the body, which is on its way already.
    assert_eq!(status(proxy, head(&genuine, &headers) + &chunked).await, 100);
    let (headers, body) = got.recv().await.unwrap();
    assert_eq!(body, BODY);
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["algorithm", "authorization", "content-length", "content-type", "host", "x-untis-key"]
    );
    assert_eq!(headers.get("x-untis-key").unwrap(), "production");
}
