//! The proxy as it is built and run, in front of an application.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::process::{Command, Output};

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use untis_webhook_tests::platform::PLATFORM;

untis_webhook_tests::receiver_tests!("tower-proxy", upstream);

async fn upstream() -> Vec<(&'static str, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let application = Router::new().fallback(async || StatusCode::NO_CONTENT);
    tokio::spawn(async { axum::serve(listener, application).await });
    vec![("UPSTREAM", address)]
}

#[test]
fn an_upstream_that_is_none_is_said_before_it_listens() {
    let expected = "tower-proxy: UPSTREAM: expected the application's host and port such as 127.0.0.1:3000, found something else";
    let private = PLATFORM.to_pkcs8_pem().to_string();
    for value in [
        None,
        Some(""),
        Some("https://127.0.0.1:1"),
        Some("http://127.0.0.1:1/path"),
        // Without a port, or with none that there is, it would be sent to port 80.
        Some("127.0.0.1"),
        Some("localhost:"),
        Some("127.0.0.1:99999"),
        Some("127.0.0.1:0"),
        Some("127.0.0.1:08080x"),
        Some("user:password@127.0.0.1:8080"),
        Some(&*private),
    ] {
        let mut proxy = Command::new(env!("CARGO_BIN_EXE_tower-proxy"));
        proxy.env("UNTIS_WEBHOOK_KEYS", format!("production={}", PLATFORM.public_key_base64()));
        proxy.env("LISTEN", "127.0.0.1:0").env_remove("UPSTREAM").env_remove("RUST_LOG");
        proxy.envs(value.map(|value| ("UPSTREAM", value)));
        let Output { status, stdout, stderr } = proxy.output().unwrap();
        assert_eq!(String::from_utf8(stderr).unwrap(), format!("{expected}\n"));
        assert_eq!((status.code(), &*stdout), (Some(2), &b""[..]));
    }
}
