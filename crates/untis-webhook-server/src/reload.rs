//! What is read again while the daemon runs, on SIGHUP and when a file changes: the keys that are trusted, the store keys, tokens and
//! secrets. All of it or, if anything of it cannot be used, nothing.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use untis_webhook_config::FileWatch;
use untis_webhook_serve::causes;

use crate::config::ConfigError;
use crate::metrics::Metrics;
use crate::serve::error::StartError;
use crate::serve::stop::HangUps;
use crate::settings::{Settings, Source};

/// How the last reload went. A clone shares it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reloads(Arc<Mutex<Option<Failure>>>);

/// What is configured cannot be used, so that what was read before is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What and why, for an operator.
    pub(crate) error: String,
    pub(crate) since: SystemTime,
}

impl Reloads {
    /// None if what is in use is what is configured.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether that is news.
    fn ended(&self, with: Result<(), String>) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = last.as_ref().map(|failure| &failure.error) != with.as_ref().err();
        let since = last.as_ref().map_or_else(SystemTime::now, |failure| failure.since);
        *last = with.err().map(|error| Failure { error, since });
        is_news
    }
}

/// Puts the settings in the place of those in use.
pub(crate) type Apply =
    Box<dyn Fn(Settings) -> Pin<Box<dyn Future<Output = Result<(), StartError>> + Send>> + Send + Sync>;

/// Reads the settings again.
pub(crate) type Read = Arc<dyn Fn() -> Result<Settings, ConfigError> + Send + Sync>;

/// What reads again.
pub(crate) struct Reload {
    pub(crate) apply: Apply,
    pub(crate) reloads: Reloads,
    pub(crate) metrics: Metrics,
    /// Of the settings in use, and of those that the daemon was started with.
    pub(crate) source: Source,
}

impl Reload {
    /// Goes on for ever.
    pub(crate) async fn run(mut self, read: Read, mut hang_ups: HangUps) {
        let changed = Arc::new(Notify::new());
        let mut watch = self.watch(&changed);
        loop {
            let is_asked_for = tokio::select! {
                () = changed.notified() => false,
                () = hang_ups.next() => true,
                () = sleep(RETRY), if self.reloads.failure().is_some() => false,
            };
            let before = self.source.files.clone();
            self.read_again(Arc::clone(&read), is_asked_for).await;
            if self.source.files != before {
                watch = self.watch(&changed);
            }
            // It is held for what it does.
            let _ = &watch;
        }
    }

    fn watch(&self, changed: &Arc<Notify>) -> Option<FileWatch> {
        let Source { files, read_at, .. } = &self.source;
        let changed = Arc::clone(changed);
        match FileWatch::new(files.clone(), (*read_at)?, move || changed.notify_one()) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, "files are not watched: SIGHUP has them read again");
                None
            }
        }
    }

    /// Whoever asks for it by a signal is answered in any case.
    async fn read_again(&mut self, read: Read, is_asked_for: bool) {
        let reloaded = match spawn_blocking(move || read()).await {
            Ok(Ok(settings)) => self.put(settings).await,
            Ok(Err(error)) => Err(causes(&error).to_string()),
            Err(panic) => Err(panic.to_string()),
        };
        self.metrics.reloaded(reloaded.is_ok());
        if let Err(error) = &reloaded {
            if self.reloads.ended(Err(error.clone())) || is_asked_for {
                tracing::warn!(
                    error,
                    "what is configured cannot be used: it goes on with what was read before"
                );
            }
        } else {
            self.reloads.ended(Ok(()));
        }
    }

    async fn put(&mut self, settings: Settings) -> Result<(), String> {
        let keys: Vec<_> = settings.webhook.keys.iter().map(|(id, _)| id.as_str().to_owned()).collect();
        let (files, read_at) = (settings.source.files.clone(), settings.source.read_at);
        let restart = self.source.differences(&settings.source);
        // What is not put in place by then is not: it fails before the first of it is.
        timeout(DEADLINE, (self.apply)(settings))
            .await
            .map_err(|_| format!("the database did not answer within {DEADLINE:?}"))?
            .map_err(|error| causes(&error).to_string())?;
        self.source.files = files;
        self.source.read_at = read_at;
        tracing::info!(keys = keys.join(", "), "read again");
        if !restart.is_empty() {
            tracing::warn!(changed = restart.join(", "), "takes a restart, and is as it was until then");
        }
        Ok(())
    }
}

/// While what is configured cannot be used: a database may have been away, or a file was missing that nobody watches.
const RETRY: Duration = Duration::from_secs(10);

/// For what is configured to be put in place, once it is read.
const DEADLINE: Duration = Duration::from_secs(30);
