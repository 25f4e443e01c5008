//! How the example receivers are served, whatever their stack. Each test has a log of its own.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::convert::Infallible;
use std::future::pending;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep};
use tracing::subscriber::DefaultGuard;
use untis_webhook::Rejection;
use untis_webhook_tests::log::Log;
use untis_webhook_tests::wire::{Connection, status};

/// Serves this until it is told to stop.
async fn serve<F, B>(
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>)
where
    F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let service = service_fn(answer);
    let served = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        receiver_support::serve(listener, service, stopped).await;
    });
    (address, stop, served)
}

/// Serves what never answers.
async fn serve_nothing() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    serve(|_| pending::<Result<Response<Full<Bytes>>, _>>()).await
}

/// A body that comes after a while.
struct Late(Option<Pin<Box<Sleep>>>);

impl Body for Late {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(sleep) = &mut self.0 else { return Poll::Ready(None) };
        ready!(sleep.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(Some(Ok(Frame::data("late".into()))))
    }
}

/// What is logged by this thread, on which everything runs.
fn log() -> (Log, DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.writer()).finish();
    (log, tracing::subscriber::set_default(subscriber))
}

/// Refuses each request for the reason that its path names.
async fn refuse(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let rejection = match request.uri().path() {
        "/repeated" => Rejection::RepeatedHeader,
        _ => Rejection::UntrustedSignature,
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = rejection.status();
    response.extensions_mut().insert(rejection);
    Ok(response)
}

fn post(target: &str) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test(start_paused = true)]
async fn a_peer_of_http_2_that_answers_no_ping_is_given_up_while_its_request_is_under_way() {
    let (address, _stop, _) = serve_nothing().await;
    let mut connection = Connection::to(address).await;
    connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    // `POST /`, in entries of the static table.
    connection.send(b"\0\0\x03\x01\x05\0\0\0\x01\x83\x84\x86").await;
    let start = Instant::now();
    sleep(Duration::from_secs(19)).await;
    connection.closed().await;
    assert_eq!(start.elapsed().as_secs(), 20, "10 s, and 10 s for the ping");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_read_does_not_keep_its_connection() {
    let (address, _stop, _) = serve(async |_| Ok(Response::new(Full::from(vec![b'x'; 64 << 20])))).await;
    let mut connection = Connection::to(address).await;
    connection.send(post("/")).await;
    let start = Instant::now();
    while connection.try_send("x").await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(80), "never closed");
        sleep(Duration::from_secs(1)).await;
    }
    assert!(start.elapsed() >= Duration::from_secs(60), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_refusals_is_two_lines_a_minute_for_each_reason() {
    let (log, _guard) = log();
    let (address, _stop, _) = serve(refuse).await;
    for minute in 0..3 {
        for number in 0..500 {
            assert_eq!(status(address, post(&format!("/{number}"))).await, 401);
        }
        assert_eq!(status(address, post("/repeated")).await, 401);
        let said = log.take();
        let lines: Vec<_> = said.lines().filter(|line| line.contains("refused: ")).collect();
        let [untrusted, repeated] = lines[..] else { panic!("minute {minute}: {said}") };
        assert!(untrusted.contains(r#"path="/0" rejection=UntrustedSignature"#), "{untrusted}");
        assert!(repeated.contains(r#"path="/repeated" rejection=RepeatedHeader"#), "{repeated}");

        sleep(Duration::from_secs(61)).await;
        let said = log.take();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("more=499 rejection=UntrustedSignature"), "{said}");
    }
    sleep(Duration::from_secs(600)).await;
    assert_eq!(log.take(), "", "there was nothing to say");
}

#[tokio::test(start_paused = true)]
async fn what_has_begun_has_fifteen_seconds_when_the_server_stops() {
    let (log, _guard) = log();
    let (address, stop, served) = serve_nothing().await;
    let mut connection = Connection::to(address).await;
    connection.send(post("/")).await;
    let mut silent = Connection::to(address).await;
    sleep(Duration::from_secs(1)).await;

    let start = Instant::now();
    stop.send(()).unwrap();
    assert_eq!(silent.rest().await, "");
    assert_eq!(start.elapsed().as_secs(), 1, "a silent connection has a second for what is on its way");
    served.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 15);
    assert!(log.take().contains("WARN untis_webhook_serve::connection: a request was cut off"));
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_meanwhile_is_answered_and_ends_the_wait() {
    let (address, stop, served) =
        serve(async |_| Ok(Response::new(Late(Some(Box::pin(sleep(Duration::from_secs(10)))))))).await;
    let mut connection = Connection::to(address).await;
    connection.send(post("/")).await;
    sleep(Duration::from_secs(1)).await;

    let start = Instant::now();
    stop.send(()).unwrap();
    assert!(connection.rest().await.ends_with("\r\n4\r\nlate\r\n0\r\n\r\n"));
    served.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 9);
}

/// Answers, and not within the same poll.
async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    sleep(Duration::from_millis(1)).await;
    Ok(Response::new(Full::default()))
}

#[tokio::test(start_paused = true)]
async fn a_request_on_its_way_when_the_server_stops_is_answered_and_is_the_last() {
    let (address, stop, served) = serve(answer).await;
    let mut connection = Connection::to(address).await;
    connection.send(post("/")).await;
    assert_eq!(connection.response().await.unwrap().header("connection"), None);
    stop.send(()).unwrap();
    sleep(Duration::from_millis(500)).await;
    assert!(Connection::try_to(address).await.is_err(), "it takes no more connections");

    connection.send(post("/")).await;
    let response = connection.response().await.expect("an answer");
    assert_eq!((response.status, response.header("connection")), (200, Some("close")));
    assert_eq!(connection.rest().await, "");
    served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_request_on_its_way_when_a_connection_has_lasted_long_enough_is_answered() {
    let (address, _stop, _) = serve(answer).await;
    let mut connection = Connection::to(address).await;
    let start = Instant::now();
    let mut last = None;
    while last != Some("close".to_owned()) {
        connection.send(post("/")).await;
        let response = connection.response().await.expect("an answer, or an end that is announced");
        last = response.header("connection").map(str::to_owned);
        sleep(Duration::from_millis(700)).await;
    }
    assert_eq!(start.elapsed().as_secs() / 60, 5);
}

#[tokio::test(start_paused = true)]
async fn who_has_connected_when_the_server_stops_is_answered() {
    let (address, stop, served) = serve(answer).await;
    // The kernel has connected them. The server has had no time for it, since nothing is awaited.
    let connections: Vec<_> = (0..8)
        .map(|_| {
            let mut connection = std::net::TcpStream::connect(address).unwrap();
            connection.write_all(post("/").as_bytes()).unwrap();
            connection
        })
        .collect();
    stop.send(()).unwrap();
    served.await.unwrap();
    for mut connection in connections {
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 "), "{response:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_answered_does_not_keep_its_connection() {
    let (_, _guard) = log();
    let (address, _stop, _) = serve_nothing().await;
    let mut connection = Connection::to(address).await;
    connection.send(post("/")).await;
    let start = Instant::now();
    // The client waits no longer than 20 s at a time.
    sleep(Duration::from_secs(59)).await;
    assert_eq!(connection.rest().await, "");
    assert_eq!(start.elapsed().as_secs(), 75, "60 s to be answered, and 15 s to end");
}

/// The head of a request that declares this many octets.
fn declared(octets: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {octets}\r\n\r\n")
}

#[tokio::test]
async fn who_is_refused_before_his_body_was_read_gets_the_answer_and_no_reset() {
    let (_, _guard) = log();
    let (address, _stop, _) = serve(refuse).await;
    for _ in 0..20 {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(declared(64 * 1024).as_bytes()).await.unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
        // As a front end does that looks for an answer when it has sent all.
        for _ in 0..16 {
            connection.write_all(&[b'x'; 4 * 1024]).await.expect("a connection that was not reset");
        }
    }
}

#[tokio::test]
async fn what_a_refused_stranger_goes_on_sending_is_not_read_for_long() {
    let (_, _guard) = log();
    let (address, _stop, _) = serve(refuse).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(declared(usize::MAX >> 1).as_bytes()).await.unwrap();
    let (mut sent, chunk) = (0, [b'x'; 64 * 1024]);
    while connection.write_all(&chunk).await.is_ok() {
        sent += chunk.len();
        assert!(sent < 16 << 20, "128 KiB, and what the kernel keeps on both sides");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_stranger_who_sends_nothing_more_is_waited_for_a_second() {
    let (_, _guard) = log();
    let (address, stop, served) = serve(refuse).await;
    let mut connection = Connection::to(address).await;
    connection.send(declared(10)).await;
    let start = Instant::now();
    assert!(connection.rest().await.starts_with("HTTP/1.1 401 "));
    // He does not close. The server has ended when the connection has.
    stop.send(()).unwrap();
    served.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    drop(connection);
}
