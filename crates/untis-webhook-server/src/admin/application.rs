use tokio::net::TcpStream;
use untis_webhook_proxy::Upstream;
use untis_webhook_tenants::{Registry, Summary, Timestamp};
use untis_webhook_tenants_sqlx::SqliteStore;

use super::Watched;
use super::readiness::NotReady;
use crate::metrics::Metrics;

/// The application to which deliveries are passed on.
pub(crate) struct Application {
    upstream: Upstream,
}

impl Application {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream }
    }
}

impl Watched for Application {
    const SILENT: &'static str = "the application does not answer";

    /// Nothing is kept.
    type Store = SqliteStore;

    fn registry(&self) -> Option<&Registry<SqliteStore>> {
        None
    }

    async fn numbers(&self, _: &Metrics) -> Option<(Summary, Timestamp)> {
        None
    }

    /// Whether it accepts a connection. Nothing is sent on it: there is no request that is nothing to it.
    async fn look(&self) -> Result<(), NotReady> {
        TcpStream::connect(self.upstream.as_str()).await?;
        Ok(())
    }

    /// Of deliveries everything is counted as it comes.
    async fn count(&self, _: &Metrics) {}
}
