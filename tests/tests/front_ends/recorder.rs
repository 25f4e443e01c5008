//! An application that takes whatever comes, and keeps it as it came.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use crate::SOON;

/// It answers 204, until the runtime ends.
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    requests: UnboundedReceiver<Recorded>,
}

impl Recorder {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (recorded, requests) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let recorded = recorded.clone();
                tokio::spawn(async move {
                    if let Some(request) = record(stream).await {
                        let _ = recorded.send(request);
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// The next that was signed. What asks whether the front end is ready is not.
    pub(crate) async fn signed(&mut self) -> Recorded {
        loop {
            let request = timeout(SOON, self.requests.recv()).await.expect("nothing arrives").unwrap();
            if !request.is_probe() {
                return request;
            }
        }
    }

    /// Whether one has come that is more than the question whether it is ready.
    pub(crate) fn has_signed(&mut self) -> bool {
        std::iter::from_fn(|| self.requests.try_recv().ok()).any(|request| !request.is_probe())
    }
}

/// A request as it came. A chunked body is joined.
pub(crate) struct Recorded {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Recorded {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The names and values of the headers.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name, value.trim()))
    }

    /// All values of this header.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.headers().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// As a tool saves it that has joined the chunks.
    pub(crate) fn saved(&self) -> Vec<u8> {
        let is_chunks = |line: &&str| line.to_ascii_lowercase().starts_with("transfer-encoding:");
        let head: String = self.head.split_inclusive('\n').filter(|line| !is_chunks(line)).collect();
        [head.as_bytes(), &self.body].concat()
    }

    fn is_probe(&self) -> bool {
        !self.values("user-agent").contains(&"delivery")
    }
}

async fn record(stream: TcpStream) -> Option<Recorded> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let mut request = Recorded { head, body: vec![] };
    if !request.values("expect").is_empty() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
    }
    let length = request.values("content-length").first().map(|length| length.parse::<usize>().unwrap());
    match length {
        Some(length) => {
            request.body = vec![0; length];
            stream.read_exact(&mut request.body).await.ok()?;
        }
        None if !request.values("transfer-encoding").is_empty() => {
            request.body = chunks(&mut stream).await?;
        }
        None => {}
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.ok()?;
    Some(request)
}

async fn chunks(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = vec![];
    loop {
        let mut size = String::new();
        stream.read_line(&mut size).await.ok()?;
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).await.ok()?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Some(body);
        }
    }
}
