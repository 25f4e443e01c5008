use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::sleep_until;

use crate::Upstream;
use crate::connection::{Connection, ExchangeError};

/// The application, and the connections to it that have nothing under way, the one that was used last at the end.
#[derive(Debug)]
pub(crate) struct Application {
    upstream: Upstream,
    idle: Mutex<Vec<Connection>>,
}

impl Application {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream, idle: Mutex::default() }
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request, and gives the answer in whole.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ExchangeError> {
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
        let kept_until = connection.kept_until();
        let answered = connection.exchange(request).await;
        if self.keep(connection).await {
            let application = Arc::downgrade(self);
            // An application with few threads may have given it one of them.
            tokio::spawn(async move {
                sleep_until(kept_until).await;
                if let Some(application) = application.upgrade() {
                    application.locked(|idle| idle.retain(|connection| !connection.is_old()));
                }
            });
        }
        answered
    }

    /// One that is open, as far as is known.
    async fn idle(&self) -> Option<Connection> {
        loop {
            let mut connection = self.locked(Vec::pop)?;
            if connection.is_open().await {
                return Some(connection);
            }
        }
    }

    /// For the next request, if it can have one: whether that is so.
    async fn keep(&self, mut connection: Connection) -> bool {
        let is_open = connection.is_open().await;
        // Whoever closes those that are old has the lock as well, so that none comes after that.
        self.locked(|idle| {
            let is_kept = is_open && !connection.is_old();
            if is_kept {
                idle.push(connection);
            }
            is_kept
        })
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Vec<Connection>) -> T) -> T {
        act(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
