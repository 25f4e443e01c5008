//! The receivers, each as a process of this program.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::serve::Listener;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use untis_webhook::{KeySet, Verifier, VerifyingKey};
use untis_webhook_axum::{VerifiedEvent, VerifyLayer};
use untis_webhook_benches::{Peer, peers_of};

/// The receivers, the first with the layer. The others take the whole body first, as much as axum lets them.
pub(crate) const RECEIVERS: [&str; 4] =
    ["the layer", "buffer, then aws-lc-rs", "buffer, then rsa", "no verification"];

/// One of them, which serves until its standard input ends. It says where it listens, and to each line how many octets
/// it has read so far.
pub(crate) fn receive(which: &str, key: &str) {
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

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
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
