//! A client that keeps its connections, and stops writing when it is answered.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::scenario::Scenario;

/// Sends as many as a turn has, some at a time, and gives how many were cut off in place of an answer: who closes on what
/// has not been read resets the connection, and an answer may be lost.
pub(crate) async fn send(address: SocketAddr, scenario: &Scenario, expected: u16) -> usize {
    let left = Arc::new(AtomicUsize::new(scenario.turn));
    let clients: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (left, request) = (Arc::clone(&left), Arc::clone(&scenario.request));
            tokio::spawn(async move {
                let (mut connection, mut cut_off) = (None, 0);
                while left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                    .is_ok()
                {
                    let within =
                        tokio::time::timeout(Duration::from_secs(20), deliver(address, connection, &request));
                    let (status, kept) = within.await.expect("an answer within 20 s");
                    match status {
                        Some(status) => assert_eq!(status, expected),
                        None => cut_off += 1,
                    }
                    connection = kept;
                }
                cut_off
            })
        })
        .collect();
    let mut cut_off = 0;
    for client in clients {
        cut_off += client.await.unwrap();
    }
    cut_off
}

/// One request, on a connection that was kept if it still is one.
async fn deliver(
    address: SocketAddr,
    kept: Option<TcpStream>,
    request: &[u8],
) -> (Option<u16>, Option<TcpStream>) {
    if let Some(stream) = kept
        && let (Some(status), kept) = exchange(stream, request).await
    {
        return (Some(status), kept);
    }
    exchange(TcpStream::connect(address).await.unwrap(), request).await
}

/// Writes the request until it is answered, and gives the connection back if all of it was written and it is kept.
async fn exchange(stream: TcpStream, request: &[u8]) -> (Option<u16>, Option<TcpStream>) {
    stream.set_nodelay(true).unwrap();
    let (mut read, mut write) = stream.into_split();
    let (answer, written) = {
        let mut answered = pin!(head_of_answer(&mut read));
        tokio::select! {
            biased;
            answer = &mut answered => (answer, false),
            written = write_in_pieces(&mut write, request) => (answered.await, written),
        }
    };
    let Some(answer) = answer else { return (None, None) };
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let kept = written && !answer.contains("connection: close");
    (Some(status), kept.then(|| read.reunite(write).unwrap()))
}

/// Gives its turn away after each piece, so that an answer is noticed before the rest is written.
async fn write_in_pieces(write: &mut OwnedWriteHalf, request: &[u8]) -> bool {
    for piece in request.chunks(PIECE) {
        if write.write_all(piece).await.is_err() {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

/// In lower case. `None` if the connection ends before it does.
async fn head_of_answer(read: &mut OwnedReadHalf) -> Option<String> {
    let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
    while !answer.ends_with(b"\r\n\r\n") {
        match read.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(len) => answer.extend_from_slice(&piece[..len]),
        }
    }
    Some(String::from_utf8(answer).unwrap().to_ascii_lowercase())
}

const AT_ONCE: usize = 16;
const PIECE: usize = 16 * 1024;
