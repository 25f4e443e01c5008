//! Bodies that a well-behaved client would not send, each of which says what it does.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// Panics when it is polled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread;

impl Body for Unread {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        panic!("the body was read")
    }
}

/// Never yields, and never wakes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stalled;

impl Body for Stalled {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Pending
    }
}

/// Another body, which holds a count for as long as it lives.
#[derive(Debug)]
pub struct Guarded<B> {
    inner: B,
    _count: Arc<()>,
}

impl<B> Guarded<B> {
    /// Adds one to the strong count.
    pub fn new(inner: B, count: &Arc<()>) -> Self {
        Self { inner, _count: Arc::clone(count) }
    }
}

impl<B: Body + Unpin> Body for Guarded<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Yields these frames, one a poll, and then its end. It never says beforehand that it has come to it.
#[derive(Debug)]
pub struct Frames<D = Bytes>(VecDeque<io::Result<Frame<D>>>);

impl Frames {
    /// One frame of data for each piece.
    pub fn of(pieces: impl IntoIterator<Item = impl Into<Bytes>>) -> Self {
        Self(pieces.into_iter().map(|piece| Ok(Frame::data(piece.into()))).collect())
    }

    /// Then more frames of data, whatever came before.
    pub fn then(mut self, pieces: impl IntoIterator<Item = impl Into<Bytes>>) -> Self {
        self.0.extend(Self::of(pieces).0);
        self
    }

    /// One frame for each byte.
    pub fn one_byte_each(body: &Bytes) -> Self {
        Self::of((0..body.len()).map(|i| body.slice(i..=i)))
    }
}

impl<D> Frames<D> {
    /// One frame of data, which need not be contiguous.
    pub fn of_buf(data: D) -> Self {
        Self([Ok(Frame::data(data))].into())
    }

    /// Then trailers.
    pub fn then_trailers(mut self, trailers: HeaderMap) -> Self {
        self.0.push_back(Ok(Frame::trailers(trailers)));
        self
    }

    /// Then the error of a connection that was lost.
    pub fn then_disconnect(mut self) -> Self {
        self.0.push_back(Err(io::ErrorKind::ConnectionReset.into()));
        self
    }
}

impl<D: Buf + Unpin> Body for Frames<D> {
    type Data = D;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<D>>>> {
        Poll::Ready(self.0.pop_front())
    }
}
