use std::net::SocketAddr;
use std::{fs, io};

use untis_webhook::{KeyError, KeySet, KeySetError, VerifyingKey};

/// What the receiver is told by its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `UNTIS_WEBHOOK_KEYS`: the keys to trust, as `NAME=FILE` with commas between. A file holds a public key
    /// as Untis publishes it, or as PEM or DER.
    pub keys: KeySet,
    /// `LISTEN`: the address to listen on, `127.0.0.1:8080` unless set.
    pub listen: SocketAddr,
}

impl Config {
    /// Reads the variables through `var`, which says `None` for one that is not set.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if no keys are configured, or a file cannot be read or holds no key. There is no
    /// default that trusts.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let keys = var(KEYS).filter(|keys| !keys.trim().is_empty()).ok_or(ConfigError::NoKeys)?;
        let keys = keys.split(',').map(named_key).collect::<Result<Vec<_>, _>>()?;
        let listen = var(LISTEN).unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        Ok(Self {
            keys: KeySet::new(keys)?,
            listen: listen.parse().map_err(|_| ConfigError::Listen(listen))?,
        })
    }
}

fn named_key(entry: &str) -> Result<(String, VerifyingKey), ConfigError> {
    let (name, file) = entry.split_once('=').ok_or_else(|| ConfigError::Entry(entry.trim().to_owned()))?;
    let (name, file) = (name.trim().to_owned(), file.trim().to_owned());
    let bytes = fs::read(&file).map_err(|error| ConfigError::File { file: file.clone(), error })?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|error| ConfigError::Key { file, error })?;
    Ok((name, key))
}

/// Why the receiver cannot start. The text is all that an operator sees.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An entry of the keys has no name or no file.
    #[error("{KEYS}: expected NAME=FILE, found {0:?}")]
    Entry(String),

    /// A key's file cannot be read.
    #[error("{KEYS}: cannot read {file}: {error}")]
    File {
        /// The file, as configured.
        file: String,
        /// Why it cannot be read.
        error: io::Error,
    },

    /// A key's file holds something else.
    #[error("{KEYS}: {file}: {error}")]
    Key {
        /// The file, as configured.
        file: String,
        /// What it holds.
        error: KeyError,
    },

    /// The keys are no set.
    #[error("{KEYS}: {0}")]
    KeySet(#[from] KeySetError),

    /// The address is none.
    #[error("{LISTEN}: expected an address such as {DEFAULT_LISTEN}, found {0:?}")]
    Listen(String),

    /// No keys are configured.
    #[error("{KEYS} is not set: expected the keys to trust, as NAME=FILE with commas between")]
    NoKeys,
}

const KEYS: &str = "UNTIS_WEBHOOK_KEYS";
const LISTEN: &str = "LISTEN";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
