use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::body_stage::BoxError;
use crate::{RejectionResponse, ResponseFuture, VerifiedBody, VerifyLayer};

/// Refuses requests that the platform did not sign, and calls the inner service with the others.
///
/// It is always ready. The inner service is cloned for each request, and the clone is driven to readiness
/// once the request has been verified: a request that has not been holds no capacity of the inner service,
/// however slowly its body comes. For the same reason a full inner service does not show as backpressure;
/// requests wait for it after verification.
///
/// ```
/// use tower::Layer;
/// use untis_webhook_tower::{DefaultRejectionResponse, Verifier, Verify, VerifyLayer};
///
/// /// A type that has it as a field names it.
/// struct Receiver<S>(Verify<S, DefaultRejectionResponse>);
///
/// impl<S: Clone> Receiver<S> {
///     fn new(verifier: Verifier, service: S) -> Self {
///         Self(VerifyLayer::new(verifier).layer(service))
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Verify<S, R> {
    pub(crate) inner: S,
    pub(crate) config: VerifyLayer<R>,
}

impl<S, R> Verify<S, R> {
    /// The service that is called with verified requests.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service that is called with verified requests, without the verification.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Verify<S, R>
where
    S: Service<Request<VerifiedBody>, Response = Response<ResBody>> + Clone,
    R: RejectionResponse<ResBody>,
    ReqBody: Body,
    ReqBody::Error: Into<BoxError>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    /// # Panics
    ///
    /// Outside a tokio runtime with a timer, for the body's deadline.
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        self.config.verify_then_call(request, &self.inner)
    }
}
