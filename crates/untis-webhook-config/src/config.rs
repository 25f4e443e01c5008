use std::env::{self, VarError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use http::HeaderName;
use untis_webhook::{HeaderNames, KeySet, Verifier};

use crate::entry::{is_quoted, keys_and_files};
use crate::{ConfigError, FileWatch, KeysError};

/// The keys to trust, and the headers to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The keys to trust.
    pub keys: KeySet,
    /// The headers that carry the signature.
    pub header_names: HeaderNames,
    entries: String,
    files: Vec<PathBuf>,
    read_at: SystemTime,
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
    /// ```
    /// use untis_webhook_config::{Config, ConfigError, KEYS};
    /// # let public_key = untis_webhook_testkit::SigningKey::generate().public_key_base64();
    ///
    /// // From wherever the application has its settings.
    /// let config = Config::from_vars(|name| (name == KEYS).then(|| format!("production={public_key}")))?;
    /// assert!(config.keys.iter().all(|(name, _)| name == "production"));
    ///
    /// assert!(matches!(Config::from_vars(|_| None), Err(ConfigError::NoKeys)));
    /// # Ok::<(), ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_vars(mut var: impl FnMut(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut var = |name| var(name).filter(|value| !value.trim().is_empty());
        let (signature, algorithm) = (var(SIGNATURE_HEADER), var(ALGORITHM_HEADER));
        let header_names =
            header_names((SIGNATURE_HEADER, signature.as_deref()), (ALGORITHM_HEADER, algorithm.as_deref()))?;
        let entries = var(KEYS).ok_or(ConfigError::NoKeys)?;
        let read_at = SystemTime::now();
        let (keys, files) = keys_and_files(entries.split(','))?;
        Ok(Self { keys, header_names, entries, files, read_at })
    }

    /// The files that the keys were read from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// A verifier that trusts these keys and reads these headers.
    pub fn into_verifier(self) -> Verifier {
        Verifier::new(self.keys).with_header_names(self.header_names)
    }

    /// A verifier that trusts what the keys' files say, also when they are replaced later: rotation without a restart. It does so
    /// until the watch is dropped.
    ///
    /// `reloaded` is told the keys that are trusted from now on, if they are others, or why one of them cannot be read. Then those of
    /// before are trusted on.
    ///
    /// ```no_run
    /// use untis_webhook_config::Config;
    ///
    /// let (verifier, _watch) = Config::from_env()?.into_watched_verifier(|reloaded| match reloaded {
    ///     Ok(keys) => println!("{} keys are trusted from now on", keys.iter().len()),
    ///     Err(error) => eprintln!("the keys of before are trusted on: {error}"),
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the system has no thread left for the [watch](FileWatch).
    pub fn into_watched_verifier(
        self,
        mut reloaded: impl FnMut(Result<&KeySet, KeysError>) + Send + 'static,
    ) -> io::Result<(Verifier, FileWatch)> {
        let Self { mut keys, header_names, entries, files, read_at } = self;
        let verifier = Verifier::new(keys.clone()).with_header_names(header_names);
        let watched = verifier.clone();
        let watch = FileWatch::new(files, read_at, move || match keys_and_files(entries.split(',')) {
            Ok((found, _)) if found == keys => {}
            Ok((found, _)) => {
                keys = found;
                watched.replace_keys(keys.clone());
                reloaded(Ok(&keys));
            }
            Err(error) => reloaded(Err(error)),
        })?;
        Ok((verifier, watch))
    }
}

/// Reads the names of the headers, each given as where it is configured, for an error, and as what is there: a name, or
/// nothing or white space for the default.
///
/// ```
/// use untis_webhook_config::header_names;
///
/// let names = header_names(("--signature-header", Some("X-Signature")), ("--algorithm-header", None))?;
/// assert_eq!((names.signature.as_str(), names.algorithm.as_str()), ("x-signature", "algorithm"));
///
/// let error = header_names(("--signature-header", Some("two words")), ("--algorithm-header", None)).unwrap_err();
/// assert!(error.to_string().starts_with("--signature-header: expected the name of a header"));
/// # Ok::<(), untis_webhook_config::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError::HeaderName`] if one is no name of a header, and [`ConfigError::SameHeader`] if both are the same.
pub fn header_names(
    signature: (&'static str, Option<&str>),
    algorithm: (&'static str, Option<&str>),
) -> Result<HeaderNames, ConfigError> {
    let default = HeaderNames::default();
    let names = HeaderNames {
        signature: header_name(signature, default.signature)?,
        algorithm: header_name(algorithm, default.algorithm)?,
    };
    match names.signature == names.algorithm {
        true => Err(ConfigError::SameHeader(signature.0, algorithm.0)),
        false => Ok(names),
    }
}

fn header_name(
    (place, name): (&'static str, Option<&str>),
    default: HeaderName,
) -> Result<HeaderName, ConfigError> {
    match name.map(str::trim) {
        None | Some("") => Ok(default),
        Some(name) if is_quoted(name) => Err(ConfigError::HeaderName(place, "quotation marks around it")),
        Some(name) => name.parse().map_err(|_| ConfigError::HeaderName(place, "something else")),
    }
}

/// The environment variable of the keys to trust.
pub const KEYS: &str = "UNTIS_WEBHOOK_KEYS";

/// The environment variable of the signature header's name.
pub const SIGNATURE_HEADER: &str = "UNTIS_WEBHOOK_SIGNATURE_HEADER";

/// The environment variable of the algorithm header's name.
pub const ALGORITHM_HEADER: &str = "UNTIS_WEBHOOK_ALGORITHM_HEADER";
