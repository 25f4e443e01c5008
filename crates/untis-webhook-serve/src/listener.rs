use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

/// Where connections come from: an address of TCP, or a socket of Unix.
///
/// ```
/// use std::io;
///
/// use tokio::net::{TcpListener, TcpStream};
/// use untis_webhook_serve::Listener;
///
/// /// Says whom it lets in.
/// struct Loud(TcpListener);
///
/// impl Listener for Loud {
///     type Stream = TcpStream;
///
///     async fn accept(&self) -> io::Result<TcpStream> {
///         let (stream, peer) = self.0.accept().await?;
///         println!("{peer}");
///         Ok(stream)
///     }
/// }
/// ```
pub trait Listener {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        Ok(self.accept().await?.0)
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.accept().await?.0)
    }
}
