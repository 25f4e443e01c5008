//! A receiver of the Untis Platform's webhooks as a function of AWS Lambda, behind API Gateway, a load balancer or a
//! function URL. An example: copy it, and put your own code in the place of [`receiver_support::handle`].
//!
//! What differs from a server is said in the guide, on the page about Lambda.

mod event;
mod guard;

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use lambda_http::http::{Method, Request, StatusCode};
use lambda_http::tower::{Layer, service_fn};
use lambda_http::{Body, RequestExt, Response, Service};
use receiver_support::{handle, respond};
use tokio::time::timeout;
use untis_webhook_tower::{Event, Reason, Verified, VerifiedBody, Verifier, VerifyLayer};

pub use event::Received;
pub use guard::Guard;

/// The receiver: takes deliveries that one of the verifier's keys signed, on any path. Which ones come here is what the
/// routes before the function say.
pub fn app(
    verifier: Verifier,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static> + Clone
{
    app_handled_by(verifier, async |event| {
        handle(&event);
        StatusCode::NO_CONTENT
    })
}

/// The same, with a handler of your own.
pub fn app_handled_by<F, H>(
    verifier: Verifier,
    handler: H,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static> + Clone
where
    H: Fn(Verified<Event>) -> F + Clone + Send + 'static,
    F: Future<Output = StatusCode> + Send + 'static,
{
    VerifyLayer::new(verifier).layer(service_fn(move |request: Request<VerifiedBody>| {
        let handler = handler.clone();
        async move { Ok(answer(request, handler).await) }
    }))
}

async fn answer<F>(request: Request<VerifiedBody>, handler: impl Fn(Verified<Event>) -> F) -> Response<Body>
where
    F: Future<Output = StatusCode>,
{
    if request.method() != Method::POST {
        return respond(StatusCode::METHOD_NOT_ALLOWED);
    }
    let left = time_left(&request);
    let event = match request.into_body().into_verified().event() {
        Ok(event) => event,
        Err(error) => return respond(error.status()),
    };
    // When its time is up the function is frozen or ended as it stands, without an answer and without a line in the log.
    match timeout(left, handler(event)).await {
        Ok(status) => respond(status),
        Err(_) => {
            let mut response = respond(StatusCode::SERVICE_UNAVAILABLE);
            response.extensions_mut().insert(Reason("the invocation's time was up".into()));
            response
        }
    }
}

/// What is left of the invocation, without the time that an answer takes.
fn time_left(request: &Request<VerifiedBody>) -> Duration {
    let deadline = request.lambda_context_ref().map(|context| context.deadline());
    let left = deadline.and_then(|deadline| deadline.duration_since(SystemTime::now()).ok());
    left.unwrap_or_default().saturating_sub(FOR_THE_ANSWER)
}

const FOR_THE_ANSWER: Duration = Duration::from_millis(500);
