//! A client that writes bytes and reads what comes, so that nothing between a test and a server makes them
//! polite.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use untis_webhook_testkit::Delivery;

/// A connection to a server on loopback, of TCP or of what is over it.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    stream: S,
    /// What was read and given back.
    unread: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Self {
        Self::try_to(address).await.expect("a server")
    }

    /// Connects, if there is still somebody who listens.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub async fn try_to(address: SocketAddr) -> io::Result<Self> {
        let stream = within(TcpStream::connect(address)).await?;
        // What is written goes out as it is written.
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// One that is there.
    pub fn over(stream: S) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// Writes these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("a server that reads");
    }

    /// Writes these bytes, if there is still somebody to read them.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        within(self.stream.write_all(bytes.as_ref())).await
    }

    /// Writes no more.
    pub async fn half_close(&mut self) {
        // It may be closed already.
        let _ = within(self.stream.shutdown()).await;
    }

    /// Gives back what was read, to be read again.
    pub fn unread(&mut self, bytes: impl Into<Vec<u8>>) {
        self.unread = bytes.into();
    }

    /// Reads to the end of a response's head, and gives all that was read.
    pub async fn head(&mut self) -> String {
        self.try_head().await.expect("a response")
    }

    /// Reads a response. `None` if the server closes before its end.
    pub async fn response(&mut self) -> Option<Response> {
        let head = self.try_head().await?;
        let mut response = Response { status: status_of(&head), head, body: String::new() };
        let len = response.header("content-length").map_or(0, |len| len.parse().expect("a length"));
        let mut body = vec![0; len];
        within(self.stream.read_exact(&mut body)).await.ok()?;
        response.body = String::from_utf8(body).expect("a body of text");
        Some(response)
    }

    /// Reads until the server closes, and gives all that was read.
    pub async fn rest(&mut self) -> String {
        let mut read = mem::take(&mut self.unread);
        // A server that closes on unread bytes resets the connection: that is an end as well.
        let _ = within(self.stream.read_to_end(&mut read)).await;
        String::from_utf8(read).expect("a response of text")
    }

    /// Reads until the server closes, whatever it says.
    pub async fn closed(&mut self) {
        let _ = within(self.stream.read_to_end(&mut Vec::new())).await;
    }

    async fn try_head(&mut self) -> Option<String> {
        let mut read = mem::take(&mut self.unread);
        while !read.ends_with(b"\r\n\r\n") {
            read.push(within(self.stream.read_u8()).await.ok()?);
        }
        Some(String::from_utf8(read).expect("a head of text"))
    }
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The head as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Response {
    /// The value of this header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
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

/// The head of this delivery to `/webhook`, with the length of its body.
pub fn head_of(delivery: &Delivery) -> String {
    let length = delivery.body().len().to_string();
    head(&delivery.clone().into_request("/webhook"), &[("content-length", &length)])
}

/// Nothing on loopback takes this long, so a test that waits for it has failed.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.expect("an answer within 20 s")
}
