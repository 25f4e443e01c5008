use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::{NotAnswered, Upstream};

/// A connection to the application, which does nothing but when it is asked to.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: http1::Connection<TokioIo<TcpStream>, Full<Bytes>>,
    opened: Instant,
}

impl Connection {
    pub(crate) async fn to(upstream: &Upstream) -> Result<Self, ExchangeError> {
        let stream = TcpStream::connect(upstream.as_str()).await.map_err(ExchangeError::Connect)?;
        stream.set_nodelay(true).map_err(ExchangeError::Connect)?;
        let (sender, driver) =
            http1::Builder::new().max_buf_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver, opened: Instant::now() })
    }

    /// Sends a request, and reads the answer to its end.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let answer = async {
            let response = self.sender.send_request(request).await?;
            if response.status().is_informational() {
                return Err(ExchangeError::Informational(response.status().as_u16()));
            }
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(ExchangeError::Body)?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            biased;
            answered = &mut answer => answered,
            // Closed: what has come is read to its end.
            _ = &mut self.driver => answer.await,
        }
    }

    /// Until when requests are sent on it, however many.
    pub(crate) fn kept_until(&self) -> Instant {
        self.opened + KEPT
    }

    pub(crate) fn is_old(&self) -> bool {
        self.kept_until() <= Instant::now()
    }

    /// Whether another request can be sent, as far as is known: the application may have closed it.
    pub(crate) async fn is_open(&mut self) -> bool {
        let driver = &mut self.driver;
        let is_closed = poll_fn(|cx| Poll::Ready(Pin::new(&mut *driver).poll(cx).is_ready())).await;
        !is_closed && self.sender.is_ready()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("the application's answer is not whole")]
    Body(#[source] Box<dyn Error + Send + Sync>),
    #[error("the application cannot be reached")]
    Connect(#[source] io::Error),
    #[error("the application does not answer")]
    Http(#[from] hyper::Error),
    #[error("the application answers {0}, which is no answer")]
    Informational(u16),
}

impl ExchangeError {
    pub(crate) fn kind(&self) -> NotAnswered {
        match self {
            Self::Connect(_) => NotAnswered::Unreachable,
            Self::Body(_) | Self::Http(_) | Self::Informational(_) => NotAnswered::Wrong,
        }
    }
}

/// Less than applications keep one that has nothing under way; and no longer for one that is used, since an application that
/// serves few at once lets those wait who have connected after it.
const KEPT: Duration = Duration::from_secs(1);

/// Octets of the head of an answer, or somewhat more: of what is longer than what is read at once.
const LONGEST_HEAD: usize = 64 * 1024;

/// Octets of the rest of it.
const LONGEST_BODY: usize = 1024 * 1024;
