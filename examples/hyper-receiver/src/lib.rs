//! A receiver of the Untis Platform's webhooks, with hyper alone. An example: copy it, and put your own code
//! in the place of [`receiver_support::handle`].

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use receiver_support::{Stop, handle, respond, route};
use tokio::net::TcpListener;
use untis_webhook_hyper::{VerifiedBody, Verifier, Verify};

async fn webhook(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(respond(answer(&request)))
}

fn answer(request: &Request<VerifiedBody>) -> StatusCode {
    if let Err(status) = route(request) {
        return status;
    }
    match request.body().verified().event() {
        Ok(event) => {
            handle(&event);
            StatusCode::NO_CONTENT
        }
        Err(error) => error.status(),
    }
}

/// Serves `POST /webhook`, for deliveries that one of the verifier's keys signed, until it is to stop, and
/// then ends what has begun.
pub async fn serve(listener: TcpListener, verifier: Verifier, stop: Stop) {
    receiver_support::serve(listener, Verify::new(verifier, service_fn(webhook)), stop).await;
}
