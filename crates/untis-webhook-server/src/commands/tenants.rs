use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use untis_webhook_tenants::{Entry, ErasureScope, Registry, RegistryError, Set, Status, Store};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

use crate::args::{self, Tenants};
use crate::fail;
use crate::serve::daemon::registry;
use crate::serve::error::StartError;
use crate::settings::{Database, Settings};
use crate::time::rfc_3339;

/// Does one thing with tenants. The daemon may run meanwhile: both use the database.
pub(crate) fn run(settings: Settings, command: Tenants) -> ExitCode {
    over(settings, Operation::Tenants(command))
}

/// Encrypts again, and says what is left.
pub(crate) fn rekey(settings: Settings) -> ExitCode {
    over(settings, Operation::Rekey)
}

enum Operation {
    Rekey,
    Tenants(Tenants),
}

fn over(settings: Settings, operation: Operation) -> ExitCode {
    let done = Runtime::new().map_err(StartError::Runtime).and_then(|runtime| {
        runtime.block_on(async {
            let Settings { webhook, tenants, .. } = &settings;
            match &tenants.database {
                Database::Postgres(url) => {
                    Ok(operate(registry(webhook, tenants, PgStore::connect(url).await?).await?, operation)
                        .await)
                }
                Database::Sqlite(file) => {
                    Ok(operate(registry(webhook, tenants, SqliteStore::open(file).await?).await?, operation)
                        .await)
                }
            }
        })
    });
    match done {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => fail(&error, 1),
        Err(error) => fail(&error, 2),
    }
}

async fn operate<S: Store + 'static>(
    registry: Registry<S>,
    operation: Operation,
) -> Result<ExitCode, OperationError> {
    match operation {
        Operation::Rekey => {
            let rekeyed = registry.rekey().await?;
            let missing: Vec<_> =
                rekeyed.missing.iter().map(|name| name.escape_default().to_string()).collect();
            say(&format!(
                "tenants {}, left {}, missing keys: {}",
                rekeyed.tenants,
                rekeyed.left,
                missing.join(", ")
            ))?;
            return Ok(if rekeyed.left == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Operation::Tenants(command) => match command {
            Tenants::Accept(args::Set { tenant, set }) => registry.accept(&tenant.tenant_id, set).await?,
            Tenants::Reject(args::Set { tenant, set }) => registry.reject(&tenant.tenant_id, set).await?,
            Tenants::Restore(tenant) => registry.restore(&tenant.tenant_id).await?,
            Tenants::Forget { tenant, everything } => {
                let scope = if everything { ErasureScope::Everything } else { ErasureScope::Secrets };
                registry.forget(&tenant.tenant_id, scope).await?;
            }
            Tenants::Redrive { tenant_id: Some(tenant_id) } => {
                let is_untold = registry.redrive(&tenant_id).await?;
                say(if is_untold { "due at once" } else { "nothing to tell" })?;
            }
            Tenants::Redrive { tenant_id: None } => {
                say(&format!("{} due at once", registry.redrive_all().await?))?;
            }
            Tenants::List { status, json } => list(&registry, status.as_deref(), json).await?,
            Tenants::Show(tenant) => {
                let entry = registry.get(&tenant.tenant_id).await?.ok_or(RegistryError::UnknownTenant)?;
                let sets = registry.sets(&tenant.tenant_id).await?;
                let sets: Vec<_> = sets.iter().map(of_set).collect();
                say(&format!("{:#}", json!({ "tenant": of_entry(&entry), "sets": sets })))?;
            }
        },
    }
    Ok(ExitCode::SUCCESS)
}

async fn list<S: Store>(
    registry: &Registry<S>,
    status: Option<&str>,
    json: bool,
) -> Result<(), OperationError> {
    let (status, mut after) = (status.and_then(Status::from_name), None);
    loop {
        let page = registry.list(status, after.as_deref(), PAGE).await?;
        for entry in &page.entries {
            let marks = [
                (entry.is_contested, "contested"),
                (entry.is_refused, "refused by the platform"),
                (entry.is_given_up, "given up"),
                (entry.acknowledged < entry.version, "not told yet"),
            ];
            let marks: Vec<_> = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            match json {
                true => say(&of_entry(entry).to_string())?,
                false => say(&format!(
                    "{:<20} {:<11} {}",
                    entry.tenant_id.escape_default().to_string(),
                    entry.status.as_str(),
                    marks.join(", ")
                ))?,
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

fn of_entry(entry: &Entry) -> Value {
    json!({
        "tenantId": entry.tenant_id,
        "status": entry.status.as_str(),
        "version": entry.version,
        "acknowledged": entry.acknowledged,
        "clientId": entry.client_id,
        "host": entry.host,
        "contested": entry.is_contested,
        "refused": entry.is_refused,
        "attempts": entry.attempts,
        "nextAttempt": entry.next_attempt.and_then(rfc_3339),
        "givenUp": entry.is_given_up,
        "workedAt": entry.worked_at.and_then(rfc_3339),
        "receivedAt": entry.received_at.and_then(rfc_3339),
        "changedAt": entry.changed_at.and_then(rfc_3339),
    })
}

fn of_set(set: &Set) -> Value {
    json!({
        "set": set.number,
        "state": set.state.as_str(),
        "clientId": set.client_id,
        "host": set.host,
        "stored": set.is_stored,
        "workedAt": set.worked_at.and_then(rfc_3339),
        "refusedSince": set.refused.and_then(|refused| rfc_3339(refused.since)),
    })
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
enum OperationError {
    #[error("standard output cannot be written")]
    Output(#[from] io::Error),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

const PAGE: u32 = 1000;
