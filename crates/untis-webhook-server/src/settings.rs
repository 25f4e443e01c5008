//! What the daemon is told, once it is known to be right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use http::Uri;
use tracing_subscriber::EnvFilter;
use untis_webhook::event::Secret;
use untis_webhook_proxy::Upstream;
use untis_webhook_tenants::KeyRing;

use crate::tls::Identity;

/// All of it.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `UNTIS_WEBHOOK_KEYS`, and the headers' names.
    pub(crate) webhook: untis_webhook_config::Config,
    /// `LISTEN`: where the platform's deliveries come, `127.0.0.1:8080` unless set.
    pub(crate) listen: SocketAddr,
    /// With TLS, if so.
    pub(crate) tls: Option<Tls>,
    /// `UNTIS_WEBHOOK_PATH`: `/webhook` unless set.
    pub(crate) path: String,
    /// `UNTIS_WEBHOOK_ADMIN_LISTEN`: `127.0.0.1:9090` unless set.
    pub(crate) admin_listen: SocketAddr,
    /// `RUST_LOG`: `info` unless set.
    pub(crate) log: EnvFilter,
    /// `UNTIS_WEBHOOK_LOG_FORMAT`: `text` unless set.
    pub(crate) log_format: LogFormat,
    /// What becomes of verified deliveries.
    pub(crate) mode: Mode,
    /// What these were read from.
    pub(crate) source: Source,
}

/// What settings were read from, so that they can be read again.
#[derive(Default)]
pub(crate) struct Source {
    /// The file of the configuration.
    pub(crate) config: Option<PathBuf>,
    /// All that were read.
    pub(crate) files: Vec<PathBuf>,
    /// When that began; never, if they were not read.
    pub(crate) read_at: Option<SystemTime>,
    /// What takes a restart to change, by its name in the file. It may hold a password.
    pub(crate) fixed: BTreeMap<&'static str, String>,
}

impl Source {
    /// The names of what is said otherwise there and takes a restart.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let names: BTreeSet<_> = self.fixed.keys().chain(other.fixed.keys()).copied().collect();
        names.into_iter().filter(|name| self.fixed.get(name) != other.fixed.get(name)).collect()
    }
}

/// What the platform is shown, where nothing in front ends HTTPS.
#[derive(Debug)]
pub(crate) struct Tls {
    /// `UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE`.
    pub(crate) certificate_file: PathBuf,
    /// `UNTIS_WEBHOOK_TLS_KEY_FILE`.
    pub(crate) key_file: PathBuf,
    /// What was in them.
    pub(crate) identity: Identity,
}

/// What becomes of verified deliveries.
#[derive(Debug)]
pub(crate) enum Mode {
    /// They are passed on.
    Proxy(Proxy),
    /// They are kept, and the application is told.
    Tenants(Box<Tenants>),
}

impl Mode {
    pub(crate) fn secret_files(&self) -> &[PathBuf] {
        match self {
            Self::Proxy(_) => &[],
            Self::Tenants(tenants) => &tenants.secret_files,
        }
    }
}

/// How deliveries are passed on.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// `UNTIS_WEBHOOK_UPSTREAM`: the application's host and port.
    pub(crate) upstream: Upstream,
    /// Where something is said of tenants, who are not kept.
    pub(crate) unused: Option<String>,
}

/// Who reads the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Machines.
    Json,
    /// People.
    Text,
}

/// How tenants are kept.
#[derive(Debug)]
pub(crate) struct Tenants {
    /// `UNTIS_WEBHOOK_ENVIRONMENT`: `production` unless set.
    pub(crate) environment: String,
    /// `UNTIS_WEBHOOK_ENVIRONMENT_KEYS`.
    pub(crate) environment_keys: Option<Vec<String>>,
    /// `UNTIS_WEBHOOK_CLIENT_IDS`.
    pub(crate) client_ids: Vec<String>,
    /// `UNTIS_WEBHOOK_DATABASE`: `sqlite:untis-webhookd.db` unless set.
    pub(crate) database: Database,
    /// `UNTIS_WEBHOOK_STORE_KEYS`: the first is the primary.
    pub(crate) ring: KeyRing,
    /// The files that secrets are from, so that `check` can say who else may read them.
    pub(crate) secret_files: Vec<PathBuf>,
    /// For how long the credentials of a tenant are kept that ended; 30 days unless set.
    pub(crate) grace: Duration,
    /// Whether those of a deleted one are destroyed at once.
    pub(crate) destroy_deleted_at_once: bool,
    /// Where the application asks for credentials.
    pub(crate) api: Option<Api>,
    /// Where the application is told.
    pub(crate) notify: Option<Notify>,
    /// What is asked which credentials work.
    pub(crate) probe: Option<Probe>,
}

/// Where tenants are kept.
#[derive(PartialEq, Eq)]
pub(crate) enum Database {
    /// By its URL, which may hold a password.
    Postgres(String),
    /// In this file, which is made if it is not there.
    Sqlite(PathBuf),
}

/// How the API is reached.
#[derive(Debug)]
pub(crate) struct Api {
    /// `UNTIS_WEBHOOK_API_LISTEN`: `127.0.0.1:8081` unless set.
    pub(crate) listen: ApiListen,
    /// `UNTIS_WEBHOOK_API_TOKEN_FILE`: one or, for a rotation, two. None is none on a Unix socket alone.
    pub(crate) tokens: Vec<Secret>,
}

/// A TCP address, or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiListen {
    /// Loopback: nothing else is served without TLS.
    Tcp(SocketAddr),
    /// A socket that its owner alone can open.
    Unix(PathBuf),
}

/// Where and how the application is told.
#[derive(Debug)]
pub(crate) struct Notify {
    /// `UNTIS_WEBHOOK_NOTIFY_URL`: https, or http to loopback or a private address.
    pub(crate) url: Uri,
    /// `UNTIS_WEBHOOK_NOTIFY_SECRET_FILE`: one or, for a rotation, two `whsec_…`.
    pub(crate) secrets: Vec<Secret>,
}

/// What is asked which credentials work.
#[derive(Debug)]
pub(crate) struct Probe {
    /// `UNTIS_WEBHOOK_PROBE_URL`: the environment's `API_URL`.
    pub(crate) url: String,
    /// `UNTIS_WEBHOOK_PROBE_RESTORE`: whether it may undo a deactivation.
    pub(crate) may_restore: bool,
}

/// Without what it says, which may hold a password.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Without a URL, which may hold a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(_) => f.write_str("Postgres"),
            Self::Sqlite(file) => f.debug_tuple("Sqlite").field(file).finish(),
        }
    }
}
