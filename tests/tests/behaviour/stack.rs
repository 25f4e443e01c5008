//! The four stacks, as real servers.

use std::future::pending;
use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tower_proxy::Upstream;
use untis_webhook_tests::platform::verifier;

/// A server at work, until the runtime ends.
pub(crate) struct Stack {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
}

impl Stack {
    /// All of them: axum, hyper, warp, and the layer around a plain tower service.
    pub(crate) async fn start_all() -> Vec<Self> {
        let stop = || Box::pin(pending());
        let (axum, axum_address) = listen().await;
        tokio::spawn(axum_receiver::serve(axum, verifier(), stop()));
        let (hyper, hyper_address) = listen().await;
        tokio::spawn(hyper_receiver::serve(hyper, verifier(), stop()));
        let (warp, warp_address) = listen().await;
        tokio::spawn(warp_receiver::serve(warp, verifier(), stop()));

        let (application, application_address) = listen().await;
        let router = Router::new().fallback(async || StatusCode::NO_CONTENT);
        tokio::spawn(async { axum::serve(application, router).await });
        let upstream = Upstream::from_vars(|_| Some(application_address.to_string())).unwrap();
        let (tower, tower_address) = listen().await;
        tokio::spawn(tower_proxy::serve(tower, verifier(), stop(), upstream));

        [("axum", axum_address), ("hyper", hyper_address), ("warp", warp_address), ("tower", tower_address)]
            .map(|(name, address)| Self { name, address })
            .into()
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
