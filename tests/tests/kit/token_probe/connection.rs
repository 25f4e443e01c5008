//! Where a connection goes, what goes over it, and how long it may take.

use std::io::ErrorKind;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use untis_webhook_tenants::{Answer, Inconclusive, Probe, TokenProbe, TokenProbeError};
use untis_webhook_testkit::TokenEndpoint;

use super::tls::with_tls;
use super::{kind, with};

/// Whoever connects gets these bytes once the request is there, and the end; what was sent to it comes back.
async fn answer_once(listener: &TcpListener, answer: &[u8]) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"grant_type=client_credentials") {
        request.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(answer).await.unwrap();
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn a_request_is_that_of_rfc_6749_and_no_id_adds_a_header_to_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let probe = TokenProbe::new(&format!("http://{address}/base/")).unwrap();
    let credentials = with("id\r\nx-id;1", "password\r\nx-password: 1");
    let token = b"HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\n{\"access_token\":\"abc\"}";
    let (asked, request) =
        tokio::join!(probe.ask("1\r\nx-tenant: 1", (&credentials).into()), answer_once(&listener, token));
    assert_eq!(asked.unwrap(), Answer::Works);
    let basic = BASE64_STANDARD.encode("id\r\nx-id;1:password\r\nx-password: 1");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        request,
        format!(
            "POST /base/WebUntis/api/sso/v3/1%0D%0Ax-tenant%3A%201/token HTTP/1.1\r\n\
             host: {address}\r\n\
             authorization: Basic {basic}\r\n\
             accept: application/json\r\n\
             content-type: application/x-www-form-urlencoded\r\n\
             connection: close\r\n\
             user-agent: untis-webhook-tenants/{version}\r\n\
             content-length: 29\r\n\r\n\
             grant_type=client_credentials"
        )
    );
}

#[tokio::test]
async fn a_head_has_8_kib_and_a_body_64_kib() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let probe = TokenProbe::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let credentials = with("id", "password");
    let token = r#"{"access_token":"abc"}"#;
    for (head, body, expected) in
        [(7 * 1024, 64 * 1024, None), (9 * 1024, 64, Some("Http")), (64, 64 * 1024 + 1, Some("TooLong"))]
    {
        let (filler, padding) = ("x".repeat(head), " ".repeat(body - token.len()));
        let answer = format!("HTTP/1.1 200 OK\r\nx: {filler}\r\n\r\n{padding}{token}");
        let (asked, _) =
            tokio::join!(probe.ask("1", (&credentials).into()), answer_once(&listener, answer.as_bytes()));
        assert_eq!(asked.as_ref().err().map(kind).as_deref(), expected, "{head} {body}: {asked:?}");
    }
}

/// A server that sends these bytes over and over to whoever connects.
async fn babbler(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { while stream.write_all(bytes).await.is_ok() {} });
        }
    });
    url
}

#[tokio::test]
async fn what_is_no_http_or_has_a_head_without_end_is_given_up() {
    let credentials = with("id", "password");
    for bytes in [
        b"SSH-2.0-OpenSSH\r\n".as_slice(),
        b"HTTP/1.1 200 OK\r\nx: ",
        b"x-filler: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let probe = TokenProbe::new(&babbler(bytes).await).unwrap().deadline(Duration::from_millis(500));
        let inconclusive = probe.ask("1", (&credentials).into()).await.unwrap_err();
        assert!(["Deadline", "Http"].contains(&&*kind(&inconclusive)), "{inconclusive:?}");
    }
}

/// An address of this machine where every connection is made and then nothing comes; what is kept keeps it so.
fn silent() -> (TcpListener, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(8).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Makes connections until there is no place for one more: from then on none is even made.
async fn fill(port: u16) -> Vec<TcpStream> {
    let mut waiting = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(("127.0.0.1", port))).await
    {
        waiting.push(stream.unwrap());
    }
    waiting
}

#[tokio::test]
async fn whatever_does_not_come_is_waited_for_until_the_deadline_and_no_longer() {
    let credentials = with("id", "password");
    for is_full in [false, true] {
        let (_listener, port) = silent();
        let _waiting = if is_full { fill(port).await } else { Vec::new() };
        for scheme in ["http", "https"] {
            let probe = TokenProbe::new(&format!("{scheme}://127.0.0.1:{port}")).unwrap();
            let probe = probe.deadline(Duration::from_millis(300));
            let asked = timeout(Duration::from_secs(5), probe.ask("1", (&credentials).into())).await.unwrap();
            assert!(matches!(asked, Err(Inconclusive::Deadline(_))), "{scheme} {is_full}: {asked:?}");
        }
        // The proxy is waited for as well.
        let probe = TokenProbe::new("https://api.example").unwrap().deadline(Duration::from_millis(300));
        let probe = probe.proxy(&format!("http://127.0.0.1:{port}")).unwrap();
        let asked = timeout(Duration::from_secs(5), probe.ask("1", (&credentials).into())).await.unwrap();
        assert!(matches!(asked, Err(Inconclusive::Deadline(_))), "proxy {is_full}: {asked:?}");
    }
}

#[tokio::test]
async fn http_goes_to_this_machine_by_its_name_too() {
    let endpoint = TokenEndpoint::start();
    let credentials = with("id", "password");
    endpoint.accept("1", "id", "password");
    let url = endpoint.url().replace("127.0.0.1", "localhost");
    assert_eq!(TokenProbe::new(&url).unwrap().probe("1", (&credentials).into()).await, Answer::Works);
}

/// A proxy that lets in whoever shows `user:pass`, gives what it saw in the clear, and counts connections.
async fn proxy(connections: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let head = String::from_utf8(head).unwrap();
                let target = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
                let user = format!("proxy-authorization: Basic {}", BASE64_STANDARD.encode("user:p@ss"));
                if !head.lines().any(|line| line == user) {
                    return stream.write_all(b"HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n").await;
                }
                assert!(!head.to_ascii_lowercase().contains("\nauthorization:"), "{head}");
                let mut behind = TcpStream::connect(target).await?;
                stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
                copy_bidirectional(&mut stream, &mut behind).await.map(drop)
            });
        }
    });
    port
}

#[tokio::test]
async fn a_proxy_is_used_if_it_is_asked_for_and_connects_without_seeing_anything() {
    let endpoint = TokenEndpoint::start();
    let credentials = with("id", "password");
    endpoint.accept("1", "id", "password");
    let (port, certificate) = with_tls(&endpoint, &["localhost"]).await;
    let connections = Arc::new(AtomicUsize::new(0));
    let proxy = proxy(Arc::clone(&connections)).await;
    let probe = TokenProbe::new(&format!("https://localhost:{port}")).unwrap();
    let probe = probe.trust(certificate.as_bytes()).unwrap();
    assert_eq!(probe.probe("1", (&credentials).into()).await, Answer::Works);
    assert_eq!(connections.load(Ordering::SeqCst), 0);

    let through = probe.clone().proxy(&format!("http://user:p%40ss@127.0.0.1:{proxy}")).unwrap();
    assert_eq!(through.ask("1", (&credentials).into()).await.unwrap(), Answer::Works);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert!(!format!("{through:?}").contains("p@ss") && !format!("{through:?}").contains("p%40ss"));

    // What goes to the proxy alone is not the platform's refusal.
    let refused = probe.proxy(&format!("http://127.0.0.1:{proxy}")).unwrap();
    assert!(matches!(refused.ask("1", (&credentials).into()).await, Err(Inconclusive::Proxy(407))));
    assert_eq!(endpoint.requests(), 2);
    let plain = TokenProbe::new(&endpoint.url()).unwrap();
    assert_eq!(plain.proxy("http://127.0.0.1:1").unwrap_err(), TokenProbeError::Proxy);
}

/// Runs itself with a proxy in the environment.
#[test]
fn a_token_is_asked_for_through_no_proxy_of_the_environment() {
    if let Ok(url) = std::env::var("PROBED_API_URL") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let credentials = with("id", "password");
        let asked = TokenProbe::new(&url).unwrap();
        let asked = runtime.block_on(asked.ask("1", (&credentials).into()));
        match url.starts_with("https") {
            true => assert_eq!(kind(&asked.unwrap_err()), "Tls"),
            false => assert_eq!(asked.unwrap(), Answer::Works),
        }
        return;
    }
    let endpoint = TokenEndpoint::start();
    endpoint.accept("1", "id", "password");
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for scheme in ["http", "https"] {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args([
            "--exact",
            "token_probe::connection::a_token_is_asked_for_through_no_proxy_of_the_environment",
        ]);
        test.env("PROBED_API_URL", endpoint.url().replace("http", scheme));
        for variable in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "http_proxy", "https_proxy"] {
            test.env(variable, format!("http://{}", proxy.local_addr().unwrap()));
        }
        let output = test.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
    assert_eq!(endpoint.issued(), 1);
    proxy.set_nonblocking(true).unwrap();
    assert_eq!(proxy.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}
