use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{PemObject, SectionKind};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};
use untis_webhook_config::{read_file, shown};
use untis_webhook_tenants::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

/// A certificate with those between it and its root, and its private key: what is shown of TLS.
#[derive(Clone)]
pub(crate) struct Identity {
    config: Arc<ServerConfig>,
    expires: Timestamp,
}

/// Why the two files are none. The text names the file and what was expected of it, and repeats nothing that is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("{0}: {1}")]
    Certificate(String, io::Error),
    #[error("{0}: {1}")]
    Key(String, io::Error),
}

impl Identity {
    /// From a file of certificates, the server's own first, and one of its private key (PKCS#8, PKCS#1 or SEC 1), in PEM.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let of_certificate = |error| TlsError::Certificate(shown(certificate), error);
        let of_key = |error| TlsError::Key(shown(key), error);
        let (chain, expires) = read_chain(certificate).map_err(of_certificate)?;
        let private = read_private_key(key).map_err(of_key)?;
        let signing = ring::sign::any_supported_type(&private);
        // What rustls says of a key is what ring says of it, which is not for an operator.
        let signing = signing.map_err(|_| of_key(expected(A_KEY, "another")))?;
        let certified = CertifiedKey::new(chain, signing);
        certified.keys_match().map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                of_key(expected(&format!("the key of {}", shown(certificate)), "that of another certificate"))
            }
            _ => of_certificate(expected(A_CHAIN, "one that cannot be read")),
        })?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions();
        let config = config.map_err(|_| of_key(expected(A_KEY, "another")))?.with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // Nothing is resumed: every connection is shown the certificate that is current, and no secret of a session outlives
        // it. The platform does not connect often enough to notice.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self { config: Arc::new(config), expires })
    }

    /// What a connection is taken with.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// When the first of its certificates ends.
    pub(crate) fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// The certificates, and when the first of them ends.
fn read_chain(file: &Path) -> io::Result<(Vec<CertificateDer<'static>>, Timestamp)> {
    let octets = Zeroizing::new(read_file(file)?);
    // Of whatever kind: whoever reads certificates would have it.
    if has(&octets, PRIVATE_KEY) {
        return Err(expected("certificates alone", "a private key among them"));
    }
    let (mut chain, mut expires) = (Vec::new(), i64::MAX);
    for (kind, der) in sections(&octets)? {
        if kind == SectionKind::Certificate {
            let certificate = Certificate::from_der(&der);
            let certificate = certificate.map_err(|_| expected(A_CHAIN, "one that cannot be read"))?;
            let until = certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
            expires = expires.min(until.try_into().unwrap_or(i64::MAX));
            chain.push(CertificateDer::from(der));
        }
    }
    match chain.is_empty() {
        true => Err(expected(A_CHAIN, "none")),
        false => Ok((chain, Timestamp::from_seconds(expires))),
    }
}

fn read_private_key(file: &Path) -> io::Result<Zeroizing<PrivateKeyDer<'static>>> {
    let octets = Zeroizing::new(read_file(file)?);
    if has(&octets, ENCRYPTED) {
        return Err(expected("a private key without a passphrase", "one that is encrypted"));
    }
    let keys = sections(&octets)?.into_iter().filter_map(|(kind, der)| PrivateKeyDer::from_pem(kind, der));
    let mut keys: Vec<_> = keys.map(Zeroizing::new).collect();
    match (keys.pop(), keys.is_empty()) {
        (None, _) => Err(expected(A_KEY, "none")),
        (Some(key), true) => Ok(key),
        (Some(_), false) => Err(expected("one private key", "several")),
    }
}

/// What is in PEM. What is wrong with it may repeat a line of it, and is not said.
fn sections(octets: &[u8]) -> io::Result<Vec<(SectionKind, Vec<u8>)>> {
    // An editor may have put a byte order mark before it.
    let octets = octets.strip_prefix("\u{feff}".as_bytes()).unwrap_or(octets);
    let sections: Result<_, _> = PemObject::pem_slice_iter(octets).collect();
    sections.map_err(|_| expected("PEM", "a section that has no end, or is not base64"))
}

fn has(octets: &[u8], text: &str) -> bool {
    octets.windows(text.len()).any(|window| window == text.as_bytes())
}

fn expected(expected: &str, found: &str) -> io::Error {
    io::Error::other(format!("expected {expected}, found {found}"))
}

const A_CHAIN: &str = "certificates in PEM (BEGIN CERTIFICATE), the server's own first";
const A_KEY: &str = "a private key in PEM, of RSA, ECDSA (P-256, P-384) or Ed25519";

/// The end of a section's first line.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Of PKCS#8 in the section's first line, of others in a line below it.
const ENCRYPTED: &str = "ENCRYPTED";
