use std::future::ready;
use std::mem;
use std::task::{Context, Poll};

use lambda_http::http::{Request, StatusCode};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, IntoResponse, LambdaEvent, Response, Service, service_fn};
use receiver_support::respond;

use crate::event::{self, Received};

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
type Adapted<S, R> = Adapter<'static, R, S>;

impl<S, B> Service<LambdaEvent<Received>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Default + Send + 'static,
    Response<B>: IntoResponse,
{
    type Response = <Adapted<S, Response<B>> as Service<LambdaEvent<LambdaRequest>>>::Response;
    type Error = S::Error;
    type Future = <Adapted<S, Response<B>> as Service<LambdaEvent<LambdaRequest>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaEvent<Received>) -> Self::Future {
        let LambdaEvent { payload: Received { event, headers }, context } = event;
        let mut event = LambdaEvent::new(event, context);
        match headers.and_then(|()| event::prepare(&mut event.payload)) {
            Ok(()) => {
                // The one that is ready is called.
                let next = self.inner.clone();
                Adapted::from(mem::replace(&mut self.inner, next)).call(event)
            }
            Err(unusable) => {
                tracing::info!("event refused: {}", unusable.reason());
                event.payload = event::empty(&event.payload);
                let refuse = |_: Request<Body>| ready(Ok(respond(StatusCode::BAD_REQUEST)));
                Adapted::from(service_fn(refuse)).call(event)
            }
        }
    }
}
