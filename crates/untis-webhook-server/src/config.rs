//! What the daemon is told, by a file and by its environment, and whether that is right.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use http::Uri;
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;
use untis_webhook::event::Secret;
use untis_webhook_config::shown;
use untis_webhook_proxy::{Upstream, UpstreamError};
use untis_webhook_serve::log_filter;
use untis_webhook_tenants::{KeyRing, StoreKey, TokenProbe};

pub(crate) use self::given::unknown_variables;
use self::given::{Given, Values};
use self::secrets::read_lines;
use crate::notify;
use crate::settings::{
    Api, ApiListen, Database, LogFormat, Mode, Notify, Probe, Proxy, Settings, Source, Tenants, Tls,
};
use crate::tls::{Identity, TlsError};

mod given;
mod keys;
mod secrets;

/// Why the daemon cannot start. The text names where it was said, a file with its line or a variable, and repeats no value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(String);

impl ConfigError {
    pub(crate) fn not_unicode(variable: &str) -> Self {
        Self(format!("{variable}: {NOT_UNICODE}"))
    }
}

impl Settings {
    /// Reads the file, if there is one, and the environment, which wins.
    pub(crate) fn read(
        file: Option<&Path>,
        var: impl Fn(&str) -> Result<Option<String>, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let read_at = SystemTime::now();
        let values = Values::read(file, var)?;
        let webhook = untis_webhook_config::Config::from_vars(|name| {
            values.of_var(name).map(|given| given.text().to_owned())
        });
        let webhook = webhook.map_err(|error| values.where_it_is_said(&error.to_string()))?;
        let parse = |key, expected: &str, default: &str| values.parse(key, expected, default);
        let mut settings = Self {
            listen: parse("listen", ADDRESS, "127.0.0.1:8080")?,
            tls: tls(&values)?,
            path: values.or("path", "/webhook", path, "a path that begins with a slash, without a query")?,
            admin_listen: parse("admin.listen", ADDRESS, "127.0.0.1:9090")?,
            log: values.or("log", "info", log, LEVELS)?,
            log_format: values.or("log_format", "text", log_format, "text or json")?,
            mode: mode(&values, &webhook)?,
            source: Source::default(),
            webhook,
        };
        settings.addresses_are_apart(&values)?;
        let files = file.into_iter().chain(settings.webhook.files()).map(Path::to_owned);
        let of_tls = settings.tls.iter().flat_map(|tls| [&tls.certificate_file, &tls.key_file]);
        let files = files.chain(settings.mode.secret_files().iter().chain(of_tls).cloned()).collect();
        settings.source =
            Source { config: file.map(Path::to_owned), files, read_at: Some(read_at), fixed: values.fixed() };
        Ok(settings)
    }

    /// One address cannot be listened on twice, nor deliveries be passed on to where they came: that is known without trying.
    fn addresses_are_apart(&self, values: &Values) -> Result<(), ConfigError> {
        let mut addresses = vec![("admin.listen", self.admin_listen)];
        match &self.mode {
            Mode::Proxy(Proxy { upstream, .. }) => {
                let here = on_this_machine(upstream, self.listen);
                addresses.extend(here.into_iter().map(|address| ("proxy.upstream", address)));
            }
            Mode::Tenants(tenants) => {
                if let Some(Api { listen: ApiListen::Tcp(address), .. }) = tenants.api {
                    addresses.push(("tenants.api.listen", address));
                }
            }
        }
        let mut others = vec![("listen", self.listen)];
        for (key, address) in addresses {
            if let Some((other, _)) = others.iter().find(|(_, other)| meet(address, *other)) {
                let error = format!("expected another address than that of {other}");
                let given = values.get(key).or_else(|| values.get(other));
                return Err(given.map_or_else(|| ConfigError(error.clone()), |given| given.says(&error)));
            }
            others.push((key, address));
        }
        Ok(())
    }
}

/// Where on this machine an upstream may be: `localhost` is one of two. Another machine's port may be the same.
fn on_this_machine(upstream: &Upstream, listen: SocketAddr) -> Vec<SocketAddr> {
    let name = upstream.as_str().to_ascii_lowercase();
    let addresses = match name.strip_prefix("localhost:") {
        Some(port) => vec![format!("127.0.0.1:{port}"), format!("[::1]:{port}")],
        None => vec![name],
    };
    let addresses = addresses.iter().filter_map(|address| address.parse::<SocketAddr>().ok());
    addresses
        .map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()))
        .filter(|address| address.ip().is_loopback() || address.ip().is_unspecified() || *address == listen)
        .collect()
}

/// Whether they are one, or one is of all interfaces.
fn meet(one: SocketAddr, other: SocketAddr) -> bool {
    // That of IPv6 is of IPv4 as well, unless the system was told otherwise.
    let has =
        |all: SocketAddr, one: SocketAddr| all.ip().is_unspecified() && (all.is_ipv6() || one.is_ipv4());
    one.port() == other.port()
        && one.port() != 0
        && (one.ip() == other.ip() || has(one, other) || has(other, one))
}

/// Both files or neither: half of it said would be served in the clear.
fn tls(values: &Values) -> Result<Option<Tls>, ConfigError> {
    let (certificate, key) = (values.get("tls.certificate_file"), values.get("tls.key_file"));
    let (certificate, key) = match (certificate, key) {
        (None, None) if !values.has_table("tls") => return Ok(None),
        (None, _) => {
            return Err(values.missing("tls.certificate_file", "the file of the certificate, in PEM"));
        }
        (_, None) => {
            return Err(values.missing("tls.key_file", "the file of the certificate's private key, in PEM"));
        }
        (Some(certificate), Some(key)) => (certificate, key),
    };
    let (certificate_file, key_file) = (PathBuf::from(certificate.text()), PathBuf::from(key.text()));
    let identity = Identity::read(&certificate_file, &key_file).map_err(|error| match error {
        TlsError::Certificate(..) => certificate.says(&error.to_string()),
        TlsError::Key(..) => key.says(&error.to_string()),
    })?;
    Ok(Some(Tls { certificate_file, key_file, identity }))
}

/// Deliveries are passed on if it is said where to; what is said of tenants is not used then.
fn mode(values: &Values, webhook: &untis_webhook_config::Config) -> Result<Mode, ConfigError> {
    match values.get("proxy.upstream") {
        Some(given) => Ok(Mode::Proxy(Proxy {
            upstream: given.text().parse().map_err(|error: UpstreamError| given.says(&error.to_string()))?,
            unused: values.within("tenants.").map(str::to_owned),
        })),
        // To keep tenants all the same would be something else than was asked for.
        None if values.has_table("proxy") => {
            Err(values.missing("proxy.upstream", "the application's host and port such as 127.0.0.1:3000"))
        }
        None => Ok(Mode::Tenants(Box::new(tenants(values, webhook)?))),
    }
}

fn tenants(values: &Values, webhook: &untis_webhook_config::Config) -> Result<Tenants, ConfigError> {
    let environment_keys = values.list("tenants.environment_keys")?;
    let names: Vec<_> = webhook.keys.iter().map(|(id, _)| id.as_str().to_owned()).collect();
    match &environment_keys {
        None if names.len() > 1 => {
            return Err(values.missing(
                "tenants.environment_keys",
                "the names of the environment's keys, since there are several keys",
            ));
        }
        Some((given, chosen)) => {
            if let Some(other) = chosen.iter().find(|name| !names.contains(name)) {
                let other = shown(Path::new(other));
                return Err(
                    given.says(&format!("expected the names of keys that are trusted, found {other}"))
                );
            }
        }
        None => {}
    }
    let days: u16 = values.parse("tenants.grace_days", "a number of days up to 65535", "30")?;
    let (ring, mut secret_files) = ring(values)?;
    let others = ["tenants.api.token_file", "tenants.notify.secret_file"];
    for given in others.iter().filter_map(|key| values.get(key)) {
        let file = PathBuf::from(given.text());
        // Who may have the one would have the other.
        if secret_files.contains(&file) {
            return Err(given.says(&format!("{}: {ITS_OWN}", shown(&file))));
        }
        secret_files.push(file);
    }
    Ok(Tenants {
        environment: values.or(
            "tenants.environment",
            "production",
            environment,
            "1 to 64 octets without control characters",
        )?,
        environment_keys: environment_keys.map(|(_, names)| names),
        client_ids: values.list("tenants.client_ids")?.map(|(_, ids)| ids).unwrap_or_default(),
        database: values.or(
            "tenants.database",
            "sqlite:untis-webhookd.db",
            database,
            "sqlite:FILE or postgres://…, where FILE is a path and no URL",
        )?,
        ring,
        secret_files,
        grace: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
        destroy_deleted_at_once: values.parse("tenants.destroy_deleted_at_once", "true or false", "false")?,
        api: Some(api(values)?),
        notify: notify(values)?,
        probe: probe(values)?,
    })
}

/// The keys of what is stored, and the files that they are from.
fn ring(values: &Values) -> Result<(KeyRing, Vec<PathBuf>), ConfigError> {
    const ENTRIES: &str = "the keys of what is stored, as NAME=FILE with commas between, the first encrypts";
    let (given, entries) =
        values.list("tenants.store_keys")?.ok_or_else(|| values.missing("tenants.store_keys", ENTRIES))?;
    let (mut ring, mut files): (Option<KeyRing>, _) = (None, Vec::new());
    for entry in &entries {
        let named = entry.split_once('=').map(|(name, file)| (name.trim(), file.trim()));
        // The padding of a key in place of a name and a file has a = as well.
        let (name, file) = named.filter(|(_, file)| !file.is_empty()).ok_or_else(|| given.error(ENTRIES))?;
        let file = Path::new(file);
        if files.iter().any(|other| other == file) {
            return Err(given.says(&format!("{}: {ITS_OWN}", shown(file))));
        }
        files.push(file.to_owned());
        let said = |error: &dyn std::fmt::Display| given.says(&format!("{}: {error}", shown(file)));
        let lines = read_lines(file, 1).map_err(|error| said(&error))?;
        let key = lines.first().ok_or_else(|| given.error(ENTRIES))?;
        let key = StoreKey::from_base64(key.expose()).map_err(|error| said(&error))?;
        let with_key = match ring {
            None => KeyRing::new(name, key),
            Some(ring) => ring.with(name, key),
        };
        ring = Some(with_key.map_err(|error| given.says(&error.to_string()))?);
    }
    Ok((ring.ok_or_else(|| given.error(ENTRIES))?, files))
}

fn api(values: &Values) -> Result<Api, ConfigError> {
    let expected = "an address on loopback, or unix:PATH";
    Ok(Api {
        listen: values.or("tenants.api.listen", "127.0.0.1:8081", api_listen, expected)?,
        // Whether there must be one is asked when it is served.
        tokens: values.secrets("tenants.api.token_file")?.map(|(_, tokens)| tokens).unwrap_or_default(),
    })
}

fn notify(values: &Values) -> Result<Option<Notify>, ConfigError> {
    let secrets = values.secrets("tenants.notify.secret_file")?;
    let Some(given) = values.get("tenants.notify.url") else { return Ok(None) };
    let url = given.text().parse().map_err(|_| given.error("an address that begins with https://"))?;
    notify::check_address(&url).map_err(|error| given.says(&error.to_string()))?;
    let (given, secrets) = secrets.ok_or_else(|| {
        values.missing(
            "tenants.notify.secret_file",
            "the file of the whsec_… secret with which the application checks",
        )
    })?;
    notify::check_secrets(&secrets).map_err(|error| given.says(&error.to_string()))?;
    Ok(Some(Notify { url, secrets }))
}

fn probe(values: &Values) -> Result<Option<Probe>, ConfigError> {
    let may_restore = values.parse("tenants.probe.restore", "true or false", "false")?;
    let Some(given) = values.get("tenants.probe.url") else { return Ok(None) };
    TokenProbe::new(given.text()).map_err(|error| given.says(&error.to_string()))?;
    Ok(Some(Probe { url: given.text().to_owned(), may_restore }))
}

impl Values {
    /// What is given, or the default, as what it is of.
    fn parse<T: FromStr>(&self, key: &'static str, expected: &str, default: &str) -> Result<T, ConfigError> {
        self.or(key, default, |text| text.parse().ok(), expected)
    }

    fn or<T>(
        &self,
        key: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
        expected: &str,
    ) -> Result<T, ConfigError> {
        match self.get(key) {
            Some(given) => parse(given.text()).ok_or_else(|| given.error(expected)),
            None => parse(default).ok_or_else(|| self.missing(key, expected)),
        }
    }

    fn list(&self, key: &'static str) -> Result<Option<(&Given, Vec<String>)>, ConfigError> {
        let Some(given) = self.get(key) else { return Ok(None) };
        let entries: Vec<_> = given.text().split(',').map(|entry| entry.trim().to_owned()).collect();
        match entries.iter().any(String::is_empty) {
            true => Err(given.error("texts with commas between")),
            false => Ok(Some((given, entries))),
        }
    }

    /// The one or two lines of a file.
    fn secrets(&self, key: &'static str) -> Result<Option<(&Given, Vec<Secret>)>, ConfigError> {
        let Some(given) = self.get(key) else { return Ok(None) };
        let file = Path::new(given.text());
        let lines = read_lines(file, 2).map_err(|error| given.says(&format!("{}: {error}", shown(file))))?;
        Ok(Some((given, lines)))
    }
}

/// All of it is a path, which is compared with that of a request.
fn path(text: &str) -> Option<String> {
    let uri = text.parse::<Uri>().ok().filter(|_| text.starts_with('/'))?;
    (uri.path() == text).then(|| text.to_owned())
}

/// As the registry takes it, and a log shows it.
fn environment(text: &str) -> Option<String> {
    (text.len() <= 64 && !text.contains(char::is_control)).then(|| text.to_owned())
}

fn api_listen(text: &str) -> Option<ApiListen> {
    match text.strip_prefix("unix:") {
        Some(path) if !path.is_empty() => Some(ApiListen::Unix(PathBuf::from(path))),
        Some(_) => None,
        // Beyond loopback it would need TLS.
        None => {
            text.parse().ok().filter(|address: &SocketAddr| address.ip().is_loopback()).map(ApiListen::Tcp)
        }
    }
}

fn database(url: &str) -> Option<Database> {
    match url.split_once(':')? {
        // What looks like a URL would be another file than was meant, and one in memory no database at all.
        ("sqlite", file) if file.starts_with("//") || file.starts_with(':') || file.contains('?') => None,
        ("sqlite", file) if !file.is_empty() => Some(Database::Sqlite(PathBuf::from(file))),
        ("postgres" | "postgresql", rest) if rest.starts_with("//") => {
            url.parse::<PgConnectOptions>().ok().map(|_| Database::Postgres(url.to_owned()))
        }
        _ => None,
    }
}

/// sqlx warns of what it does not know of a database's URL, with what is said there, which may be a password. And
/// PostgreSQL says at each start that the tables are there.
fn log(directives: &str) -> Option<EnvFilter> {
    log_filter(&format!("sqlx_postgres::options=error,sqlx::postgres::notice=warn,{directives}"))
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "json" => Some(LogFormat::Json),
        "text" => Some(LogFormat::Text),
        _ => None,
    }
}

const NOT_UNICODE: &str = "expected text, found octets that are not UTF-8";
const LEVELS: &str = "a level such as info or levels such as info,untis_webhook_tower=debug";
const ITS_OWN: &str = "expected a file of its own for each key and secret, found that of another";
const ADDRESS: &str = "an address such as 127.0.0.1:8080";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use tracing::subscriber::with_default;
    use untis_webhook_tests::log::Log;

    use super::*;

    #[test]
    fn what_postgresql_has_to_say_is_logged_if_it_warns() {
        let written = Log::default();
        let lines =
            tracing_subscriber::fmt().with_env_filter(log("info").unwrap()).with_writer(written.writer());
        with_default(lines.finish(), || {
            tracing::info!(target: "sqlx::postgres::notice", "already exists, skipping");
            tracing::warn!(target: "sqlx::postgres::notice", "collation version mismatch");
        });
        let written = written.take();
        assert!(written.contains("mismatch") && !written.contains("skipping"), "{written}");
    }
}
