use std::env::{self, VarError};

use http::HeaderName;
use untis_webhook::{HeaderNames, KeySet, Verifier};

use crate::entry::is_quoted;
use crate::{ConfigError, keys};

/// The keys to trust, and the headers to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The keys to trust.
    pub keys: KeySet,
    /// The headers that carry the signature.
    pub header_names: HeaderNames,
}

impl Config {
    /// Reads the [variables](crate) of the process's environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if no keys are configured, a file cannot be read or holds no key, or a header's name is none.
    pub fn from_env() -> Result<Self, ConfigError> {
        let mut not_unicode = None;
        let config = Self::from_vars(|name| match env::var(name) {
            Ok(value) => Some(value),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => {
                not_unicode = Some(name);
                None
            }
        });
        match not_unicode {
            Some(name) => Err(ConfigError::NotUnicode(name)),
            None => config,
        }
    }

    /// Reads the same variables through `var`, which says `None` for one that is not set.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_vars(mut var: impl FnMut(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut var = |name| var(name).filter(|value| !value.trim().is_empty());
        let default = HeaderNames::default();
        let header_names = HeaderNames {
            signature: header_name(SIGNATURE_HEADER, var(SIGNATURE_HEADER), default.signature)?,
            algorithm: header_name(ALGORITHM_HEADER, var(ALGORITHM_HEADER), default.algorithm)?,
        };
        if header_names.signature == header_names.algorithm {
            return Err(ConfigError::SameHeader);
        }
        let entries = var(KEYS).ok_or(ConfigError::NoKeys)?;
        Ok(Self { keys: keys(entries.split(','))?, header_names })
    }

    /// A verifier that trusts these keys and reads these headers.
    pub fn into_verifier(self) -> Verifier {
        Verifier::new(self.keys).with_header_names(self.header_names)
    }
}

fn header_name(
    variable: &'static str,
    value: Option<String>,
    default: HeaderName,
) -> Result<HeaderName, ConfigError> {
    match value {
        Some(name) if is_quoted(name.trim()) => {
            Err(ConfigError::HeaderName(variable, "quotation marks around it"))
        }
        Some(name) => name.trim().parse().map_err(|_| ConfigError::HeaderName(variable, "something else")),
        None => Ok(default),
    }
}

/// The environment variable of the keys to trust.
pub const KEYS: &str = "UNTIS_WEBHOOK_KEYS";

/// The environment variable of the signature header's name.
pub const SIGNATURE_HEADER: &str = "UNTIS_WEBHOOK_SIGNATURE_HEADER";

/// The environment variable of the algorithm header's name.
pub const ALGORITHM_HEADER: &str = "UNTIS_WEBHOOK_ALGORITHM_HEADER";
