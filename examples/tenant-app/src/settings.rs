//! What the application is told by its environment, besides what [`receiver_support`] reads.
//!
//! | environment variable | what |
//! |---|---|
//! | `UNTIS_WEBHOOK_STORE_KEYS` | the keys of what is stored, `NAME=FILE` with commas between; the first encrypts. A file holds 32 octets in base64. Nothing starts without |
//! | `UNTIS_WEBHOOK_DATABASE` | `sqlite:FILE`, without `//` before the file; `sqlite:tenant-app.db` unless set |
//! | `UNTIS_WEBHOOK_CLIENT_IDS` | the application's own client ids, with commas between; credentials for others are refused then |
//! | `UNTIS_WEBHOOK_ENVIRONMENT` | the environment's name, `production` unless set |
//! | `UNTIS_WEBHOOK_ENVIRONMENT_KEYS` | the names of its keys, with commas between; nothing starts without if there are several keys |
//! | `UNTIS_WEBHOOK_PROBE_URL` | the platform's `API_URL` of the environment; nothing is fetched and no credentials are probed unless set |
//! | `FETCH_SECONDS` | between two rounds of the job, 3600 unless set |

use std::env::{self, VarError};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use untis_webhook_config::shown;
use untis_webhook_tenants::{KeyRing, StoreKey, TokenProbe};
use zeroize::Zeroizing;

use crate::platform::Platform;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) client_ids: Vec<String>,
    pub(crate) database: PathBuf,
    pub(crate) environment: String,
    pub(crate) environment_keys: Option<Vec<String>>,
    pub(crate) every: Duration,
    pub(crate) platform: Option<Platform>,
    pub(crate) probe: Option<TokenProbe>,
    pub(crate) store_keys: KeyRing,
}

impl Settings {
    /// The error is for whoever starts it. It repeats nothing that may be a key.
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            client_ids: read(CLIENT_IDS, names, NAMES)?.unwrap_or_default(),
            database: read(DATABASE, database, "sqlite:FILE")?.unwrap_or_else(|| "tenant-app.db".into()),
            environment: var(ENVIRONMENT)?.unwrap_or_else(|| "production".to_owned()),
            environment_keys: read(ENVIRONMENT_KEYS, names, NAMES)?,
            every: read(EVERY, seconds, "a number of seconds")?.unwrap_or(Duration::from_secs(3600)),
            platform: read(API_URL, Platform::new, API)?,
            probe: read(API_URL, |url| TokenProbe::new(url).ok(), API)?,
            store_keys: store_keys(var(STORE_KEYS)?)?,
        })
    }
}

/// A variable; an empty one is not set.
fn var(name: &str) -> Result<Option<String>, Box<dyn Error>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("{name}: expected text in UTF-8").into()),
    }
}

fn read<T>(
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
    expected: &str,
) -> Result<Option<T>, Box<dyn Error>> {
    let Some(value) = var(name)? else { return Ok(None) };
    let value = parse(&value).ok_or_else(|| format!("{name}: expected {expected}, found something else"))?;
    Ok(Some(value))
}

fn names(list: &str) -> Option<Vec<String>> {
    let names = list.split(',').map(str::trim);
    names.map(|name| Some(name.to_owned()).filter(|name| !name.is_empty())).collect()
}

fn database(url: &str) -> Option<PathBuf> {
    // With `//` a relative file would be one of the root directory, where sqlx reads it as relative.
    url.strip_prefix("sqlite:").filter(|file| !file.is_empty() && !file.starts_with("//")).map(PathBuf::from)
}

fn seconds(number: &str) -> Option<Duration> {
    number.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

fn store_keys(entries: Option<String>) -> Result<KeyRing, Box<dyn Error>> {
    let entries = entries.ok_or_else(|| format!("{STORE_KEYS} is not set: expected {STORE_KEY_ENTRIES}"))?;
    let mut ring: Option<KeyRing> = None;
    for entry in entries.split(',') {
        let (name, file) = entry
            .split_once('=')
            .map(|(name, file)| (name.trim(), Path::new(file.trim())))
            .ok_or_else(|| format!("{STORE_KEYS}: expected {STORE_KEY_ENTRIES}, found something else"))?;
        let key = store_key(file).map_err(|error| format!("{STORE_KEYS}: {}: {error}", shown(file)))?;
        let with_key = match ring {
            None => KeyRing::new(name, key),
            Some(ring) => ring.with(name, key),
        };
        ring = Some(with_key.map_err(|error| format!("{STORE_KEYS}: {error}"))?);
    }
    Ok(ring.ok_or(STORE_KEY_ENTRIES)?)
}

fn store_key(file: &Path) -> Result<StoreKey, Box<dyn Error>> {
    let mut octets = Zeroizing::new(Vec::new());
    File::open(file)?.take(LONGEST).read_to_end(&mut octets)?;
    // What is no text is no key either.
    Ok(StoreKey::from_base64(str::from_utf8(&octets).unwrap_or_default())?)
}

pub(crate) const API_URL: &str = "UNTIS_WEBHOOK_PROBE_URL";
const CLIENT_IDS: &str = "UNTIS_WEBHOOK_CLIENT_IDS";
pub(crate) const DATABASE: &str = "UNTIS_WEBHOOK_DATABASE";
const ENVIRONMENT: &str = "UNTIS_WEBHOOK_ENVIRONMENT";
const ENVIRONMENT_KEYS: &str = "UNTIS_WEBHOOK_ENVIRONMENT_KEYS";
const EVERY: &str = "FETCH_SECONDS";
const STORE_KEYS: &str = "UNTIS_WEBHOOK_STORE_KEYS";

const API: &str = "an address that begins with https://, or http:// for one of this machine";
const NAMES: &str = "names with commas between";
const STORE_KEY_ENTRIES: &str = "the keys of what is stored, as NAME=FILE with commas between";

/// Octets of a key's file: what is longer is no key.
const LONGEST: u64 = 1024;
