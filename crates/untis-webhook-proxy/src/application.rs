use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::Instant;

use crate::Upstream;
use crate::connection::{Connection, ExchangeError};

/// The application, and the connections to it that have nothing under way, the one that was used last at the end.
#[derive(Debug)]
pub(crate) struct Application {
    upstream: Upstream,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl Application {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream, idle: Mutex::default() }
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request, and gives the answer in whole.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, ExchangeError> {
        if let Some(mut connection) = self.idle().await {
            // The application may close it just now, and then nobody knows how far it came. The platform would send it
            // again.
            match connection.exchange(request.clone()).await {
                Err(ExchangeError::Http(_)) => {}
                answered => {
                    self.keep(connection).await;
                    return answered;
                }
            }
        }
        let mut connection = Connection::to(&self.upstream).await?;
        let answered = connection.exchange(request).await;
        self.keep(connection).await;
        answered
    }

    /// One that is open, as far as is known.
    async fn idle(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.locked(Vec::pop)?;
            if since.elapsed() > KEPT {
                // So are all that were used before.
                self.locked(|idle| idle.retain(|(_, since)| since.elapsed() <= KEPT));
                return None;
            }
            if connection.is_open().await {
                return Some(connection);
            }
        }
    }

    async fn keep(&self, mut connection: Connection) {
        if connection.is_open().await {
            self.locked(|idle| idle.push((connection, Instant::now())));
        }
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Vec<(Connection, Instant)>) -> T) -> T {
        act(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Less than applications keep one that has nothing under way.
const KEPT: Duration = Duration::from_secs(1);
