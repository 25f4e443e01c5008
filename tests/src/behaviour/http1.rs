//! HTTP/1.1 in raw bytes.

use std::net::SocketAddr;
use std::time::Duration;

use crate::platform::BODY;
use crate::wire::Connection;
use bytes::Bytes;
use tokio::time::sleep;

use super::exchange::{Body, Exchange, Outcome, forged, genuine, stalled};

/// Sends this, reads the answer, and tries the connection with a genuine delivery.
pub(crate) async fn run(address: SocketAddr, exchange: &Exchange) -> Outcome {
    let mut connection = Connection::to(address).await;
    send(&mut connection, exchange).await;
    let Some(status) = answer(&mut connection).await else { return Outcome { status: None, kept: false } };
    send(&mut connection, &genuine()).await;
    Outcome { status: Some(status), kept: answer(&mut connection).await == Some(204) }
}

/// Sends nine octets of a genuine delivery, one at a time, and waits for what comes of it.
pub(crate) async fn trickled(address: SocketAddr, pause: Duration) -> Outcome {
    let mut connection = Connection::to(address).await;
    send(&mut connection, &stalled()).await;
    for octet in BODY.as_bytes().chunks(1).take(9) {
        connection.send(octet).await;
        sleep(pause).await;
    }
    Outcome { status: answer(&mut connection).await, kept: connection.response().await.is_some() }
}

/// Disconnects in the middle of a genuine delivery that the server has begun to read.
pub(crate) async fn disconnected(address: SocketAddr) {
    let mut connection = Connection::to(address).await;
    send(&mut connection, &stalled().with("expect", "100-continue")).await;
    assert_eq!(connection.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(&BODY[..9]).await;
}

/// Sends genuine and forged deliveries by turns, all before the first answer, and gives the statuses.
pub(crate) async fn pipelined(address: SocketAddr) -> Vec<u16> {
    let mut connection = Connection::to(address).await;
    let exchanges = [genuine(), forged(), genuine(), forged(), genuine()];
    let all: Vec<u8> = exchanges.iter().flat_map(|exchange| encode(exchange).concat()).collect();
    connection.send(all).await;
    let mut statuses = Vec::new();
    for _ in exchanges {
        statuses.push(answer(&mut connection).await.expect("an answer"));
    }
    statuses
}

async fn send(connection: &mut Connection, exchange: &Exchange) {
    let mut writes = encode(exchange).into_iter();
    // A server may have answered and closed before all was written.
    let _ = connection.try_send(writes.next().expect("a head")).await;
    if let Body::Expected(_) = exchange.body {
        let interim = connection.head().await;
        if !interim.starts_with("HTTP/1.1 100 ") {
            connection.unread(interim);
            return;
        }
    }
    for write in writes {
        let _ = connection.try_send(write).await;
    }
    if let Body::Short(_) | Body::HalfClosed(_) = exchange.body {
        connection.half_close().await;
    }
}

/// The answer's status, once all of it has been read; `None` if there is none.
async fn answer(connection: &mut Connection) -> Option<u16> {
    let response = connection.response().await?;
    let challenge = response.header("www-authenticate");
    assert_eq!(challenge, (response.status == 401).then_some("Untis-Signature"), "{response:?}");
    assert_eq!(response.header("allow"), (response.status == 405).then_some("POST"), "{response:?}");
    assert_eq!(response.body, "", "the peer was told more: {response:?}");
    Some(response.status)
}

/// What is written, write by write; the first has the head.
pub(crate) fn encode(exchange: &Exchange) -> Vec<Vec<u8>> {
    let chunk = |data: &Bytes| [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat();
    let length = |len: u64| format!("Content-Length: {len}\r\n");
    let declared = |body: &Bytes| length(u64::try_from(body.len()).unwrap());
    let chunked = || "Transfer-Encoding: chunked\r\n".to_owned();
    let (framing, body) = match &exchange.body {
        Body::Declared(body) | Body::HalfClosed(body) => (declared(body), vec![body.to_vec()]),
        Body::Pieces(pieces) => {
            (declared(&pieces.concat().into()), pieces.iter().map(|piece| piece.to_vec()).collect())
        }
        Body::Expected(body) => (declared(body) + "Expect: 100-continue\r\n", vec![body.to_vec()]),
        Body::Chunked(chunks) => {
            let chunks: Vec<_> = chunks.iter().map(chunk).chain([b"0\r\n\r\n".to_vec()]).collect();
            (chunked(), vec![chunks.concat()])
        }
        Body::Unended(chunks) => (chunked(), vec![chunks.iter().map(chunk).collect::<Vec<_>>().concat()]),
        Body::Trailed(body) => (chunked(), vec![[&chunk(body)[..], b"0\r\ntenantid: 666\r\n\r\n"].concat()]),
        Body::Withheld(len) => (length(*len), vec![]),
        Body::Short(body) => (length(u64::try_from(body.len()).unwrap() + 1), vec![body.to_vec()]),
    };
    let mut head = format!(
        "{} {} {}\r\nHost: localhost\r\n{framing}",
        exchange.method, exchange.target, exchange.version
    )
    .into_bytes();
    for (name, value) in &exchange.headers {
        head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    // In one write, where nothing asks for more: what is drained of a refused body does not depend on the
    // network.
    match (&exchange.body, &body[..]) {
        (Body::Pieces(_) | Body::Expected(_), _) => [vec![head], body].concat(),
        (_, body) => vec![[head, body.concat()].concat()],
    }
}
