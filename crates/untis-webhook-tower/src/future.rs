use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;
use untis_webhook::Rejection;

use crate::body_stage::{BodyStage, BoxError};
use crate::counted::Counted;
use crate::delivery::Delivery;
use crate::{RejectionResponse, TARGET, VerifiedBody};

pin_project! {
    /// The response of [`Verify`](crate::Verify): the inner service's, or that to a rejection.
    pub struct ResponseFuture<S, R, ReqBody>
    where
        S: Service<Request<VerifiedBody>>,
    {
        #[pin]
        state: State<S, ReqBody, S::Future>,
        rejection_response: R,
        counted: Counted,
        is_over: bool,
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
        Verified { delivery: Option<Delivery> },
        Responding { #[pin] future: F, delivery: Delivery },
    }
}

impl<S, R, ReqBody> ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<VerifiedBody>>,
{
    pub(crate) fn rejected(rejection: Rejection, rejection_response: R, counted: Counted) -> Self {
        Self { state: State::Rejected { rejection }, rejection_response, counted, is_over: false }
    }

    pub(crate) fn begun(
        request: Request<()>,
        body: BodyStage<ReqBody>,
        inner: S,
        rejection_response: R,
        counted: Counted,
    ) -> Self {
        let stage = Stage::Reading { body };
        Self { state: State::Begun { stage, inner, request }, rejection_response, counted, is_over: false }
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

    /// # Panics
    ///
    /// If it is polled again after its end, however it ended.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Over until it is known to go on: a panic on the way is an end as well.
        assert!(!mem::replace(this.is_over, true), "polled after its end");
        let polled = match this.state.project() {
            StateProj::Rejected { rejection } => Poll::Ready(Err(*rejection)),
            StateProj::Begun { stage, inner, request } => poll_begun(stage, inner, request, this.counted, cx),
        };
        *this.is_over = polled.is_ready();
        let rejection = match ready!(polled) {
            Ok(answer) => return Poll::Ready(answer),
            Err(rejection) => rejection,
        };
        this.counted.refused(rejection);
        tracing::debug!(target: TARGET, ?rejection, "webhook request refused: {rejection}");
        let mut response = this.rejection_response.rejection_response(rejection);
        response.extensions_mut().insert(rejection);
        Poll::Ready(Ok(response))
    }
}

/// The inner service's answer, or the reason not to ask for it.
type Answer<T, E> = Result<Result<T, E>, Rejection>;

/// Reads, verifies, and then calls the inner service.
fn poll_begun<S, ReqBody, ResBody>(
    mut stage: Pin<&mut Stage<ReqBody, S::Future>>,
    inner: &mut S,
    request: &mut Request<()>,
    counted: &Counted,
    cx: &mut Context<'_>,
) -> Poll<Answer<S::Response, S::Error>>
where
    S: Service<Request<VerifiedBody>, Response = Response<ResBody>>,
    ReqBody: Body,
    ReqBody::Error: Into<BoxError>,
{
    loop {
        match stage.as_mut().project() {
            StageProj::Reading { body } => {
                let verified = ready!(body.poll_verified(cx))?;
                counted.verified(verified.key_id());
                let delivery = Delivery::new(verified, request);
                stage.set(Stage::Verified { delivery: Some(delivery) });
            }
            StageProj::Verified { delivery } => {
                // Readiness comes after the body: an unverified peer must hold no capacity.
                let is_ready = ready!(inner.poll_ready(cx));
                // There is one: it is taken once, and then the stage is over.
                let Some(mut delivery) = delivery.take() else {
                    return Poll::Ready(Err(Rejection::BodyIncomplete));
                };
                if let Err(error) = is_ready {
                    delivery.failed();
                    return Poll::Ready(Ok(Err(error)));
                }
                let verified = delivery.verified();
                let mut request = mem::take(request).map(|()| VerifiedBody::new(verified.clone()));
                request.extensions_mut().insert(verified.clone());
                let future = inner.call(request);
                stage.set(Stage::Responding { future, delivery });
            }
            StageProj::Responding { future, delivery } => {
                let mut answer = ready!(future.poll(cx));
                match &mut answer {
                    Ok(response) => delivery.answered(response),
                    Err(_) => delivery.failed(),
                }
                return Poll::Ready(Ok(answer));
            }
        }
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
