use std::net::SocketAddr;

use untis_webhook_config::ConfigError;

/// What the receiver is told by its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// The keys to trust and the headers to read; the variables are those of [`untis_webhook_config`].
    pub webhook: untis_webhook_config::Config,
    /// `LISTEN`: the address to listen on, `127.0.0.1:8080` unless set.
    pub listen: SocketAddr,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`Error`] if no keys are configured, or what is configured is none. There is no default that trusts.
    pub fn from_env() -> Result<Self, Error> {
        let webhook = untis_webhook_config::Config::from_env()?;
        let listen = std::env::var(LISTEN).unwrap_or_default();
        let listen = if listen.is_empty() { DEFAULT_LISTEN } else { &listen };
        let listen = listen.parse().map_err(|_| Error::Listen(listen.to_owned()))?;
        Ok(Self { webhook, listen })
    }
}

/// Why the receiver cannot start. The text is all that an operator sees.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is none.
    #[error("{LISTEN}: expected an address such as {DEFAULT_LISTEN}, found {0:?}")]
    Listen(String),

    /// The keys or the headers' names are none.
    #[error(transparent)]
    Webhook(#[from] ConfigError),
}

const LISTEN: &str = "LISTEN";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
