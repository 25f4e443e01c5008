use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::path::PathBuf;

use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, pause};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, HandshakeKind, RootCertStore, SupportedProtocolVersion};
use untis_webhook_serve::serve_at_most;
use untis_webhook_testkit::{Forgery, School};

use super::*;
use crate::metrics::Metrics;
use crate::settings::{Proxy, Tls};
use crate::tls::{Identity, ServerTls, TlsListener};

/// A certificate for localhost that ends in this year, and its two files.
pub(super) struct Certificate {
    folder: TempDir,
    pub(super) der: CertificateDer<'static>,
}

impl Certificate {
    pub(super) fn until(year: i32) -> Self {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("certificate.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        Self { folder, der: certificate.der().clone() }
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn tls(&self) -> Tls {
        let (certificate_file, key_file) = (self.path("certificate.pem"), self.path("key.pem"));
        let identity = Identity::read(&certificate_file, &key_file).unwrap();
        Tls { certificate_file, key_file, identity }
    }

    fn server(&self) -> ServerTls {
        ServerTls::new(self.tls().identity, Metrics::new().unwrap())
    }
}

/// A client that trusts these, and resumes what it may.
pub(super) fn trusting(certificates: &[&Certificate]) -> ClientConfig {
    trusting_by(certificates, &[&TLS12, &TLS13])
}

fn trusting_by(
    certificates: &[&Certificate],
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.der.clone()).unwrap();
    }
    let client = ClientConfig::builder_with_provider(ring::default_provider().into());
    let client = client.with_protocol_versions(versions).unwrap();
    client.with_root_certificates(roots).with_no_client_auth()
}

pub(super) async fn connect(
    client: &Arc<ClientConfig>,
    address: SocketAddr,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    timeout(Duration::from_secs(20), TlsConnector::from(Arc::clone(client)).connect(name, stream))
        .await
        .expect("an end within 20 s")
}

/// What is answered by HTTP/1.1.
pub(super) async fn post(stream: &mut TlsStream<TcpStream>, delivery: &Delivery) -> u16 {
    let mut connection = Connection::over(stream);
    connection.send(wire::head_of(delivery)).await;
    connection.send(delivery.body()).await;
    connection.response().await.unwrap().status
}

/// What is answered by HTTP/2.
async fn post_by_http_2<const N: usize>(
    stream: TlsStream<TcpStream>,
    deliveries: [&Delivery; N],
) -> [u16; N] {
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driven = tokio::spawn(connection);
    let mut statuses = [0; N];
    for (delivery, status) in deliveries.into_iter().zip(&mut statuses) {
        let request = delivery.clone().into_request("https://localhost/webhook").map(Full::new);
        *status = sender.send_request(request).await.unwrap().status().as_u16();
    }
    drop(sender);
    driven.await.unwrap().unwrap();
    statuses
}

/// A daemon that has TLS, and nobody to pass deliveries on to.
async fn without_application(certificate: &Certificate) -> Running {
    let mut setup = Setup::new();
    setup.settings.mode = Mode::Proxy(Proxy { upstream: "127.0.0.1:1".parse().unwrap(), unused: None });
    setup.settings.tls = Some(certificate.tls());
    setup.start().await
}

/// Serves with so many places, and answers 204 to everybody.
async fn served(connections: u16, tls: ServerTls) -> SocketAddr {
    let listener = TcpListener::bind(any_port()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(async |request: Request<Incoming>| {
        request.into_body().collect().await.unwrap();
        Ok::<_, Infallible>(Response::builder().status(204).body(Full::<Bytes>::default()).unwrap())
    });
    tokio::spawn(serve_at_most(connections, TlsListener::new(listener, tls), service, pending()));
    address
}

#[tokio::test]
async fn deliveries_come_by_tls_1_2_and_1_3_and_by_http_1_1_and_http_2() {
    let certificate = Certificate::until(2050);
    let mut setup = Setup::new();
    setup.settings.tls = Some(certificate.tls());
    let daemon = setup.start().await;
    let genuine = School::new(SigningKey::shared(), "12345").activate();
    let forged = genuine.clone().forge(Forgery::TamperedBody);
    for version in [&TLS12, &TLS13] {
        for offered in [&["http/1.1"][..], &["h2"], &["http/1.1", "h2"], &[]] {
            let mut client = trusting_by(&[&certificate], &[version]);
            client.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
            let mut stream = connect(&Arc::new(client), daemon.addresses.webhook).await.unwrap();
            let (_, session) = stream.get_ref();
            assert_eq!(session.protocol_version(), Some(version.version));
            let chosen = session.alpn_protocol().map(|name| str::from_utf8(name).unwrap());
            assert_eq!(chosen, offered.iter().min().copied(), "HTTP/2 wherever it is offered");
            let statuses = match chosen {
                Some("h2") => post_by_http_2(stream, [&genuine, &forged]).await,
                _ => [post(&mut stream, &genuine).await, post(&mut stream, &forged).await],
            };
            assert_eq!(statuses, [204, 401], "{version:?} {offered:?}");
        }
    }
    assert_eq!(daemon.ask("/v1/tenants/12345").await.0, 200);
    let expires = daemon.metric("untis_webhook_tls_certificate_expires_timestamp_seconds").await;
    assert_eq!(expires, Some(2_524_608_000.0), "2050 begins");
}

/// A ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2), or as it would be of another version: with X25519 and P-256, and
/// ECDHE-ECDSA with AES-128-GCM.
fn hello(version: u8) -> Vec<u8> {
    let mut hello = b"\x16\x03\x01\0\x41\x01\0\0\x3d\x03".to_vec();
    hello.push(version);
    hello.extend_from_slice(&[7; 32]);
    hello.extend_from_slice(b"\0\0\x02\xc0\x2b\x01\0\0\x12");
    hello.extend_from_slice(b"\0\x0d\0\x04\0\x02\x04\x03");
    hello.extend_from_slice(b"\0\x0a\0\x06\0\x04\0\x1d\0\x17");
    hello
}

#[tokio::test]
async fn what_is_no_tls_or_an_older_one_is_refused_and_fills_no_log() {
    let (log, _guard) = log();
    let certificate = Certificate::until(2050);
    let daemon = without_application(&certificate).await;
    log.take();
    let genuine = School::new(SigningKey::shared(), "12345").activate();
    let answer = async |sent: &[u8]| {
        let mut stream = TcpStream::connect(daemon.addresses.webhook).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut answer = vec![0; 7];
        timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await.expect("an answer").unwrap();
        answer
    };
    assert_eq!(answer(wire::head_of(&genuine).as_bytes()).await[0], ALERT);
    for (version, refused) in [(1, true), (2, true), (3, false)] {
        let answer = answer(&hello(version)).await;
        let is_refused = answer[0] == ALERT && answer[5..] == [FATAL, PROTOCOL_VERSION];
        assert_eq!(is_refused, refused, "{version}: {answer:?}");
    }
    let untrusting = Arc::new(trusting(&[]));
    connect(&untrusting, daemon.addresses.webhook).await.unwrap_err();
    // What is said of it has been said once another is served.
    let mut stream = connect(&Arc::new(trusting(&[&certificate])), daemon.addresses.webhook).await.unwrap();
    assert_eq!(post(&mut stream, &genuine.forge(Forgery::OtherKey)).await, 401);
    let said = log.take();
    let loud: Vec<_> =
        said.lines().filter(|line| !line.contains("DEBUG") && !line.contains("TRACE")).collect();
    assert!(loud.len() == 1 && loud[0].contains("UntrustedSignature"), "{loud:?}");
    assert!(said.contains("connection lost"), "{said}");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut_after_10_s_and_until_then_nobody_waits_for_it() {
    let certificate = Certificate::until(2050);
    let daemon = without_application(&certificate).await;
    let address = daemon.addresses.webhook;
    let client = Arc::new(trusting(&[&certificate]));
    let start = Instant::now();
    let mut silent = Connection::to(address).await;
    let mut half = Connection::to(address).await;
    half.send(&hello(3)[..20]).await;
    let mut done = Connection::over(connect(&client, address).await.unwrap());
    let mut other = connect(&client, address).await.unwrap();
    let forged = School::new(SigningKey::shared(), "12345").activate().forge(Forgery::OtherKey);
    assert_eq!(post(&mut other, &forged).await, 401);
    pause();
    tokio::join!(silent.closed(), half.closed(), done.closed());
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn the_place_of_a_handshake_that_stalls_is_given_to_the_next() {
    let certificate = Certificate::until(2050);
    let address = served(1, certificate.server()).await;
    let mut stalled = Connection::to(address).await;
    stalled.send(&hello(3)[..20]).await;
    let client = Arc::new(trusting(&[&certificate]));
    let mut next = connect(&client, address).await.unwrap();
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    assert_eq!(post(&mut next, &delivery).await, 204);
    stalled.closed().await;
}

#[tokio::test]
async fn a_certificate_is_replaced_for_new_connections_and_old_ones_go_on() {
    let (old, new) = (Certificate::until(2050), Certificate::until(2051));
    let metrics = Metrics::new().unwrap();
    let tls = ServerTls::new(old.tls().identity, metrics.clone());
    let address = served(16, tls.clone()).await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    let both = Arc::new(trusting(&[&old, &new]));
    let mut before = connect(&both, address).await.unwrap();
    assert_eq!(shown(&before), old.der);
    assert_eq!(post(&mut before, &delivery).await, 204);

    tls.replace(new.tls().identity);
    let expires = "untis_webhook_tls_certificate_expires_timestamp_seconds 2556144000\n";
    assert!(metrics.render().contains(expires), "2051 begins: {}", metrics.render());
    assert_eq!(post(&mut before, &delivery).await, 204);
    assert_eq!(shown(&connect(&both, address).await.unwrap()), new.der);
    connect(&Arc::new(trusting(&[&old])), address).await.unwrap_err();
    let mut after = connect(&Arc::new(trusting(&[&new])), address).await.unwrap();
    assert_eq!(post(&mut after, &delivery).await, 204);
    assert_eq!(post(&mut before, &delivery).await, 204);
}

#[tokio::test]
async fn nothing_is_resumed_so_that_every_connection_is_shown_the_certificate() {
    let certificate = Certificate::until(2050);
    let address = served(16, certificate.server()).await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    for version in [&TLS12, &TLS13] {
        let client = Arc::new(trusting_by(&[&certificate], &[version]));
        for _ in 0..2 {
            let mut stream = connect(&client, address).await.unwrap();
            assert_eq!(post(&mut stream, &delivery).await, 204);
            let (_, session) = stream.get_ref();
            assert_eq!(session.handshake_kind(), Some(HandshakeKind::Full), "{version:?}");
            assert_eq!(session.tls13_tickets_received(), 0);
        }
    }
}

/// An end that is said, in place of one that an attacker can cause: `close_notify`.
#[tokio::test]
async fn what_has_begun_by_tls_is_answered_and_its_end_is_said_when_it_stops() {
    let certificate = Certificate::until(2050);
    let mut application = Application::start([Answer::Status(204), Answer::Late]).await;
    let mut setup = Setup::new();
    setup.settings.mode =
        Mode::Proxy(Proxy { upstream: application.address.to_string().parse().unwrap(), unused: None });
    setup.settings.tls = Some(certificate.tls());
    let daemon = setup.start().await;
    let delivery = School::new(SigningKey::shared(), "12345").activate();
    let client = Arc::new(trusting(&[&certificate]));
    let mut kept = connect(&client, daemon.addresses.webhook).await.unwrap();
    assert_eq!(post(&mut kept, &delivery).await, 204);
    application.told().await;

    let mut by_http_2 = trusting(&[&certificate]);
    by_http_2.alpn_protocols = vec![b"h2".to_vec()];
    let by_http_2 = connect(&Arc::new(by_http_2), daemon.addresses.webhook).await.unwrap();
    let mut by_http_1_1 = connect(&client, daemon.addresses.webhook).await.unwrap();
    let stop = async {
        application.told().await;
        application.told().await;
        daemon.stop.send(()).unwrap();
    };
    let answered =
        tokio::join!(post(&mut by_http_1_1, &delivery), post_by_http_2(by_http_2, [&delivery]), stop);
    assert_eq!((answered.0, answered.1), (204, [204]));
    for stream in [&mut kept, &mut by_http_1_1] {
        // Without `close_notify` it is an error.
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    }
    timeout(Duration::from_secs(20), daemon.served).await.expect("an end").unwrap();
}

/// The certificate that this connection was shown.
pub(super) fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// The type of a record, a level and a description (RFC 5246 section 7.2).
const ALERT: u8 = 21;
const FATAL: u8 = 2;
const PROTOCOL_VERSION: u8 = 70;
