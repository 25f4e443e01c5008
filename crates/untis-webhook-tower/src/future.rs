use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;
use untis_webhook::{Rejection, Verified};

use crate::body_stage::{BodyStage, BoxError};
use crate::{RejectionResponse, VerifiedBody};

pin_project! {
    /// The response of [`Verify`](crate::Verify): the inner service's, or that to a rejection.
    pub struct ResponseFuture<S, R, ReqBody>
    where
        S: Service<Request<VerifiedBody>>,
    {
        #[pin]
        state: State<S, ReqBody, S::Future>,
        rejection_response: R,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody, F> {
        // Refused on its headers. The body has been dropped unread, and the inner service was not even
        // cloned.
        Rejected { rejection: Rejection },
        // Signed by a trusted key, though maybe over another body.
        Begun {
            #[pin]
            stage: Stage<ReqBody, F>,
            inner: S,
            // Without the body; empty once the inner service has been called.
            request: Request<()>,
        },
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<ReqBody, F> {
        Reading { #[pin] body: BodyStage<ReqBody> },
        Verified { verified: Verified<Bytes> },
        Responding { #[pin] future: F },
    }
}

impl<S, R, ReqBody> ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<VerifiedBody>>,
{
    pub(crate) fn rejected(rejection: Rejection, rejection_response: R) -> Self {
        Self { state: State::Rejected { rejection }, rejection_response }
    }

    pub(crate) fn begun(
        request: Request<()>,
        body: BodyStage<ReqBody>,
        inner: S,
        rejection_response: R,
    ) -> Self {
        let stage = Stage::Reading { body };
        Self { state: State::Begun { stage, inner, request }, rejection_response }
    }
}

impl<S, R, ReqBody, ResBody> Future for ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<VerifiedBody>, Response = Response<ResBody>>,
    R: RejectionResponse<ResBody>,
    ReqBody: Body,
    ReqBody::Error: Into<BoxError>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let rejection = match this.state.project() {
            StateProj::Rejected { rejection } => *rejection,
            StateProj::Begun { mut stage, inner, request } => loop {
                match stage.as_mut().project() {
                    StageProj::Reading { body } => match ready!(body.poll_verified(cx)) {
                        Ok(verified) => stage.set(Stage::Verified { verified }),
                        Err(rejection) => break rejection,
                    },
                    StageProj::Verified { verified } => {
                        // Readiness comes after the body: an unverified peer must hold no capacity.
                        ready!(inner.poll_ready(cx))?;
                        let mut request = mem::take(request).map(|()| VerifiedBody::new(verified.clone()));
                        request.extensions_mut().insert(verified.clone());
                        let future = inner.call(request);
                        stage.set(Stage::Responding { future });
                    }
                    StageProj::Responding { future } => return future.poll(cx),
                }
            },
        };
        tracing::debug!(?rejection, "webhook request refused: {rejection}");
        let mut response = this.rejection_response.rejection_response(rejection);
        response.extensions_mut().insert(rejection);
        Poll::Ready(Ok(response))
    }
}

impl<S, R, ReqBody> fmt::Debug for ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<VerifiedBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
