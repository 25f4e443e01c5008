use std::process::ExitCode;

use crate::fail;
use crate::serve::daemon::checked;
use crate::settings::{ApiListen, Database, Settings};

/// Opens nothing, neither a database nor a port.
pub(crate) fn run(settings: &Settings) -> ExitCode {
    if let Err(error) = checked(settings) {
        return fail(&error, 2);
    }
    let Settings { webhook, listen, path, admin_listen, tenants, .. } = settings;
    let keys: Vec<_> = webhook.keys.iter().map(|(id, _)| id.as_str()).collect();
    println!("deliveries   POST http://{listen}{path}, signed by {}", keys.join(", "));
    println!("environment  {}", tenants.environment);
    match &tenants.database {
        Database::Postgres(_) => println!("database     PostgreSQL"),
        Database::Sqlite(file) => println!("database     SQLite, {}", file.display()),
    }
    match tenants.api.as_ref().map(|api| &api.listen) {
        Some(ApiListen::Tcp(address)) => println!("API          http://{address}"),
        Some(ApiListen::Unix(path)) => println!("API          {}", path.display()),
        None => println!("API          none"),
    }
    println!("admin        http://{admin_listen}");
    match &tenants.notify {
        Some(notify) => println!("told         {}", notify.url),
        None => println!("told         nobody: UNTIS_WEBHOOK_NOTIFY_URL is not set"),
    }
    match &tenants.probe {
        Some(probe) => println!("probe        {}", probe.url),
        None => println!("probe        none: UNTIS_WEBHOOK_PROBE_URL is not set"),
    }
    if tenants.client_ids.is_empty() {
        println!(
            "warning      UNTIS_WEBHOOK_CLIENT_IDS is not set: a school is held to the first client id that comes, which \
             another partner may have forwarded"
        );
    }
    ExitCode::SUCCESS
}
