use std::convert::Infallible;
use std::future::{Ready, ready};
use std::mem;
use std::task::{Context, Poll};

use lambda_http::http::{Request, StatusCode};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, LambdaEvent, Response, Service, service_fn};
use receiver_support::respond;

use crate::event;

/// A service of requests as one of events, in the place of the adapter of [`lambda_http::run`], which panics over events of
/// which it can make no request. Here these are answered with 400:
///
/// ```no_run
/// # async fn run(verifier: untis_webhook_tower::Verifier) -> Result<(), lambda_http::Error> {
/// lambda_http::lambda_runtime::run(lambda_receiver::Guard::new(lambda_receiver::app(verifier))).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Guard<S> {
    inner: S,
}

impl<S> Guard<S> {
    /// Wraps a service of requests.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

/// What lambda_http makes a service of events with. It is hidden there, and public, so that layers can stand around it.
type Adapted<S> = Adapter<'static, Response<Body>, S>;

impl<S> Service<LambdaEvent<LambdaRequest>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
    S::Future: Send + 'static,
{
    type Response = <Adapted<S> as Service<LambdaEvent<LambdaRequest>>>::Response;
    type Error = Infallible;
    type Future = <Adapted<S> as Service<LambdaEvent<LambdaRequest>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut event: LambdaEvent<LambdaRequest>) -> Self::Future {
        match event::prepare(&mut event.payload) {
            Ok(()) => {
                // The one that is ready is called.
                let next = self.inner.clone();
                Adapter::from(mem::replace(&mut self.inner, next)).call(event)
            }
            Err(unusable) => {
                tracing::info!("event refused: {}", unusable.reason());
                event.payload = event::empty(&event.payload);
                Adapter::from(service_fn(refuse)).call(event)
            }
        }
    }
}

fn refuse(_: Request<Body>) -> Ready<Result<Response<Body>, Infallible>> {
    ready(Ok(respond(StatusCode::BAD_REQUEST)))
}
