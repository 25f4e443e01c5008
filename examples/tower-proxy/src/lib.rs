//! A reverse proxy in front of an application in any language: it forwards what the Untis Platform signed,
//! and nothing else. An example of the layer around a tower service, which is [`untis_webhook_proxy`]'s.
//!
//! `UPSTREAM` is the application's host and port; all else that can be set is in [`receiver_support`].

use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, respond, route};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use untis_webhook_proxy::{Proxy, Upstream};
use untis_webhook_tower::{Verifier, VerifyLayer};

/// Serves `POST /webhook`, for deliveries that one of the verifier's keys signed, until it is to stop, and
/// then ends what has begun.
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop, upstream: Upstream) {
    let proxy = Proxy::new(upstream);
    let service =
        ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(service_fn(move |request| {
            let proxy = proxy.clone();
            async move {
                match route(&request) {
                    Ok(()) => proxy.oneshot(request).await,
                    Err(status) => Ok(respond(status)),
                }
            }
        }));
    receiver_support::serve(listener, TowerToHyperService::new(service), stop).await;
}
