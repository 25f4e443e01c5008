use std::env;
use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;

use http::Uri;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use untis_webhook_config::shown;
use untis_webhook_tenants::Timestamp;

use crate::config::unknown_variables;
use crate::fail;
use crate::notify::is_in_the_clear;
use crate::output::{done, escaped, table};
use crate::serve::tenants::checked;
use crate::settings::{ApiListen, Database, Mode, Proxy, Settings, Tenants, Tls};
use crate::time::rfc_3339;

/// Opens nothing, neither a database nor a port.
pub(crate) fn run(settings: &Settings) -> ExitCode {
    if let Err(error) = checked(settings) {
        return fail(&error, 2);
    }
    let rows: Vec<_> = will_do(settings)
        .into_iter()
        .chain(warnings(settings).into_iter().map(|warning| ("warning", warning)))
        .map(|(label, text)| [label.to_owned(), escaped(&text)])
        .collect();
    done(table(&rows))
}

fn will_do(settings: &Settings) -> Vec<(&'static str, String)> {
    let Settings { webhook, listen, tls, path, admin_listen, mode, .. } = settings;
    let keys: Vec<_> = webhook.keys.iter().map(|(id, _)| id.as_str()).collect();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let mut rows = vec![
        ("deliveries", format!("POST {scheme}://{listen}{path}, signed by {}", keys.join(", "))),
        ("admin", format!("http://{admin_listen}")),
    ];
    if let Some(Tls { certificate_file, identity, .. }) = tls {
        let expires = rfc_3339(identity.expires()).unwrap_or_else(|| "no time".to_owned());
        rows.push(("TLS", format!("{}, good until {expires}", shown(certificate_file))));
    }
    match mode {
        Mode::Proxy(Proxy { upstream, .. }) => {
            rows.push(("passed on", format!("http://{}", upstream.as_str())));
        }
        Mode::Tenants(tenants) => rows.extend(of_tenants(tenants)),
    }
    rows
}

fn of_tenants(tenants: &Tenants) -> [(&'static str, String); 6] {
    let database = match &tenants.database {
        Database::Postgres(_) => "PostgreSQL".to_owned(),
        Database::Sqlite(file) => format!("SQLite, {}", file.display()),
    };
    let client_ids = match tenants.client_ids.is_empty() {
        true => "any".to_owned(),
        false => tenants.client_ids.join(", "),
    };
    let api = match tenants.api.as_ref().map(|api| &api.listen) {
        Some(ApiListen::Tcp(address)) => format!("http://{address}"),
        Some(ApiListen::Unix(path)) => path.display().to_string(),
        None => "none".to_owned(),
    };
    let told = match &tenants.notify {
        Some(notify) => without_path(&notify.url),
        None => "nobody: UNTIS_WEBHOOK_NOTIFY_URL is not set".to_owned(),
    };
    let probe = match &tenants.probe {
        Some(probe) => probe.url.clone(),
        None => "none: UNTIS_WEBHOOK_PROBE_URL is not set".to_owned(),
    };
    [
        ("environment", tenants.environment.clone()),
        ("client ids", client_ids),
        ("database", database),
        ("API", api),
        ("told", told),
        ("probe", probe),
    ]
}

/// What is as it may be, and should not be.
fn warnings(settings: &Settings) -> Vec<String> {
    let variables = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut warnings = unknown_variables(variables);
    warnings.extend(match &settings.mode {
        Mode::Proxy(Proxy { unused, .. }) => {
            let said = |place| {
                format!("{place}: not used, as all that is said of tenants: deliveries are passed on")
            };
            unused.iter().map(said).collect()
        }
        Mode::Tenants(tenants) => warnings_of_tenants(tenants),
    });
    warnings.extend(settings.tls.iter().flat_map(warnings_of_tls));
    let has_token = |tenants: &Tenants| tenants.api.as_ref().is_some_and(|api| !api.tokens.is_empty());
    let is_shown = matches!(&settings.mode, Mode::Tenants(tenants) if has_token(tenants));
    if is_shown && !settings.admin_listen.ip().is_loopback() {
        warnings.push(
            "the page is read in the clear: whoever is on the way reads the token that it asks for, unless TLS is in front"
                .to_owned(),
        );
    }
    warnings
}

fn warnings_of_tls(tls: &Tls) -> Vec<String> {
    let mut warnings = Vec::new();
    if tls.identity.expires() <= Timestamp::now() {
        warnings.push(format!(
            "{}: the certificate has ended, and the platform delivers nothing where it is shown",
            shown(&tls.certificate_file)
        ));
    }
    warnings.extend(warning_of_mode(&tls.key_file));
    warnings
}

/// As the configurations have it that are there to be filled in.
const EXAMPLE: &str = "your-client-id";

fn warnings_of_tenants(tenants: &Tenants) -> Vec<String> {
    let mut warnings = Vec::new();
    if tenants.client_ids.is_empty() {
        warnings.push(
            "UNTIS_WEBHOOK_CLIENT_IDS is not set: a school is held to the first client id that comes, which another \
             partner may have forwarded"
                .to_owned(),
        );
    }
    if tenants.client_ids.iter().any(|id| id == EXAMPLE) {
        warnings
            .push(format!("{EXAMPLE} is the example's client id: with it no school's credentials are taken"));
    }
    if tenants.notify.as_ref().is_some_and(|notify| is_in_the_clear(&notify.url)) {
        warnings.push(
            "the application is told in the clear: whoever is on the way reads which schools there are"
                .to_owned(),
        );
    }
    let probe = tenants.probe.as_ref().and_then(|probe| probe.url.parse::<Uri>().ok());
    if probe.is_some_and(|probe| is_in_the_clear(&probe)) {
        warnings.push(
            "the platform is asked in the clear: whoever is on the way reads the credentials of schools"
                .to_owned(),
        );
    }
    if let Database::Postgres(url) = &tenants.database {
        warnings.extend(warning_of_postgres(url).map(str::to_owned));
    }
    warnings.extend(tenants.secret_files.iter().filter_map(|file| warning_of_mode(file)));
    warnings
}

#[cfg(unix)]
fn warning_of_mode(file: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    (mode & 0o066 != 0).then(|| format!("{}: others than its owner may read or write it", shown(file)))
}

#[cfg(not(unix))]
fn warning_of_mode(_: &Path) -> Option<String> {
    None
}

/// As the URL is read by who connects: it has several ways to say the same, and so has the environment.
fn warning_of_postgres(url: &str) -> Option<&'static str> {
    let options: PgConnectOptions = url.parse().ok()?;
    let host = options.get_host().trim_matches(['[', ']']);
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match options.get_ssl_mode() {
        _ if is_here => None,
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => None,
        PgSslMode::Require => {
            Some("the database may be anybody's, whatever its certificate: sslmode=verify-full looks at it")
        }
        PgSslMode::Allow | PgSslMode::Disable | PgSslMode::Prefer => {
            Some("the database may be spoken to in the clear: sslmode=verify-full asks for TLS")
        }
    }
}

/// What follows the host may be a token.
fn without_path(url: &Uri) -> String {
    let authority = url.authority().map(ToString::to_string).unwrap_or_default();
    match (url.scheme_str(), url.path_and_query().is_some_and(|rest| rest.as_str() != "/")) {
        (Some(scheme), true) => format!("{scheme}://{authority}/..."),
        (Some(scheme), false) => format!("{scheme}://{authority}"),
        (None, _) => authority,
    }
}
