//! The proxy behind the layer, as a server, in front of an application.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod forwarding;
mod upstream;

use std::future::pending;
use std::net::SocketAddr;

use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use untis_webhook_proxy::Proxy;
use untis_webhook_tests::platform::verifier;
use untis_webhook_tower::VerifyLayer;

untis_webhook_tests::upstream_tests!(proxy);

/// The proxy in front of this application.
async fn proxy(upstream: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Proxy::new(upstream.parse().unwrap());
    let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier())).service(proxy);
    tokio::spawn(untis_webhook_serve::serve(listener, TowerToHyperService::new(service), pending()));
    address
}
