//! A client that writes bytes and reads what comes, so that nothing between a test and a server makes them
//! polite.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A connection to a server on loopback.
#[derive(Debug)]
pub struct Connection(TcpStream);

impl Connection {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Self {
        Self(within(TcpStream::connect(address)).await.expect("a server"))
    }

    /// Writes these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.0.write_all(bytes.as_ref())).await.expect("a server that reads");
    }

    /// Reads to the end of a response's head, and gives all that was read.
    pub async fn head(&mut self) -> String {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(within(self.0.read_u8()).await.expect("a response"));
        }
        String::from_utf8(read).expect("a head of text")
    }

    /// Reads until the server closes, and gives all that was read.
    pub async fn rest(&mut self) -> String {
        let mut read = Vec::new();
        // A server that closes on unread bytes resets the connection: that is an end as well.
        let _ = within(self.0.read_to_end(&mut read)).await;
        String::from_utf8(read).expect("a response of text")
    }
}

/// Sends this request, and gives the status of the response.
pub async fn status(address: SocketAddr, request: impl AsRef<[u8]>) -> u16 {
    let mut connection = Connection::to(address).await;
    connection.send(request).await;
    status_of(&connection.head().await)
}

/// The status in this head.
pub fn status_of(head: &str) -> u16 {
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no status in {head:?}"))
}

/// The head of this request as HTTP/1.1, with the headers it has and these.
pub fn head(request: &Request<Bytes>, more: &[(&str, &str)]) -> String {
    let mut head = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().expect("a value of text"));
    }
    for (name, value) in more {
        head += &format!("{name}: {value}\r\n");
    }
    head + "\r\n"
}

/// Nothing on loopback takes this long, so a test that waits for it has failed.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.expect("an answer within 20 s")
}
