use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use untis_webhook_serve::Listener;

use super::ServerTls;

/// Takes connections of TLS.
#[derive(Debug)]
pub(crate) struct TlsListener {
    tcp: TcpListener,
    tls: ServerTls,
}

impl TlsListener {
    pub(crate) fn new(tcp: TcpListener, tls: ServerTls) -> Self {
        Self { tcp, tls }
    }
}

impl Listener for TlsListener {
    type Stream = Handshaken;

    async fn accept(&self) -> io::Result<Handshaken> {
        let stream = self.tcp.accept().await?.0;
        let handshake = TlsAcceptor::from(self.tls.current()).accept(stream);
        Ok(Handshaken(State::Handshake(Box::new(handshake))))
    }
}

/// A connection of TLS, whose handshake is done when it is first read from.
///
/// So it is done where the connection is served, within its limits and in its place: until the first request has begun it
/// has as long as the head has in the clear, and nobody waits for it to be accepted.
pub(crate) struct Handshaken(State);

enum State {
    Handshake(Box<tokio_rustls::Accept<TcpStream>>),
    Open(Box<TlsStream<TcpStream>>),
    /// Its error has been said.
    Failed,
}

impl Handshaken {
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut TlsStream<TcpStream>>>> {
        if let State::Handshake(handshake) = &mut self.0 {
            let handshaken = ready!(Pin::new(handshake).poll(cx));
            self.0 = State::Failed;
            self.0 = State::Open(Box::new(handshaken?));
        }
        Poll::Ready(match &mut self.0 {
            State::Open(stream) => Ok(Pin::new(stream)),
            State::Handshake(_) | State::Failed => Err(io::ErrorKind::NotConnected.into()),
        })
    }
}

impl AsyncRead for Handshaken {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.get_mut().poll_open(cx))?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Handshaken {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.get_mut().poll_open(cx))?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.get_mut().poll_open(cx))?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        // As a TlsStream is, which gathers what it encrypts.
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.get_mut().poll_open(cx))?.poll_flush(cx)
    }

    /// Says that nothing more comes, so that the peer can tell the end from a connection that was cut.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            State::Open(stream) => Pin::new(stream).poll_shutdown(cx),
            // Nothing was said that could end.
            State::Handshake(_) | State::Failed => Poll::Ready(Ok(())),
        }
    }
}

impl fmt::Debug for Handshaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshaken").finish_non_exhaustive()
    }
}
