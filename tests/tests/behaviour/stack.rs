//! The four stacks, as real servers.

use std::future::pending;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use untis_webhook_tests::behaviour::{Stack, application};
use untis_webhook_tests::platform::verifier;

/// All of them: axum, hyper, warp, and the layer around a plain tower service.
pub(crate) async fn start_all() -> Vec<Stack> {
    let stop = || Box::pin(pending());
    let (axum, axum_address) = listen().await;
    tokio::spawn(axum_receiver::serve(axum, verifier(), stop()));
    let (hyper, hyper_address) = listen().await;
    tokio::spawn(hyper_receiver::serve(hyper, verifier(), stop()));
    let (warp, warp_address) = listen().await;
    tokio::spawn(warp_receiver::serve(warp, verifier(), stop()));
    let tower_address = tower_proxy(application().await.to_string()).await;

    [("axum", axum_address), ("hyper", hyper_address), ("warp", warp_address), ("tower", tower_address)]
        .map(|(name, address)| Stack { name, address })
        .into()
}

/// The proxy in front of this application.
pub(crate) async fn tower_proxy(upstream: String) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(tower_proxy::serve(listener, verifier(), Box::pin(pending()), upstream.parse().unwrap()));
    address
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
