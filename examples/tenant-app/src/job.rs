//! The background job: every so often, and when a school becomes active or has new credentials, it uses them.

use std::error::Error;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use receiver_support::causes;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use untis_webhook_tenants::{Registry, RegistryError, Status};
use untis_webhook_tenants_sqlx::SqliteStore;

use crate::platform::Platform;
use crate::schools::Schools;

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) registry: Registry<SqliteStore>,
    pub(crate) platform: Platform,
    pub(crate) schools: Schools,
    pub(crate) every: Duration,
}

impl Job {
    /// Runs until it is dropped. Nothing is lost by that: the first round is at the start.
    ///
    /// The schools of this queue do not wait for a round.
    pub(crate) async fn run(&self, mut activated: mpsc::Receiver<String>) {
        let at_once = async {
            while let Some(tenant_id) = activated.recv().await {
                self.fetch(&tenant_id).await;
            }
        };
        tokio::join!(at_once, self.rounds());
    }

    async fn rounds(&self) {
        let mut rounds = interval(self.every);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            match self.round().await {
                Ok(schools) => tracing::info!(schools, "a round is over"),
                Err(error) => tracing::warn!(error = causes(&error), "a round was broken off"),
            }
        }
    }

    /// All active schools, a page at a time, so that any number of them takes the same memory.
    async fn round(&self) -> Result<usize, RegistryError> {
        let (mut after, mut schools) = (None, 0);
        loop {
            let page = self.registry.list(Some(Status::Active), after.as_deref(), PAGE).await?;
            let fetched = stream::iter(&page.entries)
                .for_each_concurrent(AT_ONCE, |entry| self.fetch(&entry.tenant_id));
            fetched.await;
            schools += page.entries.len();
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(schools),
            }
        }
    }

    /// What fails is logged, and done again in the next round.
    async fn fetch(&self, tenant_id: &str) {
        if let Err(error) = self.try_fetch(tenant_id).await {
            tracing::warn!(tenant = tenant_id, error = causes(&*error), "nothing was fetched");
        }
    }

    async fn try_fetch(&self, tenant_id: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        // Asked for each time, and kept nowhere: of a school that was deactivated a moment ago there are none.
        let Some(credentials) = self.registry.credentials(tenant_id).await? else { return Ok(()) };
        let _token = self.platform.token(tenant_id, &credentials).await?;
        // With the token you would fetch something now.
        if self.schools.keep_fetched(tenant_id, credentials.version).await? {
            tracing::info!(tenant = tenant_id, version = credentials.version, "fetched");
        }
        Ok(())
    }
}

/// Schools that are read from the database together.
const PAGE: u32 = 100;

/// Schools of a round for which something is fetched at the same time.
const AT_ONCE: usize = 8;
