//! What a reverse proxy makes of an application that does not answer as it should.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use untis_webhook_testkit::Delivery;

use crate::platform::{BODY, PLATFORM};
use crate::wire::{Connection, head_of};

/// An application, and what a genuine delivery is answered with in front of it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    cases: fn() -> Vec<Case>,
    pub(crate) answer: &'static str,
    /// 504 comes when its time is over.
    pub(crate) seconds: u64,
}

/// Each answered with this status and a body of this length.
struct Case(Application, u16, usize);

/// What is done with each request.
#[derive(Clone)]
enum Application {
    /// Nobody listens there.
    Nobody,
    /// There is no such name.
    Nowhere,
    /// This is answered, and then the connection is closed.
    Closes(Vec<u8>),
    /// This is answered, to each request.
    Holds(Vec<u8>),
    /// This is answered, an octet each second.
    Trickles(&'static str),
}

use Application::{Closes, Holds, Nobody, Nowhere, Trickles};

macro_rules! rows {
    ($($name:literal => $answer:literal, $seconds:literal: $cases:expr;)*) => {
        &[$(Row {
            name: $name,
            answer: $answer,
            seconds: $seconds,
            cases: || { let all: Vec<Case> = $cases.into(); all },
        },)*]
    };
}

pub(crate) static ROWS: &[Row] = rows! {
    "answers 2xx, 3xx, 4xx, 5xx" => "its answer", 0:
        [200, 202, 301, 302, 307, 400, 401, 404, 405, 413, 422, 429, 500, 502, 503].map(|status| {
            let head = format!("HTTP/1.1 {status} Such\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 3");
            Case(Holds(format!("{head}\r\n\r\nyes").into()), status, 3)
        });
    "answers, and closes the connection" => "its answer", 0:
        ["Content-Length: 3\r\n\r\n", "Connection: close\r\nContent-Length: 3\r\n\r\n", "\r\n"]
            .map(|head| yes(Closes(format!("HTTP/1.1 200 OK\r\n{head}yes").into())));
    "answers in chunks" => "its answer", 0:
        [yes(Holds(chunked("Transfer-Encoding: chunked")))];
    "answers with more than one length, or with one that is not its body's" => "its answer", 0:
        [
            yes(Holds(chunked("Content-Length: 1\r\nTransfer-Encoding: chunked"))),
            yes(Holds(chunked("Transfer-Encoding: chunked\r\nContent-Length: 100"))),
            yes(Holds(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nyes".into())),
            Case(Holds(b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n".into()), 204, 0),
            Case(Holds(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n".into()), 304, 0),
        ];
    "answers in HTTP/1.0" => "its answer", 0:
        [
            yes(Closes(b"HTTP/1.0 200 OK\r\n\r\nyes".into())),
            yes(Holds(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes".into())),
        ];
    "answers 100 before its answer" => "its answer", 0:
        [yes(Holds(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes".into()))];
    "answers with 1 MiB" => "its answer", 0: [Case(Holds(answer_of(MIB)), 200, MIB), Case(Closes(unmeasured(MIB)), 200, MIB)];
    "answers with more than 1 MiB" => "502", 0: [Holds(answer_of(MIB + 1)), Holds(unmeasured(MIB + 1)), Holds(unmeasured(100 * MIB))].map(wrong);
    "answers with a head of 1 MiB" => "502", 0:
        [Holds(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(MIB)).into())].map(wrong);
    "answers 101" => "502", 0: [Holds(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".into())].map(wrong);
    "answers what is not HTTP" => "502", 0: [Holds(b"SSH-2.0-OpenSSH\r\n".into()), Closes(b"\x15\x03\x01\0\x02\x02\x46".into())].map(wrong);
    "closes without an answer" => "502", 0: [Closes(vec![])].map(wrong);
    "closes before its answer is whole" => "502", 0:
        [
            Closes(b"HTTP/1.1 200 OK\r\nContent-".into()),
            Closes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".into()),
            Closes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n".into()),
        ].map(wrong);
    "is down" => "502", 0: [Nobody, Nowhere].map(wrong);
    "has not answered in whole after 10 s" => "504", 10:
        [
            Holds(vec![]),
            Holds(b"HTTP/1.1 200 OK\r\nContent-".into()),
            Holds(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".into()),
            Holds(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n".into()),
            Holds(b"HTTP/1.1 200 OK\r\n\r\nhalf".into()),
            Trickles("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"),
        ].map(late);
};

fn yes(application: Application) -> Case {
    Case(application, 200, 3)
}

fn wrong(application: Application) -> Case {
    Case(application, 502, 0)
}

fn late(application: Application) -> Case {
    Case(application, 504, 0)
}

const MIB: usize = 1024 * 1024;

fn answer_of(length: usize) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + length, b'y');
    answer
}

fn chunked(head: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n1\r\ny\r\n2\r\nes\r\n0\r\nx: y\r\n\r\n").into()
}

fn unmeasured(length: usize) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.resize(answer.len() + length, b'y');
    answer
}

/// The tests of a reverse proxy: an `async fn` that takes where the application is, starts one that trusts
/// [`PLATFORM`](crate::platform::PLATFORM) in front of it, and gives where that listens.
#[macro_export]
macro_rules! upstream_tests {
    ($start:path) => {
        #[tokio::test]
        async fn what_an_application_answers_is_passed_on_or_is_502() {
            $crate::behaviour::answers_for_every_application($start).await;
        }

        #[tokio::test(start_paused = true)]
        async fn an_application_that_does_not_answer_in_time_is_504() {
            $crate::behaviour::answers_for_every_late_application($start).await;
        }
    };
}

/// Whatever the application answers.
pub async fn answers_for_every_application(start: impl AsyncFn(String) -> SocketAddr) {
    check(|row| row.seconds == 0, start).await;
}

/// Those that do not, by a paused clock.
pub async fn answers_for_every_late_application(start: impl AsyncFn(String) -> SocketAddr) {
    check(|row| row.seconds > 0, start).await;
}

async fn check(is_asked: impl Fn(&Row) -> bool, start: impl AsyncFn(String) -> SocketAddr) {
    let delivery = Delivery::sign(&PLATFORM, BODY);
    for row in ROWS.iter().filter(|row| is_asked(row)) {
        for (number, Case(application, status, length)) in (row.cases)().into_iter().enumerate() {
            let place = format!("{}, {number}", row.name);
            let mut connection = Connection::to(start(application.start().await).await).await;
            // It is there for the next one, on the same connection.
            for _ in 0..2 {
                let begun = Instant::now();
                connection.send(head_of(&delivery) + BODY).await;
                let response = connection.response().await.unwrap_or_else(|| panic!("{place}: no answer"));
                assert_eq!((response.status, response.body.len()), (status, length), "{place}");
                assert!(response.head.starts_with("HTTP/1.1 "), "{place}: {}", response.head);
                assert_eq!(begun.elapsed().as_secs(), row.seconds, "{place}");
            }
        }
    }
}

/// An application that answers 204.
pub async fn application() -> SocketAddr {
    serve(|stream| answer(stream, Holds(b"HTTP/1.1 204 No Content\r\n\r\n".into()))).await
}

/// An application that answers 204, and then closes the connection without saying so.
pub async fn closing_application() -> SocketAddr {
    serve(|stream| answer(stream, Closes(b"HTTP/1.1 204 No Content\r\n\r\n".into()))).await
}

impl Application {
    /// Gives where it is.
    async fn start(self) -> String {
        match self {
            Nobody => TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string(),
            // No name has a part of more than 63 octets, so that nobody has to be asked.
            Nowhere => format!("{}.invalid:80", "x".repeat(64)),
            answers => serve(move |stream| answer(stream, answers.clone())).await.to_string(),
        }
    }
}

async fn serve<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, application: Application) {
    while has_read_request(&mut stream).await {
        // Whoever has heard enough may be gone.
        match &application {
            Closes(answer) => return drop(stream.write_all(answer).await),
            Holds(answer) => drop(stream.write_all(answer).await),
            Trickles(answer) => {
                for octet in answer.as_bytes().chunks(1) {
                    let _ = stream.write_all(octet).await;
                    sleep(Duration::from_secs(1)).await;
                }
            }
            Nobody | Nowhere => return,
        }
    }
}

/// One that says how long its body is. Not if the connection ends before.
async fn has_read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.unwrap_or_default() == 0 {
            return false;
        }
        let text = String::from_utf8_lossy(&request);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
            if request.len() >= head.len() + 4 + length.parse::<usize>().unwrap() {
                return true;
            }
        }
    }
}
