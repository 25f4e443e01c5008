use std::error::Error;
use std::iter::successors;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body_util::LengthLimitError;
use pin_project_lite::pin_project;
use tower_http::timeout::{DeadlineBody, TimeoutError};
use untis_webhook::{PendingBody, Rejection, Verified};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// Reads the body to its end, and checks it.
    pub(crate) struct BodyStage<B> {
        #[pin]
        body: DeadlineBody<B>,
        // `None` when it has been finished.
        pending: Option<PendingBody>,
    }
}

impl<B> BodyStage<B> {
    pub(crate) fn new(pending: PendingBody, body: B, deadline: Duration) -> Self {
        Self { body: DeadlineBody::new(deadline, body), pending: Some(pending) }
    }
}

impl<B> BodyStage<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    /// Ready once the body is whole and verified, or the request is rejected. Not to be polled again after
    /// that.
    pub(crate) fn poll_verified(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Verified<Bytes>, Rejection>> {
        let mut this = self.project();
        for _ in 0..FRAMES_IN_A_ROW {
            // The end is `None` and nothing else: `is_end_stream` is a hint, and not every body gives it.
            let Some(frame) = ready!(this.body.as_mut().poll_frame(cx)) else {
                let pending = this.pending.take().ok_or(Rejection::BodyIncomplete);
                return Poll::Ready(pending.and_then(PendingBody::finish));
            };
            let frame = frame.map_err(|error| rejection_of(&*error))?;
            // What is no data is trailers: they are not signed.
            if let (Ok(data), Some(pending)) = (frame.into_data(), this.pending.as_mut()) {
                pending.push(data)?;
            }
        }
        // A body that is always ready would keep the runtime from everything else, its clock too.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// What the error of a body means. Its cause may be wrapped: frameworks box the errors of the bodies they
/// erase.
fn rejection_of(error: &(dyn Error + 'static)) -> Rejection {
    successors(Some(error), |&error| error.source())
        .find_map(|cause| match cause {
            cause if cause.is::<TimeoutError>() => Some(Rejection::BodyTimeout),
            cause if cause.is::<LengthLimitError>() => Some(Rejection::BodyTooLarge),
            _ => None,
        })
        .unwrap_or(Rejection::BodyIncomplete)
}

/// Frames that are read before others have their turn. A body at the default limit has fewer, unless they are small.
const FRAMES_IN_A_ROW: usize = 64;
