//! A receiver of the Untis Platform's webhooks, with warp. An example: copy it, and put your own code in the
//! place of [`receiver_support::handle`].

use std::convert::Infallible;

use bytes::Bytes;
use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, handle, respond};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use untis_webhook_warp::{Verified, Verifier, VerifyLayer};
use warp::http::StatusCode;
use warp::path::FullPath;
use warp::reject::MethodNotAllowed;
use warp::reply::Response;
use warp::{Filter, Rejection};

fn webhook(delivery: Verified<Bytes>) -> StatusCode {
    match delivery.event() {
        Ok(event) => {
            handle(&event);
            StatusCode::NO_CONTENT
        }
        Err(error) => error.status(),
    }
}

/// The path `/webhook`, as it is sent: [`warp::path!`] alone would also take it with a slash after it.
fn path() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    let without_slash = async |path: FullPath| match path.as_str() {
        "/webhook" => Ok(()),
        _ => Err(warp::reject::not_found()),
    };
    // The first keeps `CONNECT` from the second, which panics where there is no path.
    warp::path!("webhook").and(warp::path::full()).and_then(without_slash).untuple_one()
}

/// What is no `POST /webhook`. warp would put the reason into words, and not say which method is allowed.
async fn elsewhere(rejection: Rejection) -> Result<Response, Infallible> {
    let status = match rejection.find::<MethodNotAllowed>() {
        Some(_) => StatusCode::METHOD_NOT_ALLOWED,
        None if rejection.is_not_found() => StatusCode::NOT_FOUND,
        None => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Ok(respond(status))
}

/// Serves `POST /webhook`, for deliveries that one of the verifier's keys signed, until it is to stop, and
/// then ends what has begun.
///
/// The layer stands around all the routes. For a single one among others there is
/// [`untis_webhook_warp::endpoint`].
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop) {
    let routes =
        path().and(warp::post()).and(warp::ext::get::<Verified<Bytes>>()).map(webhook).recover(elsewhere);
    let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier)).service(warp::service(routes));
    receiver_support::serve(listener, TowerToHyperService::new(service), stop).await;
}
