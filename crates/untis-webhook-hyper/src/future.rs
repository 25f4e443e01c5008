use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use pin_project_lite::pin_project;
use untis_webhook_tower::{RejectionResponse, VerifiedBody};

use crate::inner::Inner;

pin_project! {
    /// The response of [`Verify`](crate::Verify): the user's service's, or that to a rejection.
    pub struct ResponseFuture<S, R, ReqBody>
    where
        S: Service<Request<VerifiedBody>>,
    {
        #[pin]
        future: untis_webhook_tower::ResponseFuture<Inner<S>, R, ReqBody>,
    }
}

impl<S, R, ReqBody> ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<VerifiedBody>>,
{
    pub(crate) fn new(future: untis_webhook_tower::ResponseFuture<Inner<S>, R, ReqBody>) -> Self {
        Self { future }
    }
}

impl<S, R, ReqBody, ResBody> Future for ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<VerifiedBody>, Response = Response<ResBody>>,
    R: RejectionResponse<ResBody>,
    ReqBody: Body,
    ReqBody::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx)
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
