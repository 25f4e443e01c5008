//! HTTP/2 in clear text, by a client that knows beforehand that the server speaks it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::bodies::Frames;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::exchange::{Body, Exchange, Outcome, forged, genuine};

/// Sends this, reads the answer, and tries the connection with a genuine delivery.
pub(crate) async fn run(address: SocketAddr, exchange: &Exchange) -> Outcome {
    let mut connection = connect(address).await;
    let status = answer(&mut connection, exchange).await;
    Outcome { status, kept: answer(&mut connection, &genuine()).await == Some(204) }
}

/// Sends so many genuine deliveries at once on one connection, but for this one, which is forged.
pub(crate) async fn concurrent(address: SocketAddr, streams: usize, forged_one: usize) -> Vec<u16> {
    let connection = connect(address).await;
    let answers: Vec<_> = (0..streams)
        .map(|stream| {
            let mut connection = connection.clone();
            let exchange = if stream == forged_one { forged() } else { genuine() };
            tokio::spawn(async move { answer(&mut connection, &exchange).await.expect("an answer") })
        })
        .collect();
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.unwrap());
    }
    statuses
}

async fn connect(address: SocketAddr) -> SendRequest<Frames> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (connection, driver) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(driver);
    connection
}

async fn answer(connection: &mut SendRequest<Frames>, exchange: &Exchange) -> Option<u16> {
    let answered = timeout(Duration::from_secs(20), connection.send_request(request(exchange)));
    let response = answered.await.expect("an answer within 20 s").ok()?;
    let (head, body) = response.into_parts();
    let challenge = head.headers.get("www-authenticate").map(HeaderValue::as_bytes);
    assert_eq!(challenge, (head.status == 401).then_some(&b"Untis-Signature"[..]), "{head:?}");
    let allowed = head.headers.get("allow").map(HeaderValue::as_bytes);
    assert_eq!(allowed, (head.status == 405).then_some(&b"POST"[..]), "{head:?}");
    let body = body.collect().await.ok()?.to_bytes();
    assert_eq!(body, "", "the peer was told more");
    Some(head.status.as_u16())
}

fn request(exchange: &Exchange) -> Request<Frames> {
    let (length, body) = match &exchange.body {
        Body::Declared(body) => (Some(body.len()), Frames::of([body.clone()])),
        Body::Pieces(pieces) => (Some(pieces.iter().map(Bytes::len).sum()), Frames::of(pieces.clone())),
        Body::Chunked(chunks) | Body::Unended(chunks) => (None, Frames::of(chunks.clone())),
        Body::Trailed(body) => {
            let trailer = (HeaderName::from_static("tenantid"), HeaderValue::from_static("666"));
            (None, Frames::of([body.clone()]).then_trailers(HeaderMap::from_iter([trailer])))
        }
        Body::Expected(_) | Body::HalfClosed(_) | Body::Short(_) | Body::Withheld(_) => {
            panic!("HTTP/2 has no such body")
        }
    };
    let uri = format!("http://localhost{}", exchange.target);
    let mut request = Request::builder().method(exchange.method).uri(uri).body(body).unwrap();
    for (name, value) in &exchange.headers {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    if let Some(length) = length {
        request.headers_mut().insert("content-length", length.into());
    }
    request
}
