use http::Request;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http_body::Body;
use tower_service::Service;
use untis_webhook::{PendingBody, PresentedSignature, Rejection};

use crate::body_stage::BodyStage;
use crate::counted::Counted;
use crate::{ResponseFuture, VerifiedBody, VerifyLayer};

impl<R> VerifyLayer<R> {
    /// Verifies one request, and then calls a clone of `inner` with it: all that [`Verify`](crate::Verify)
    /// does.
    ///
    /// It is for adapters to other kinds of services, which have no use for a [`Service`] around theirs.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with a timer, for the body's deadline.
    pub fn verify_then_call<S, ReqBody>(
        &self,
        request: Request<ReqBody>,
        inner: &S,
    ) -> ResponseFuture<S, R, ReqBody>
    where
        S: Service<Request<VerifiedBody>> + Clone,
        R: Clone,
        ReqBody: Body,
    {
        let counted = Counted::begin();
        let (mut head, body) = request.into_parts();
        let rejection_response = self.rejection_response.clone();
        match self.begin(&head.headers, &body) {
            Ok(pending) => {
                self.mark_sensitive(&mut head.headers);
                let body = BodyStage::new(pending, body, self.body_deadline);
                let request = Request::from_parts(head, ());
                ResponseFuture::begun(request, body, inner.clone(), rejection_response, counted)
            }
            Err(rejection) => ResponseFuture::rejected(rejection, rejection_response, counted),
        }
    }

    /// All that can be said before the body is read.
    fn begin(&self, headers: &HeaderMap, body: &impl Body) -> Result<PendingBody, Rejection> {
        let presented = PresentedSignature::from_headers(headers, self.verifier.header_names())?;
        let pending = self.verifier.begin(&presented)?;
        // Only now: that a body is too long is no answer to a forgery.
        let declared = declared_length(headers).unwrap_or(0).max(body.size_hint().lower());
        match usize::try_from(declared) {
            Ok(declared) if declared <= self.body_limit => Ok(pending.collect(self.body_limit)),
            Ok(_) | Err(_) => Err(Rejection::BodyTooLarge),
        }
    }

    /// Keeps the signature out of whatever logs the headers from here inwards.
    fn mark_sensitive(&self, headers: &mut HeaderMap) {
        let names = self.verifier.header_names();
        for name in [&names.signature, &names.algorithm] {
            if let Some(value) = headers.get_mut(name) {
                value.set_sensitive(true);
            }
        }
    }
}

/// What `Content-Length` says. It is used to refuse, never to allocate, and a value that is not a number says
/// nothing: the limit holds for what arrives.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
