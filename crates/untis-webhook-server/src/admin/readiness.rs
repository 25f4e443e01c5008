use std::io;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use untis_webhook_serve::causes;
use untis_webhook_tenants::{SealError, StoreError};

use super::Watched;

/// Whether deliveries can be taken, as it was found a moment ago: whoever asks often costs nothing.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    last: Mutex<Option<(Instant, Result<(), &'static str>)>>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    #[error("expected an answer within {0:?}")]
    Deadline(Duration),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the application accepts no connection")]
    Upstream(#[from] io::Error),
}

impl Readiness {
    /// Why not, if it is not.
    pub(super) async fn of<W: Watched>(&self, watched: &W) -> Result<(), &'static str> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH
        {
            return *found;
        }
        let found = timeout(DEADLINE, watched.look()).await;
        let found = found.map_err(|_| NotReady::Deadline(DEADLINE)).flatten();
        let was_ready = last.as_ref().is_none_or(|(_, before)| before.is_ok());
        if let Err(error) = &found
            && was_ready
        {
            tracing::warn!(error = causes(error), "not ready");
        }
        if found.is_ok() && !was_ready {
            tracing::info!("ready again");
        }
        let found = found.map_err(|error| error.reason(W::SILENT));
        *last = Some((Instant::now(), found));
        found
    }
}

impl NotReady {
    /// No more than a stranger may know.
    fn reason(&self, silent: &'static str) -> &'static str {
        match self {
            Self::Seal(_) => "the store keys are not those of the database",
            Self::Store(StoreError::LaterVersion { .. }) => "the tables are those of a later version",
            Self::Deadline(_) | Self::Store(_) | Self::Upstream(_) => silent,
        }
    }
}

const DEADLINE: Duration = Duration::from_secs(3);

const FRESH: Duration = Duration::from_secs(1);
