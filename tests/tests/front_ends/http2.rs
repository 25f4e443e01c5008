//! HTTP/2, by a client that takes an answer whenever it comes. curl 7.88 loses one that comes before it has sent its body, and
//! looks for none while it has no body to send.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, Request};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use untis_webhook_tests::bodies::{Frames, Stalled};

use crate::client::{Answer, Exchange, Framing, NAME};

type Body = BoxBody<Bytes, Infallible>;

/// Sends its headers, and comes back with the answer.
pub(crate) async fn answer(
    address: SocketAddr,
    certificate: Option<&Path>,
    url: String,
    exchange: &Exchange,
) -> Answer {
    let body = match exchange.framing {
        Framing::Declared => Full::new(exchange.body.clone()).boxed(),
        Framing::Undeclared => Frames::of([exchange.body.clone()]).map_err(|error| panic!("{error}")).boxed(),
        Framing::Withheld => Stalled.map_err(|error| panic!("{error}")).boxed(),
        Framing::Expected => panic!("HTTP/2 has no such body"),
    };
    let mut request = Request::post(url).body(body).unwrap();
    for (name, value) in &exchange.headers {
        request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    match certificate {
        None => send(stream, request).await,
        Some(certificate) => {
            let stream = connector(certificate).connect(NAME.try_into().unwrap(), stream).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            send(stream, request).await
        }
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Body>,
) -> Answer {
    let (mut connection, driver) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(driver);
    let response = match connection.send_request(request).await {
        Ok(response) => response,
        Err(error) => {
            println!("no answer: {error:?}");
            return Answer { status: 0, continued: false, scheme: String::new() };
        }
    };
    let scheme = response.headers().get("www-authenticate");
    let scheme = scheme.map(|scheme| scheme.to_str().unwrap().to_owned()).unwrap_or_default();
    Answer { status: response.status().as_u16(), continued: false, scheme }
}

fn connector(certificate: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config).into()
}
