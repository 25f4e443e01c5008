//! The axum receiver with the layer, and three without it, as processes on loopback: rate, CPU, octets read and memory
//! for genuine, forged and malformed requests. They take turns, all in one run:
//! `cargo bench -p untis-webhook-benches --bench end_to_end`, with `-- --svg FOLDER` to draw it as well.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench stops where it is surprised"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::serve::Listener;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use untis_webhook::{KeySet, Verifier, VerifyingKey};
use untis_webhook_axum::{VerifiedEvent, VerifyLayer};
use untis_webhook_benches::{Bars, Peer, Signed, peers_of};
use untis_webhook_testkit::{Delivery, Forgery};
use untis_webhook_tests::wire::head;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--receive") {
        Some(at) => receive(&arguments[at + 1], &arguments[at + 2]),
        None => {
            let svg = arguments.iter().position(|argument| argument == "--svg");
            compare(svg.map(|at| PathBuf::from(&arguments[at + 1])));
        }
    }
}

/// The receivers, the first with the layer. The others take the whole body first, as much as axum lets them.
const RECEIVERS: [&str; 4] = ["the layer", "no verification", "buffer, then rsa", "buffer, then aws-lc-rs"];

/// One of them, which serves until its standard input ends. It says where it listens, and to each line how many octets
/// it has read so far.
fn receive(which: &str, key: &str) {
    let app = match which {
        "the layer" => {
            let keys = KeySet::new([("production", key.parse::<VerifyingKey>().unwrap())]).unwrap();
            let handler = async |VerifiedEvent(event): VerifiedEvent| {
                assert!(event.tenant_id().is_some());
                StatusCode::NO_CONTENT
            };
            Router::new().route("/webhook", post(handler)).layer(VerifyLayer::new(Verifier::new(keys)))
        }
        "no verification" => {
            let handler = async |Json(event): Json<serde_json::Value>| {
                assert!(event["tenantId"].is_string());
                StatusCode::NO_CONTENT
            };
            Router::new().route("/webhook", post(handler))
        }
        _ => {
            let peers = peers_of(&BASE64_STANDARD.decode(key).unwrap());
            let peer = Arc::new(peers.into_iter().find(|peer| which.ends_with(peer.name)).unwrap());
            let handler =
                async move |headers: HeaderMap, body: Bytes| match is_genuine(&peer, &headers, &body) {
                    true => {
                        let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
                        assert!(event["tenantId"].is_string());
                        StatusCode::NO_CONTENT
                    }
                    false => StatusCode::UNAUTHORIZED,
                };
            Router::new().route("/webhook", post(handler))
        }
    };

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let octets = Arc::new(AtomicU64::new(0));
        let listener = Counted { inner: listener, octets: Arc::clone(&octets) };
        tokio::spawn(async { axum::serve(listener, app).await });
        let lines = tokio::task::spawn_blocking(move || {
            for line in std::io::stdin().lines() {
                line.unwrap();
                println!("{}", octets.load(Ordering::SeqCst));
            }
        });
        lines.await.unwrap();
    });
}

fn is_genuine(peer: &Peer, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = header("authorization").and_then(|value| BASE64_STANDARD.decode(value).ok());
    header("algorithm") == Some("SHA256withRSA")
        && signature.is_some_and(|signature| peer.verify(body, &signature))
}

/// A listener, or a stream, that counts what is read from its peers.
struct Counted<T> {
    inner: T,
    octets: Arc<AtomicU64>,
}

impl Listener for Counted<TcpListener> {
    type Io = Counted<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (inner, address) = Listener::accept(&mut self.inner).await;
        (Counted { inner, octets: Arc::clone(&self.octets) }, address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl AsyncRead for Counted<TcpStream> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.octets.fetch_add((buf.filled().len() - before) as u64, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for Counted<TcpStream> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A kind of request, and how many of it a turn has.
struct Scenario {
    name: &'static str,
    request: Arc<[u8]>,
    head: usize,
    turn: usize,
    /// What the receivers that verify answer.
    status: u16,
}

fn scenarios(signed: &Signed) -> Vec<Scenario> {
    let scenario = |name, delivery: Delivery, turn, status| {
        let body = delivery.body().clone();
        let length = body.len().to_string();
        let head = head(&delivery.into_request("/webhook"), &[("content-length", &length)]);
        let request = [head.as_bytes(), &body].concat();
        Scenario { name, request: request.into(), head: head.len(), turn, status }
    };
    let genuine = &signed.delivery;
    // JSON, so that the receiver without verification has something to read.
    let large = format!("{{\"tenantId\":\"1\",\"x\":\"{}\"}}", "x".repeat(1024 * 1024 - 25));
    let large = Delivery::sign(&signed.key, large).forge(Forgery::OtherKey);
    vec![
        scenario("genuine, 600 octets", genuine.clone(), 2000, 204),
        scenario("forged, 600 octets", genuine.clone().forge(Forgery::OtherKey), 2000, 401),
        scenario("forged, 1 MiB", large, 400, 401),
        scenario(
            "malformed headers, 600 octets",
            genuine.clone().forge(Forgery::MissingAlgorithm),
            2000,
            401,
        ),
    ]
}

/// A receiver's process.
struct Receiver {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Receiver {
    fn start(which: &str, key: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--receive", which, key]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { process, stdin, stdout, address: line.trim().parse().unwrap() }
    }

    fn octets_read(&mut self) -> u64 {
        writeln!(self.stdin).unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    /// The seconds of CPU it has used. The kernel counts hundredths.
    fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
        (ticks(11) + ticks(12)) / 100.0
    }

    /// The most that it ever had in memory, in KiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Clone, Default)]
struct Figures {
    requests: usize,
    seconds: f64,
    cpu: f64,
    octets: u64,
    peak: u64,
    cut_off: usize,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

fn compare(svg: Option<PathBuf>) {
    let signed = Signed::by(2048, 65537);
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut groups = Vec::new();
    for scenario in scenarios(&signed) {
        println!("\n{}, with a head of {} octets", scenario.name, scenario.head);
        println!(
            "| receiver | requests/s | to the layer's | CPU s per 10,000 | octets read per request | cut off | peak MiB |"
        );
        println!("|---|---|---|---|---|---|---|");
        let figures = measure(&clients, &scenario, &signed);
        let ours = figures[0].rate();
        let mut bars = Vec::new();
        for (name, figures) in RECEIVERS.iter().zip(&figures) {
            let per_request = 10_000.0 / figures.requests as f64;
            println!(
                "| {name} | {:.0} | {:.2} | {:.2} | {:.0} | {:.1} % | {:.1} |",
                figures.rate(),
                figures.rate() / ours,
                figures.cpu * per_request,
                figures.octets as f64 / figures.requests as f64,
                figures.cut_off as f64 / figures.requests as f64 * 100.0,
                figures.peak as f64 / 1024.0
            );
            bars.push(((*name).to_owned(), figures.rate()));
        }
        groups.push((scenario.name.to_owned(), bars));
    }
    if let Some(folder) = svg {
        let title = "Requests per second, client and receiver on the same two cores".to_owned();
        Bars { title, groups }.write(&folder.join("end-to-end.svg")).unwrap();
    }
}

fn measure(clients: &tokio::runtime::Runtime, scenario: &Scenario, signed: &Signed) -> Vec<Figures> {
    let key = signed.key.public_key_base64();
    let mut receivers = RECEIVERS.map(|which| Receiver::start(which, &key));
    let mut figures = vec![Figures::default(); RECEIVERS.len()];
    // The first turn is not counted: it warms up.
    for turn in 0..=TURNS {
        for (index, (receiver, figures)) in receivers.iter_mut().zip(&mut figures).enumerate() {
            let (cpu, octets, start) = (receiver.cpu(), receiver.octets_read(), Instant::now());
            let expected = if index == 1 { 204 } else { scenario.status };
            let cut_off = clients.block_on(send(receiver.address, scenario, expected));
            if turn > 0 {
                figures.cut_off += cut_off;
                figures.seconds += start.elapsed().as_secs_f64();
                figures.requests += scenario.turn;
                figures.cpu += receiver.cpu() - cpu;
                figures.octets += receiver.octets_read() - octets;
                figures.peak = receiver.peak();
            }
        }
    }
    figures
}

/// Sends as many as a turn has, some at a time, and gives how many were cut off in place of an answer: who closes on what
/// has not been read resets the connection, and an answer may be lost.
async fn send(address: SocketAddr, scenario: &Scenario, expected: u16) -> usize {
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

const TURNS: usize = 5;
const AT_ONCE: usize = 16;
const PIECE: usize = 16 * 1024;
