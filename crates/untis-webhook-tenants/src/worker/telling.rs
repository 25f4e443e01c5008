use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep, timeout_at};

use super::pauses::Pauses;
use crate::error::with_causes;
use crate::{Failed, Handler, Message, Registry, Retry, Store, StoreError, TenantKey};

/// What tells the application of one tenant, which it has leased.
pub(super) struct Telling<S, H> {
    pub(super) registry: Registry<S>,
    pub(super) handler: Arc<H>,
    pub(super) pauses: Pauses,
    pub(super) lease: i64,
    pub(super) lease_end: Instant,
    pub(super) deadline: Instant,
}

impl<S: Store, H: Handler> Telling<S, H> {
    /// Says whether that is acknowledged.
    pub(super) async fn tell(self, message: Message) -> bool {
        let done = match self.handle(message.clone()).await {
            Ok(()) => self.acknowledge(&message).await,
            Err(failed) => self.postpone(&message, &failed).await.map(|()| false),
        };
        done.unwrap_or_else(|error| {
            // The lease comes to its end, and it is told again.
            let (tenant, error) = (message.tenant_id, with_causes(&error));
            tracing::warn!(tenant, error, "what became of a message cannot be stored");
            false
        })
    }

    async fn handle(&self, message: Message) -> Result<(), Failed> {
        // Called within, so that what panics before there is a future is caught as well.
        let handled = AssertUnwindSafe(async { self.handler.handle(message).await }).catch_unwind();
        match timeout_at(self.deadline, handled).await {
            Ok(Ok(handled)) => handled,
            Ok(Err(_)) => Err(Failed::new("the handler panicked", Retry::Later)),
            Err(_) => Err(Failed::new("the handler took longer than its deadline", Retry::Later)),
        }
    }

    async fn acknowledge(&self, message: &Message) -> Result<bool, StoreError> {
        let Message { tenant_id: tenant, told, version, attempt, .. } = message;
        let is_acknowledged = loop {
            let store = self.registry.store();
            match store.acknowledge(self.key(message), self.lease, *version).await {
                // As long as nobody else tells it, it is worth another try: the handler has done its part.
                Err(_) if Instant::now() + AGAIN < self.lease_end => sleep(AGAIN).await,
                done => break done?,
            }
        };
        let told = told.as_str();
        match is_acknowledged {
            true => tracing::info!(tenant, told, version, attempt, "the application is told"),
            false => tracing::warn!(tenant, told, version, attempt, "told too late, and told again"),
        }
        Ok(is_acknowledged)
    }

    async fn postpone(&self, message: &Message, failed: &Failed) -> Result<(), StoreError> {
        let Message { tenant_id: tenant, told, version, attempt, .. } = message;
        let pause = self.pauses.after(*attempt);
        let pause = match failed.retry() {
            Retry::After(at_least) => Some(pause.max(at_least)),
            Retry::Later => Some(pause),
            Retry::Never => None,
        };
        let (told, reason) = (told.as_str(), failed.reason());
        match pause {
            Some(pause) => {
                tracing::warn!(
                    tenant,
                    told,
                    version,
                    attempt,
                    reason,
                    ?pause,
                    "the application was not told yet"
                );
            }
            None => tracing::warn!(
                tenant,
                told,
                version,
                attempt,
                reason,
                "given up: the application is not told until there is a new change or a redrive"
            ),
        }
        self.registry.store().postpone(self.key(message), self.lease, *version, pause).await
    }

    fn key<'a>(&'a self, message: &'a Message) -> TenantKey<'a> {
        TenantKey { environment: self.registry.environment(), tenant_id: &message.tenant_id }
    }
}

/// Between two attempts to store that a message is acknowledged.
const AGAIN: Duration = Duration::from_secs(1);
