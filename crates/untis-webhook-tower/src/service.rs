use std::task::{Context, Poll};

use http::header::{CONTENT_LENGTH, HeaderMap};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;
use untis_webhook::{PendingBody, PresentedSignature, Rejection};

use crate::body_stage::{BodyStage, BoxError};
use crate::{RejectionResponse, ResponseFuture, VerifiedBody, VerifyLayer};

/// Refuses requests that the platform did not sign, and calls the inner service with the others.
///
/// It is always ready. The inner service is cloned for each request, and the clone is driven to readiness
/// once the request has been verified: a request that has not been holds no capacity of the inner service,
/// however slowly its body comes. For the same reason a full inner service does not show as backpressure;
/// requests wait for it after verification.
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

    /// The header stage: all that can be said before the body is read.
    fn begin(&self, headers: &HeaderMap, body: &impl Body) -> Result<PendingBody, Rejection> {
        let VerifyLayer { verifier, body_limit, .. } = &self.config;
        let presented = PresentedSignature::from_headers(headers, verifier.header_names())?;
        let pending = verifier.begin(&presented)?;
        // Only now: that a body is too long is no answer to a forgery.
        let declared = declared_length(headers).unwrap_or(0).max(body.size_hint().lower());
        match usize::try_from(declared) {
            Ok(declared) if declared <= *body_limit => Ok(pending.collect(*body_limit)),
            Ok(_) | Err(_) => Err(Rejection::BodyTooLarge),
        }
    }

    /// Keeps the signature out of whatever logs the headers from here inwards.
    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        let names = self.config.verifier.header_names();
        for name in [&names.signature, &names.algorithm] {
            if let Some(value) = headers.get_mut(name) {
                value.set_sensitive(true);
            }
        }
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
        let (mut head, body) = request.into_parts();
        let rejection_response = self.config.rejection_response.clone();
        match self.begin(&head.headers, &body) {
            Ok(pending) => {
                self.mark_sensitive(&mut head.headers);
                let body = BodyStage::new(pending, body, self.config.body_deadline);
                ResponseFuture::begun(
                    Request::from_parts(head, ()),
                    body,
                    self.inner.clone(),
                    rejection_response,
                )
            }
            Err(rejection) => ResponseFuture::rejected(rejection, rejection_response),
        }
    }
}

/// What `Content-Length` says. It is used to refuse, never to allocate, and a value that is not a number says
/// nothing: the limit holds for what arrives.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
