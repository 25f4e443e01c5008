//! Who is shown a password over TLS.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use untis_webhook_tenants::{Answer, Inconclusive, TokenProbe, TokenProbeError};
use untis_webhook_testkit::{Fault, TokenEndpoint};

use super::{kind, with};

/// TLS in front of an endpoint: its address, and its certificate for these names.
pub(super) async fn with_tls(endpoint: &TokenEndpoint, names: &[&str]) -> (u16, String) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let tls = tls.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let tls = tls.with_single_cert(vec![certificate.cert.der().clone()], key).unwrap();
    let (acceptor, behind) = (TlsAcceptor::from(Arc::new(tls)), endpoint.url());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut behind = TcpStream::connect(behind.strip_prefix("http://").unwrap()).await?;
                copy_bidirectional(&mut stream, &mut behind).await
            });
        }
    });
    (port, certificate.cert.pem())
}

#[tokio::test]
async fn over_tls_only_who_is_trusted_by_this_name_is_shown_a_password() {
    let endpoint = TokenEndpoint::start();
    let credentials = with("id", "password");
    endpoint.accept("1", "id", "password");
    let (port, certificate) = with_tls(&endpoint, &["localhost", "127.0.0.1"]).await;
    for host in ["localhost", "127.0.0.1"] {
        let before = endpoint.requests();
        let probe = TokenProbe::new(&format!("https://{host}:{port}")).unwrap();
        assert_eq!(kind(&probe.ask("1", (&credentials).into()).await.unwrap_err()), "Tls");
        assert_eq!(endpoint.requests(), before);
        let probe = probe.trust(certificate.as_bytes()).unwrap();
        assert_eq!(probe.ask("1", (&credentials).into()).await.unwrap(), Answer::Works);
        assert_eq!(probe.ask("1", (&with("id", "another")).into()).await.unwrap(), Answer::Refused);
        // An answer that breaks off is none, over TLS as well.
        endpoint.fail_next(1, Fault::Truncate);
        assert_eq!(kind(&probe.ask("1", (&credentials).into()).await.unwrap_err()), "Http");
        assert_eq!(endpoint.requests() - before, 3);
    }

    let before = endpoint.requests();
    let (port, certificate) = with_tls(&endpoint, &["another.example"]).await;
    let probe = TokenProbe::new(&format!("https://localhost:{port}")).unwrap();
    let probe = probe.trust(certificate.as_bytes()).unwrap();
    let inconclusive = probe.ask("1", (&credentials).into()).await.unwrap_err();
    assert_eq!(kind(&inconclusive), "Tls");
    // What a certificate says is the choice of whoever made it.
    assert!(!format!("{inconclusive:?}").contains("another.example"), "{inconclusive:?}");
    // And who speaks no TLS is shown nothing.
    let probe = TokenProbe::new(&endpoint.url().replace("http:", "https:")).unwrap();
    assert_eq!(kind(&probe.ask("1", (&credentials).into()).await.unwrap_err()), "Tls");
    assert_eq!(endpoint.requests(), before);

    for pem in ["", "certificate", &certificate.replace("MII", "AAA"), &certificate[..certificate.len() / 2]]
    {
        let probe = TokenProbe::new("https://api.example").unwrap();
        assert_eq!(probe.trust(pem.as_bytes()).unwrap_err(), TokenProbeError::Certificate, "{pem}");
    }
}

#[tokio::test]
async fn tls_that_is_agreed_on_and_then_silent_has_the_same_deadline() {
    let endpoint = TokenEndpoint::start();
    let (port, certificate) = with_tls(&endpoint, &["localhost"]).await;
    let probe = TokenProbe::new(&format!("https://localhost:{port}")).unwrap();
    let probe = probe.trust(certificate.as_bytes()).unwrap().deadline(Duration::from_secs(2));
    endpoint.fail(Fault::Hang);
    let asked = probe.ask("1", (&with("id", "password")).into()).await;
    assert!(matches!(asked, Err(Inconclusive::Deadline(_))), "{asked:?}");
    // The request came through TLS before.
    assert_eq!(endpoint.requests(), 1);
}
