use std::process::ExitCode;

use tokio::runtime::Runtime;
use untis_webhook_config::shown;
use untis_webhook_tenants::{ErasureScope, Registry, RegistryError, Store};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

use self::import::ImportError;
use crate::args::{self, Tenants};
use crate::fail;
use crate::output::{OutputError, escaped, print};
use crate::serve::error::StartError;
use crate::serve::tenants::registry;
use crate::settings::{Database, Mode, Settings};

mod export;
mod import;
mod line;
mod show;

/// Does one thing with tenants. The daemon may run meanwhile: both use the database.
pub(crate) fn run(settings: Settings, command: &Tenants) -> ExitCode {
    over(&settings, Operation::Tenants(command))
}

/// Encrypts again, and says what is left.
pub(crate) fn rekey(settings: Settings) -> ExitCode {
    over(&settings, Operation::Rekey)
}

enum Operation<'a> {
    Rekey,
    Tenants(&'a Tenants),
}

fn over(settings: &Settings, operation: Operation<'_>) -> ExitCode {
    let Settings { webhook, mode: Mode::Tenants(tenants), .. } = settings else {
        return fail(&StartError::NoTenants, 2);
    };
    let done = Runtime::new().map_err(StartError::Runtime).and_then(|runtime| {
        runtime.block_on(async {
            match &tenants.database {
                Database::Postgres(url) => {
                    Ok(operate(registry(webhook, tenants, PgStore::connect(url).await?).await?, operation)
                        .await)
                }
                // A name that is mistyped would be a registry without tenants.
                Database::Sqlite(file)
                    if !file.exists() && !matches!(operation, Operation::Tenants(Tenants::Import { .. })) =>
                {
                    Err(StartError::NoDatabase(shown(file)))
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
        Ok(Err(OperationError::Output(error))) => error.code(),
        Ok(Err(error)) => fail(&error, 1),
        Err(error) => fail(&error, 2),
    }
}

async fn operate<S: Store + 'static>(
    registry: Registry<S>,
    operation: Operation<'_>,
) -> Result<ExitCode, OperationError> {
    let command = match operation {
        Operation::Rekey => return rekeyed(&registry).await,
        Operation::Tenants(command) => command,
    };
    match command {
        Tenants::Accept(args::Set { tenant, set }) => registry.accept(&tenant.tenant_id, *set).await?,
        Tenants::Export { show_secrets } => export::run(&registry, *show_secrets).await?,
        Tenants::Forget { tenant, everything } => {
            let scope = if *everything { ErasureScope::Everything } else { ErasureScope::Secrets };
            registry.forget(&tenant.tenant_id, scope).await?;
        }
        Tenants::Import { file } => return import::run(&registry, file).await,
        Tenants::List { status, json } => show::list(&registry, status.as_deref(), *json).await?,
        Tenants::Redrive { tenant_id: Some(tenant_id) } => {
            let is_untold = registry.redrive(tenant_id).await?;
            print(if is_untold { "due at once\n" } else { "nothing to tell\n" })?;
        }
        Tenants::Redrive { tenant_id: None } => {
            print(format!("{} due at once\n", registry.redrive_all().await?))?;
        }
        Tenants::Reject(args::Set { tenant, set }) => registry.reject(&tenant.tenant_id, *set).await?,
        Tenants::Restore(tenant) => registry.restore(&tenant.tenant_id).await?,
        Tenants::Show { tenant, json } => show::show(&registry, &tenant.tenant_id, *json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn rekeyed<S: Store>(registry: &Registry<S>) -> Result<ExitCode, OperationError> {
    let rekeyed = registry.rekey().await?;
    let mut line = format!("tenants {}, left {}", rekeyed.tenants, rekeyed.left);
    if !rekeyed.missing.is_empty() {
        let missing: Vec<_> = rekeyed.missing.iter().map(|name| escaped(name)).collect();
        line = format!("{line}, missing keys: {}", missing.join(", "));
    }
    print(format!("{line}\n"))?;
    Ok(if rekeyed.left == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
enum OperationError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}
