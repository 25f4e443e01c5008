//! TLS for the webhook's listener, for those without a front end.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::ServerConfig;

pub(crate) use self::identity::{Identity, TlsError};
pub(crate) use self::listener::TlsListener;
use crate::metrics::Metrics;

mod identity;
mod listener;

/// The certificate that each new connection is shown. It can be replaced while connections go on that were shown another.
/// Clones share it.
#[derive(Clone)]
pub(crate) struct ServerTls {
    current: Arc<RwLock<Identity>>,
    metrics: Metrics,
}

impl ServerTls {
    pub(crate) fn new(identity: Identity, metrics: Metrics) -> Self {
        metrics.certificate(identity.expires());
        Self { current: Arc::new(RwLock::new(identity)), metrics }
    }

    /// What a connection that comes now is shown.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).config()
    }

    /// From now on new connections are shown this one.
    pub(crate) fn replace(&self, identity: Identity) {
        self.metrics.certificate(identity.expires());
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = identity;
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}
