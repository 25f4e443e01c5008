use std::convert::Infallible;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use untis_webhook::Verified;

/// The body of a request that the platform signed: the signed bytes, with their proof.
///
/// Only [`VerifyLayer`](crate::VerifyLayer) makes one. It can be read as a [`Body`], in one frame, by a
/// service that knows nothing of signatures.
pub struct VerifiedBody {
    verified: Verified<Bytes>,
    /// Whether there is still a frame to be read as a [`Body`].
    is_unread: bool,
}

impl VerifiedBody {
    pub(crate) fn new(verified: Verified<Bytes>) -> Self {
        Self { is_unread: !verified.is_empty(), verified }
    }

    /// The proof, with all the signed bytes, however many have been read as a [`Body`].
    pub fn verified(&self) -> &Verified<Bytes> {
        &self.verified
    }

    /// The proof, with all the signed bytes, however many have been read as a [`Body`].
    pub fn into_verified(self) -> Verified<Bytes> {
        self.verified
    }
}

impl Body for VerifiedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let is_unread = mem::take(&mut self.is_unread);
        Poll::Ready(is_unread.then(|| Ok(Frame::data(Bytes::clone(&self.verified)))))
    }

    fn is_end_stream(&self) -> bool {
        !self.is_unread
    }

    fn size_hint(&self) -> SizeHint {
        match self.is_unread {
            true => SizeHint::with_exact(u64::try_from(self.verified.len()).unwrap_or(u64::MAX)),
            false => SizeHint::with_exact(0),
        }
    }
}

/// The body is left out: it may hold secrets.
impl fmt::Debug for VerifiedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBody").field("verified", &self.verified).finish_non_exhaustive()
    }
}
