use std::env::{self, VarError};
use std::net::SocketAddr;

use tracing_subscriber::EnvFilter;
use untis_webhook_config::ConfigError;
use untis_webhook_serve::log_filter;

/// What the receiver is told by its environment.
#[derive(Debug)]
pub struct Config {
    /// The keys to trust and the headers to read; the variables are those of [`untis_webhook_config`].
    pub webhook: untis_webhook_config::Config,
    /// `LISTEN`: the address to listen on, `127.0.0.1:8080` unless set.
    pub listen: SocketAddr,
    /// `RUST_LOG`: what is logged, `info` unless set.
    pub log: EnvFilter,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`Error`] if no keys are configured, or what is configured is none. There is no default that trusts.
    pub fn from_env() -> Result<Self, Error> {
        let webhook = untis_webhook_config::Config::from_env()?;
        let listen = var(LISTEN, DEFAULT_LISTEN)?;
        let listen = listen.parse().map_err(|_| Error::Listen)?;
        let log = log_filter(&var(LOG, DEFAULT_LOG)?).ok_or(Error::Log)?;
        Ok(Self { webhook, listen, log })
    }
}

fn var(name: &'static str, default: &str) -> Result<String, Error> {
    match env::var(name) {
        Err(VarError::NotUnicode(_)) => Err(Error::NotUnicode(name)),
        Ok(value) if !value.trim().is_empty() => Ok(value),
        Ok(_) | Err(VarError::NotPresent) => Ok(default.to_owned()),
    }
}

/// Why the receiver cannot start. The text is all that an operator sees; it repeats nothing, since what is in the wrong
/// place may be a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is none.
    #[error("{LISTEN}: expected an address such as {DEFAULT_LISTEN}, found something else")]
    Listen,

    /// What is to be logged is none.
    #[error(
        "{LOG}: expected a level such as info or levels such as info,untis_webhook_tower=debug, found something else"
    )]
    Log,

    /// A variable holds something else than text.
    #[error("{0}: expected text, found octets that are not UTF-8")]
    NotUnicode(&'static str),

    /// The keys or the headers' names are none.
    #[error(transparent)]
    Webhook(#[from] ConfigError),
}

const LISTEN: &str = "LISTEN";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const LOG: &str = "RUST_LOG";
const DEFAULT_LOG: &str = "info";
