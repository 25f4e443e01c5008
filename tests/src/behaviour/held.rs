//! Every way in which a stranger may keep a connection, and when it is over.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::exchange::{forged, genuine};
use super::http1;

/// What is sent at once, what is sent each second from then on, and after how many seconds it must be over.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    first: Vec<u8>,
    then: Vec<u8>,
    pub(crate) seconds: RangeInclusive<u64>,
}

pub(crate) fn ways() -> Vec<Way> {
    let way = |name, first: &[&[u8]], then: &[u8], seconds| Way {
        name,
        first: first.concat(),
        then: then.to_vec(),
        seconds,
    };
    let forged = http1::encode(&forged()).concat();
    let genuine = http1::encode(&genuine()).concat();
    let kept = 65..=68;
    vec![
        way("nothing", &[], b"", SILENT),
        way("one octet that both protocols begin with", &[b"P"], b"", SILENT),
        way("half a line", &[b"POST /webh"], b"", SILENT),
        way("half a head", &[HALF_A_HEAD], b"", SILENT),
        way("a head without end", &[HALF_A_HEAD], b"x: y\r\n", SILENT),
        way("a header without end", &[HALF_A_HEAD, b"x: "], b"y", SILENT),
        way("empty lines before a head", &[], b"\r\n", SILENT),
        way("half of HTTP/2's preface", &[b"PRI * HTTP/2.0\r\n"], b"", SILENT),
        way("HTTP/2's preface", &[PREFACE], b"", SILENT),
        way("HTTP/2's preface and settings", &[PREFACE, SETTINGS], b"", SILENT),
        way("settings without end", &[PREFACE, SETTINGS], SETTINGS, SILENT),
        way("pings without end", &[PREFACE, SETTINGS], PING, SILENT),
        way("half a frame's head", &[PREFACE, SETTINGS, b"\0\0\x10\x01"], b"", SILENT),
        way("half a frame of HEADERS", &[PREFACE, SETTINGS, b"\0\0\x10\x01\x04\0\0\0\x01\x82"], b"", SILENT),
        way(
            "a frame of HEADERS in crumbs",
            &[PREFACE, SETTINGS, b"\0\0\x80\x01\x04\0\0\0\x01"],
            b"\x82",
            SILENT,
        ),
        way(
            "HEADERS that CONTINUATION continues without end",
            &[PREFACE, SETTINGS, b"\0\0\x01\x01\0\0\0\0\x01\x82"],
            b"\0\0\x01\x09\0\0\0\0\x01\x82",
            0..=13,
        ),
        way("a forged request, and no more", &[&forged], b"", SILENT),
        way("a forged request, and half a head", &[&forged, HALF_A_HEAD], b"", SILENT),
        way("a request of HTTP/2, and pings", &[PREFACE, SETTINGS, REQUEST], PING, SILENT),
        way(
            "a request of HTTP/2, and then another in crumbs",
            &[PREFACE, SETTINGS, REQUEST, b"\0\0\x80\x01\x04\0\0\0\x03"],
            b"\x82",
            SILENT,
        ),
        way("a request of HTTP/2 whose body does not come", &[PREFACE, SETTINGS, BODILESS], PING, SILENT),
        way("a forged request each second", &[], &forged, 300..=303),
        way("a delivery, and no more", &[&genuine], b"", kept.clone()),
        way("a delivery, and half a head", &[&genuine, HALF_A_HEAD], b"", kept.clone()),
        way("a delivery, and a head without end", &[&genuine, HALF_A_HEAD], b"x: y\r\n", kept),
    ]
}

/// Keeps a connection in this way, and gives the time until the server closes it.
pub(crate) async fn held(address: SocketAddr, way: &Way) -> Duration {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(&way.first).await.unwrap();
    let start = Instant::now();
    loop {
        match timeout(SECOND, stream.read(&mut [0; 4096])).await {
            Ok(Ok(0) | Err(_)) => return start.elapsed(),
            Ok(Ok(_)) => {}
            // What it makes of it shows when it is read.
            Err(_) => drop(stream.write_all(&way.then).await),
        }
        assert!(start.elapsed() < Duration::from_secs(1000), "{}: never closed", way.name);
    }
}

/// Sends requests and reads no answer, until the server reads no more; gives the time from then until it closes.
pub(crate) async fn unread(address: SocketAddr) -> Duration {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let requests = b"POST /webhook HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    while timeout(SECOND, stream.write_all(&requests)).await.is_ok_and(|written| written.is_ok()) {}
    let start = Instant::now();
    while !matches!(timeout(SECOND, stream.write_all(&requests)).await, Ok(Err(_))) {
        assert!(start.elapsed() < Duration::from_secs(1000), "never closed");
    }
    start.elapsed()
}

const SECOND: Duration = Duration::from_secs(1);

/// 10 s, and up to 2 s for an answer to leave.
const SILENT: RangeInclusive<u64> = 10..=13;

const HALF_A_HEAD: &[u8] = b"POST /webhook HTTP/1.1\r\nHost: localhost\r\n";

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// HEADERS of `POST /` in three entries of the static table (RFC 7541 appendix A), which end the stream or do not.
const REQUEST: &[u8] = b"\0\0\x03\x01\x05\0\0\0\x01\x83\x84\x86";
const BODILESS: &[u8] = b"\0\0\x03\x01\x04\0\0\0\x01\x83\x84\x86";

/// Frames without a payload, or with eight octets (RFC 9113 section 6).
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0octets 8";
