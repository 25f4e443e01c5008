use std::error::Error;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use untis_webhook::Verifier;
use untis_webhook_tower::{DefaultRejectionResponse, RejectionResponse, VerifiedBody, VerifyLayer};

use crate::ResponseFuture;
use crate::inner::Inner;

/// Refuses requests that the platform did not sign, and calls a service with the others.
///
/// See the [crate's documentation](crate) for an example. A clone shares the service.
///
/// ```
/// use std::time::Duration;
///
/// use hyper::{Response, StatusCode};
/// use untis_webhook_hyper::{Rejection, Verify};
/// # use untis_webhook_hyper::{KeySet, Verifier};
/// # let key = untis_webhook_testkit::SigningKey::generate().verifying_key();
/// # let verifier = Verifier::new(KeySet::new([("production", key)])?);
/// # let service = ();
///
/// let service = Verify::new(verifier, service)
///     .body_limit(16 * 1024)
///     .body_deadline(Duration::from_secs(5))
///     // As if there were nothing here, whatever the reason is.
///     .rejection_response(|_: Rejection| {
///         let mut response = Response::new(String::new());
///         *response.status_mut() = StatusCode::NOT_FOUND;
///         response
///     });
/// # let _ = service.get_ref();
/// # Ok::<(), untis_webhook_hyper::KeySetError>(())
/// ```
#[derive(Debug)]
pub struct Verify<S, R = DefaultRejectionResponse> {
    inner: Inner<S>,
    layer: VerifyLayer<R>,
}

impl<S> Verify<S> {
    /// Verifies with these keys, and with the default limit and deadline for the body.
    pub fn new(verifier: Verifier, service: S) -> Self {
        Self { inner: Inner::new(service), layer: VerifyLayer::new(verifier) }
    }
}

impl<S, R> Verify<S, R> {
    /// The longest body that is read, in octets: [`VerifyLayer::body_limit`].
    #[must_use]
    pub fn body_limit(self, octets: usize) -> Self {
        Self { layer: self.layer.body_limit(octets), ..self }
    }

    /// How long the whole body may take to arrive: [`VerifyLayer::body_deadline`].
    #[must_use]
    pub fn body_deadline(self, deadline: Duration) -> Self {
        Self { layer: self.layer.body_deadline(deadline), ..self }
    }

    /// Answers a request that was refused with this: [`VerifyLayer::rejection_response`].
    #[must_use]
    pub fn rejection_response<R2>(self, rejection_response: R2) -> Verify<S, R2> {
        Verify { inner: self.inner, layer: self.layer.rejection_response(rejection_response) }
    }

    /// The service that is called with verified requests.
    pub fn get_ref(&self) -> &S {
        self.inner.get_ref()
    }
}

impl<S, R: Clone> Clone for Verify<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Verify<S, R>
where
    S: Service<Request<VerifiedBody>, Response = Response<ResBody>>,
    R: RejectionResponse<ResBody>,
    ReqBody: Body,
    ReqBody::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    /// # Panics
    ///
    /// Outside a tokio runtime with a timer, for the body's deadline.
    fn call(&self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture::new(self.layer.verify_then_call(request, &self.inner))
    }
}
