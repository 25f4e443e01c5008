//! `send` over TLS, with a certificate of one's own.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::*;

/// A receiver with TLS that answers 204 to each connection, and the certificate to trust, in PEM.
fn tls_receiver() -> (String, String) {
    let mut ca = CertificateParams::new([]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let address = serve(certificate.der().clone(), &key, b"HTTP/1.1 204 No Content\r\n\r\n");
    (format!("--to=https://localhost:{}/webhook", address.port()), ca.pem())
}

fn serve(
    certificate: rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
    answer: &'static [u8],
) -> SocketAddr {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream.unwrap());
            // A client that does not trust the certificate leaves here.
            if tls.read(&mut [0; 1]).is_ok_and(|read| read == 1) {
                let _ = tls.write_all(answer).and_then(|()| tls.flush());
            }
        }
    });
    address
}

#[test]
fn a_certificate_of_ones_own_is_trusted_when_it_is_named_and_not_before() {
    let folder = signed();
    let (to, ca) = tls_receiver();
    fs::write(folder.path().join("ca.pem"), &ca).unwrap();
    let send = ["send", "deletion", &to];

    let (code, stdout, stderr) = run(&folder, &send);
    assert_eq!((code, &*stdout), (2, ""), "{stderr}");
    assert!(
        stderr.contains("certificate: UnknownIssuer: name the certificate to trust with --ca"),
        "{stderr}"
    );

    let (code, stdout, stderr) = run(&folder, &[&send[..], &["--ca", "ca.pem"]].concat());
    assert_eq!((code, &*stdout, &*stderr), (0, "answer: 204 No Content\n", ""));

    // Comments before it, and another beside it.
    let (_, other) = tls_receiver();
    fs::write(folder.path().join("two.pem"), format!("# of the office\n{other}{ca}")).unwrap();
    assert_eq!(run(&folder, &[&send[..], &["--ca", "two.pem"]].concat()).0, 0);

    fs::write(folder.path().join("other.pem"), other).unwrap();
    let (code, _, stderr) = run(&folder, &[&send[..], &["--ca", "other.pem"]].concat());
    assert_eq!(code, 2);
    assert!(stderr.contains("certificate"), "{stderr}");
}

#[test]
fn a_certificate_as_openssl_makes_it_by_itself_is_trusted_when_it_is_named() {
    let folder = signed();
    for (is_ca, names, code) in [
        (IsCa::Ca(BasicConstraints::Unconstrained), &["localhost"][..], 0),
        (IsCa::NoCa, &["localhost"], 0),
        (IsCa::Ca(BasicConstraints::Unconstrained), &["example.com"], 2),
        (IsCa::NoCa, &[], 2),
    ] {
        let mut params =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let port = serve(certificate.der().clone(), &key, b"HTTP/1.1 204 No Content\r\n\r\n").port();
        fs::write(folder.path().join("self.pem"), certificate.pem()).unwrap();
        let to = format!("--to=https://localhost:{port}/");
        let (found, _, stderr) = run(&folder, &["send", "deletion", &to, "--ca=self.pem"]);
        assert_eq!(found, code, "{names:?}: {stderr}");
        assert!(code == 0 || stderr.contains("subject alternative name"), "{names:?}: {stderr}");
    }
}

#[test]
fn any_certificate_is_trusted_with_a_warning() {
    let folder = signed();
    let (to, _) = tls_receiver();
    let warning =
        "untis-webhook: --insecure: whoever answers is not known to be the receiver, and gets what is sent\n";
    for to in [to.clone(), to.replace("localhost", "127.0.0.1")] {
        let (code, stdout, stderr) = run(&folder, &["send", "deletion", &to, "--insecure"]);
        assert_eq!((code, &*stdout, &*stderr), (0, "answer: 204 No Content\n", warning));
    }
}

#[test]
fn an_answer_in_the_middle_of_an_upload_is_read_over_tls_too() {
    let folder = signed();
    fs::write(folder.path().join("large"), vec![b' '; 8 * 1024 * 1024]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let answer = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let to = format!("--to=https://localhost:{}/", serve(certificate.der().clone(), &key, answer).port());
    // One that signs itself is its own to trust.
    fs::write(folder.path().join("self.pem"), certificate.pem()).unwrap();
    for _ in 0..10 {
        let (code, stdout, stderr) = run(&folder, &["send", "--body", "large", "--ca=self.pem", &to]);
        assert_eq!((code, &*stdout), (1, "answer: 413 Payload Too Large\n"), "{stderr}");
    }
}

#[test]
fn what_is_no_certificate_and_what_is_no_tls_is_2_with_the_next_step() {
    let folder = signed();
    let (to, _) = tls_receiver();
    fs::write(folder.path().join("empty.pem"), "").unwrap();
    fs::write(
        folder.path().join("broken.pem"),
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    for (file, expected) in [
        (
            "empty.pem",
            "empty.pem: expected certificates in PEM, which begin with -----BEGIN CERTIFICATE-----, found none",
        ),
        (
            "untis-private.pem",
            "untis-private.pem: expected certificates in PEM, which begin with -----BEGIN CERTIFICATE-----, found none",
        ),
        (
            "untis-public.txt",
            "untis-public.txt: expected certificates in PEM, which begin with -----BEGIN CERTIFICATE-----, found none",
        ),
        ("broken.pem", "broken.pem: expected certificates in PEM"),
        ("gone.pem", "cannot read gone.pem"),
    ] {
        let (code, stdout, stderr) = run(&folder, &["send", "deletion", &to, "--ca", file]);
        assert_eq!((code, &*stdout), (2, ""), "{file}");
        assert!(stderr.starts_with(&format!("untis-webhook: {expected}")), "{stderr}");
    }
    let (code, _, stderr) = run(&folder, &["send", "deletion", &to.replace("https", "http")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("https://"), "{stderr}");
    let (address, _events) = receiver(&folder);
    let (code, _, stderr) =
        run(&folder, &["send", "deletion", "--to", &format!("https://{address}/webhook")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("http://"), "{stderr}");
}
