//! A receiver of the Untis Platform's webhooks, with warp. An example: copy it, and put your own code in the
//! place of [`receiver_support::handle`].

use bytes::Bytes;
use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, handle};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use untis_webhook_warp::{Verified, Verifier, VerifyLayer};
use warp::Filter;
use warp::http::StatusCode;

fn webhook(delivery: Verified<Bytes>) -> StatusCode {
    match delivery.event() {
        Ok(event) => {
            handle(&event);
            StatusCode::NO_CONTENT
        }
        Err(error) => error.status(),
    }
}

/// Serves `POST /webhook`, for deliveries that one of the verifier's keys signed, until it is to stop, and
/// then ends what has begun.
///
/// The layer stands around all the routes. For a single one among others there is
/// [`untis_webhook_warp::endpoint`].
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop) {
    let routes =
        warp::path!("webhook").and(warp::post()).and(warp::ext::get::<Verified<Bytes>>()).map(webhook);
    let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(warp::service(routes));
    receiver_support::serve(listener, TowerToHyperService::new(service), stop).await;
}
