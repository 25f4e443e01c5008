use std::error::Error;
use std::io;
use std::pin::pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use untis_webhook_tower::VerifiedBody;

use crate::{NotAnswered, Upstream};

/// Sends a request on a connection of its own, and reads the answer to its end.
///
/// A connection that was kept could be closed by the application just as it is used again.
pub(crate) async fn exchange(
    upstream: &Upstream,
    request: Request<VerifiedBody>,
) -> Result<Response<Bytes>, ExchangeError> {
    let stream = TcpStream::connect(upstream.as_str()).await.map_err(ExchangeError::Connect)?;
    stream.set_nodelay(true).map_err(ExchangeError::Connect)?;
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await?;
    let answer = pin!(async {
        let response = sender.send_request(request).await?;
        if response.status().is_informational() {
            return Err(ExchangeError::Informational(response.status().as_u16()));
        }
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(ExchangeError::Body)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    });
    let mut answer = answer;
    tokio::select! {
        biased;
        answered = &mut answer => answered,
        // Closed: what has come is read to its end.
        _ = connection => answer.await,
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

/// Octets of the head of an answer, or somewhat more: of what is longer than what is read at once.
const LONGEST_HEAD: usize = 64 * 1024;

/// Octets of the rest of it.
const LONGEST_BODY: usize = 1024 * 1024;
