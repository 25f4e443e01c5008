use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use untis_webhook_tower::VerifiedBody;

/// The user's hyper service, under the trait by which the layer calls it. A hyper service is always ready.
#[derive(Debug)]
pub(crate) struct Inner<S>(Arc<S>);

impl<S> Inner<S> {
    pub(crate) fn new(service: S) -> Self {
        Self(Arc::new(service))
    }

    pub(crate) fn get_ref(&self) -> &S {
        &self.0
    }
}

impl<S> Clone for Inner<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> tower_service::Service<Request<VerifiedBody>> for Inner<S>
where
    S: hyper::service::Service<Request<VerifiedBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> S::Future {
        self.0.call(request)
    }
}
