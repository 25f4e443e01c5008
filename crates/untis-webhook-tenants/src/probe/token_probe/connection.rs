//! From an address to a connection that one request is sent over.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{self, CertificateError, ClientConfig};

use super::Inconclusive;
use super::api_url::{ApiUrl, is_near};
use super::proxy::Proxy;

/// What is read and written, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Connects to the API, through the proxy if there is one.
pub(super) async fn connect(
    api: &ApiUrl,
    proxy: Option<&Proxy>,
    tls: &Arc<ClientConfig>,
) -> Result<Box<dyn Stream>, Inconclusive> {
    let Some(server_name) = &api.server_name else {
        return Ok(Box::new(connect_to(&api.host, api.port, Reach::Near).await?));
    };
    let connector = TlsConnector::from(Arc::clone(tls));
    let stream: Box<dyn Stream> = match proxy {
        None => Box::new(connect_to(&api.host, api.port, Reach::Anywhere).await?),
        Some(proxy) => {
            let stream = connect_to(&proxy.host, proxy.port, Reach::Anywhere).await?;
            Box::new(proxy.tunnel(stream, api).await?)
        }
    };
    let stream = connector.connect(server_name.clone(), stream).await.map_err(without_names);
    Ok(Box::new(stream.map_err(Inconclusive::Tls)?))
}

/// A certificate for others has any number of names, and whoever made it chose what they say.
fn without_names(error: io::Error) -> io::Error {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(NotValidForNameContext { .. })) => {
            io::Error::new(error.kind(), rustls::Error::InvalidCertificate(NotValidForName))
        }
        _ => error,
    }
}

/// Where a connection may go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Anywhere,
    Near,
}

/// The address that is looked at is the one that is connected to: a name cannot stand for another in between.
async fn connect_to(host: &str, port: u16, reach: Reach) -> Result<TcpStream, Inconclusive> {
    let found = lookup_host((host, port)).await.map_err(Inconclusive::Connect)?;
    let is_in_reach = |address: &SocketAddr| reach == Reach::Anywhere || is_near(address.ip());
    let (addresses, others): (Vec<_>, Vec<_>) = found.partition(is_in_reach);
    if addresses.is_empty() && !others.is_empty() {
        return Err(Inconclusive::NotPrivate);
    }
    connect_to_first(addresses).await.map_err(Inconclusive::Connect)
}

/// The first connection that is made. An address that says nothing keeps the others waiting for no longer than
/// [`ATTEMPT_DELAY`]; without it a network whose IPv6 leads nowhere would make every probe end in nothing.
async fn connect_to_first(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut addresses = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    loop {
        match addresses.next() {
            Some(address) => attempts.push(TcpStream::connect(address)),
            None if attempts.is_empty() => return Err(failed),
            None => {}
        }
        tokio::select! {
            Some(connected) = attempts.next() => match connected {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            },
            () = sleep(ATTEMPT_DELAY), if addresses.len() > 0 => {}
        }
    }
}

/// RFC 8305 section 5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Sends one request, and gives what is made of the response. Whatever is left of the connection is closed.
pub(super) async fn exchange<B, T>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<B>,
    receive: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Inconclusive>,
) -> Result<T, Inconclusive>
where
    B: Body<Data = Bytes, Error = std::convert::Infallible> + Send + 'static,
{
    let failed = |error| Inconclusive::Http(io::Error::other::<hyper::Error>(error));
    let mut http = http1::Builder::new();
    http.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // How the connection ends is seen by whoever waits for the response.
    let driver = pin!(async {
        drop(connection.with_upgrades().await);
        pending().await
    });
    let received = pin!(async { receive(sender.send_request(request).await.map_err(failed)?).await });
    tokio::select! {
        received = received => received,
        never = driver => never,
    }
}

/// Octets of a response's head; hyper's least.
const MAX_HEAD: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_is_meant_for_near_by_is_not_connected_to_anywhere_else() {
        // On this machine 0.0.0.0 leads to whoever listens here, so that nothing but its number keeps from it.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for address in ["0.0.0.0", "0x0"] {
            let refused = connect_to(address, port, Reach::Near).await;
            assert!(matches!(refused, Err(Inconclusive::NotPrivate)), "{address}: {refused:?}");
            connect_to(address, port, Reach::Anywhere).await.unwrap();
        }
        for address in ["127.0.0.1", "0x7f000001"] {
            connect_to(address, port, Reach::Near).await.unwrap();
        }
        for address in
            ["192.0.2.1", "2001:db8::1", "169.254.169.254", "fe80::1", "::ffff:8.8.8.8", "64:ff9b::7f00:1"]
        {
            let refused = connect_to(address, port, Reach::Near).await;
            assert!(matches!(refused, Err(Inconclusive::NotPrivate)), "{address}: {refused:?}");
        }
    }

    /// An address that answers no connection: its queue is full, and what is kept here keeps it full.
    async fn silent() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
        }
        (address, waiting, listener)
    }

    #[tokio::test]
    async fn an_address_that_says_nothing_or_refuses_does_not_keep_from_the_next() {
        let (silent, _waiting, _listener) = silent().await;
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        for addresses in
            [vec![open], vec![closed, open], vec![silent, open], vec![silent, closed, silent, open]]
        {
            let connected = timeout(Duration::from_secs(5), connect_to_first(addresses.clone())).await;
            assert_eq!(connected.unwrap().unwrap().peer_addr().unwrap(), open, "{addresses:?}");
        }
        assert_eq!(
            connect_to_first(vec![closed, closed]).await.unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
        assert_eq!(connect_to_first(vec![]).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
