use std::io;
use std::net::SocketAddr;

use metrics_exporter_prometheus::BuildError;
use untis_webhook_tenants::{OpenError, StoreError, TokenProbeError};

use crate::api::listener::ListenError;
use crate::notify::NotifyError;

/// Why the daemon does not start. The text is all that an operator sees, and repeats nothing secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the API cannot listen")]
    Api(#[from] ListenError),
    #[error(
        "expected a token for an API on TCP, found none: UNTIS_WEBHOOK_API_TOKEN_FILE, or tenants.api.token_file"
    )]
    ApiToken,
    #[error("cannot listen on {0}: {1}: {2} names another address")]
    Listen(SocketAddr, io::Error, &'static str),
    #[error("nothing can be counted")]
    Metrics(#[from] BuildError),
    #[error("expected no socket of the name api: there is no API where deliveries are passed on")]
    NoApi,
    #[error("expected the database {0} to be there: serve or tenants import makes it")]
    NoDatabase(String),
    #[error("expected [tenants], found an upstream: no tenants are kept where deliveries are passed on")]
    NoTenants,
    #[error("the application cannot be told")]
    Notify(#[from] NotifyError),
    #[error("the registry does not open")]
    Open(#[from] OpenError),
    #[error("the platform cannot be asked")]
    Probe(#[from] TokenProbeError),
    #[error(
        "another environment, database or address of the application, or whether deliveries are kept or passed on, takes a \
        restart, and all that is configured with it counts from then on"
    )]
    Restart,
    #[error("cannot start")]
    Runtime(#[source] io::Error),
    #[error("the socket that was given as {0} is not taken")]
    Socket(String, #[source] io::Error),
    #[error("the database does not open")]
    Store(#[from] StoreError),
}
