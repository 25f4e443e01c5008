//! From the application's address to its answer.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

/// Where the application is told, by https, or by http near by. Redirects are not followed, and whatever the environment
/// says of proxies is not looked at.
pub(super) struct Application {
    uri: Uri,
    authority: Authority,
    target: PathAndQuery,
    /// None is http.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connector: HttpConnector,
}

/// An address is not one at which the application can be told. It is not repeated, since it may hold a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("expected https, or http to a loopback or private address, found http to another")]
    NotNear,
    #[error("expected the application's address as https://host/path, without a user, found something else")]
    NotAnAddress,
}

/// Whether what goes there may leave this machine unencrypted.
pub(crate) fn is_in_the_clear(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme() == Some(&Scheme::HTTP) && !is_loopback && host != "localhost"
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTold {
    #[error("cannot connect to the application")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    #[error("the application does not answer within {0:?}")]
    Deadline(Duration),
    #[error("the application does not answer")]
    Http(#[from] hyper::Error),
    #[error(
        "the application's name stands for an address that is neither loopback's nor private, and http goes to no other"
    )]
    NotNear,
    #[error("cannot agree with the application on TLS")]
    Tls(#[source] io::Error),
}

impl Application {
    pub(super) fn new(uri: &Uri) -> Result<Self, AddressError> {
        let parts = uri.clone().into_parts();
        let (scheme, authority) = parts.scheme.zip(parts.authority).ok_or(AddressError::NotAnAddress)?;
        // What is no port would be the one of the scheme.
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        let is_port = port.is_empty() || authority.port_u16().is_some_and(|port| port != 0);
        if authority.as_str().contains('@') || authority.host().is_empty() || !is_port {
            return Err(AddressError::NotAnAddress);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>().ok();
        let tls = match scheme {
            _ if scheme == Scheme::HTTPS => {
                let name = ServerName::try_from(host.to_owned()).map_err(|_| AddressError::NotAnAddress)?;
                let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
                Some((tls(roots), name))
            }
            _ if scheme == Scheme::HTTP && address.is_some_and(|address| !is_near(address)) => {
                return Err(AddressError::NotNear);
            }
            _ if scheme == Scheme::HTTP => None,
            _ => return Err(AddressError::NotAnAddress),
        };
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_DEADLINE));
        connector.set_nodelay(true);
        let target = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { uri: uri.clone(), authority, target, tls, connector })
    }

    /// What the request line and `Host` say.
    pub(super) fn target(&self) -> &str {
        self.target.as_str()
    }

    pub(super) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// Sends it over a connection of its own, and gives the head of the answer.
    pub(super) async fn post(&self, request: Request<Full<Bytes>>) -> Result<Response<()>, NotTold> {
        let stream = self.connect().await?;
        match &self.tls {
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await.map_err(NotTold::Tls)?;
                exchange(TokioIo::new(stream), request).await
            }
            None => exchange(TokioIo::new(stream), request).await,
        }
    }

    async fn connect(&self) -> Result<TcpStream, NotTold> {
        let connected = self.connector.clone().call(self.uri.clone()).await;
        let stream = connected.map_err(|error| NotTold::Connect(error.into()))?.into_inner();
        // What is looked at is what was connected to: a name cannot stand for another address in between.
        let address = stream.peer_addr().map_err(|error| NotTold::Connect(error.into()))?;
        if self.tls.is_none() && !is_near(address.ip()) {
            return Err(NotTold::NotNear);
        }
        Ok(stream)
    }

    #[cfg(test)]
    pub(super) fn trusting(mut self, certificate: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.to_vec().into()).unwrap();
        if let Some((connector, _)) = &mut self.tls {
            *connector = tls(roots);
        }
        self
    }
}

/// The rest of the answer is read, as far as it is short, so that the application can end it; what it says means nothing.
async fn exchange(
    io: impl Read + Write + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<()>, NotTold> {
    let mut http = http1::Builder::new();
    http.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = http.handshake(io).await?;
    // Ends with this function, whatever the application still has to say.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let (head, rest) = sender.send_request(request).await?.into_parts();
    let _ = timeout(REST_DEADLINE, Limited::new(rest, MAX_REST).collect()).await;
    Ok(Response::from_parts(head, ()))
}

#[allow(clippy::expect_used, reason = "ring has what both versions of TLS need")]
fn tls(roots: RootCertStore) -> TlsConnector {
    let provider = Arc::new(ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.expect("a provider of TLS 1.2 and 1.3");
    let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(tls).into()
}

/// Whether what goes there in the clear stays on this machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3) or in
/// this network (RFC 1918, RFC 4193).
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// Shared by the addresses of a name.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// Octets of the head of an answer.
const MAX_HEAD: usize = 16 * 1024;

/// Octets of the rest of it.
const MAX_REST: usize = 64 * 1024;

const REST_DEADLINE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_http_to_near_by() {
        for url in [
            "https://app.example/hook?token=x",
            "https://[2001:db8::1]:8443",
            "http://127.0.0.1:3000/hook",
            "http://[::1]:3000",
            "http://10.1.2.3/",
            "http://192.168.0.1",
            "http://[fd00::1]",
            "http://[::ffff:10.1.2.3]",
            "http://app:3000/hook",
        ] {
            assert!(Application::new(&url.parse().unwrap()).is_ok(), "{url}");
        }
        for url in ["http://8.8.8.8", "http://[2001:db8::1]", "http://169.254.169.254", "http://0.0.0.0"] {
            let error = Application::new(&url.parse().unwrap()).err();
            assert_eq!(error, Some(AddressError::NotNear), "{url}");
        }
        for url in [
            "/hook",
            "app.example",
            "ftp://app.example",
            "https://user:secret@app.example",
            "https://app.example:99999",
            "https://[::1]:0",
        ] {
            let error = Application::new(&url.parse().unwrap()).err();
            assert_eq!(error, Some(AddressError::NotAnAddress), "{url}");
        }
    }

    #[test]
    fn http_to_another_machine_is_known_to_go_in_the_clear() {
        for (url, expected) in [
            ("http://10.1.2.3", true),
            ("http://app", true),
            ("http://localhost:3000", false),
            ("http://[::1]:3000", false),
            ("http://127.0.0.1", false),
            ("https://10.1.2.3", false),
        ] {
            assert_eq!(is_in_the_clear(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
