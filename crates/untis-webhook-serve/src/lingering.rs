use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::limits::{LEFT, LEFT_OCTETS};
use crate::progress::Progress;

/// A connection that is closed in two steps ([RFC 9112, section 9.6]).
///
/// Who is answered before his body was read, as for a signature that is nobody's, may still be sending it. To close on unread
/// octets resets the connection, and the answer may be lost on the way: a front end would say 502 in its place, and take the
/// receiver for one that is down. So writing ends first, and what comes then is thrown away, for a moment.
///
/// [RFC 9112, section 9.6]: https://www.rfc-editor.org/rfc/rfc9112.html#section-9.6
pub(crate) struct Lingering<S> {
    stream: S,
    progress: Progress,
    closing: Option<Closing>,
}

/// What may still come.
struct Closing {
    until: Pin<Box<Sleep>>,
    octets: usize,
}

impl<S> Lingering<S> {
    pub(crate) fn new(stream: S, progress: Progress) -> Self {
        Self { stream, progress, closing: None }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    /// Reads until the peer has closed as well.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { stream, closing, .. } = self;
        let closing =
            closing.get_or_insert_with(|| Closing { until: Box::pin(sleep(LEFT)), octets: LEFT_OCTETS });
        let mut buffer = [0; 4096];
        while closing.octets > 0 && closing.until.as_mut().poll(cx).is_pending() {
            let mut read = ReadBuf::new(&mut buffer);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut read)) {
                Ok(()) if !read.filled().is_empty() => {
                    closing.octets = closing.octets.saturating_sub(read.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        match self.progress.refused() {
            true => self.poll_left(cx).map(Ok),
            false => Poll::Ready(Ok(())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
