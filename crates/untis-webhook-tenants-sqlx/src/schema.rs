//! Brings the tables up to date. Each database has its own statements; what they have in common is here.

use untis_webhook_tenants::StoreError;

use super::{Backend, SCHEMA};

/// Makes what is not there yet, once, however many do so at the same time.
pub(super) async fn migrate(store: &Backend) -> Result<(), StoreError> {
    let mut transaction = store.begin_to_write().await.map_err(StoreError::database)?;
    Backend::lock_schema(&mut transaction).await.map_err(StoreError::database)?;
    sqlx::query("CREATE TABLE IF NOT EXISTS untis_webhook_schema (version BIGINT NOT NULL)")
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::database)?;
    let found: Option<i64> = sqlx::query_scalar("SELECT version FROM untis_webhook_schema")
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StoreError::database)?;
    let found = found.unwrap_or(0);
    let done = usize::try_from(found).map_err(|_| StoreError::Foreign("a version of the tables"))?;
    let Some(missing) = SCHEMA.get(done..) else {
        return Err(StoreError::LaterVersion { expected: latest(), found });
    };
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        sqlx::raw_sql(*step).execute(&mut *transaction).await.map_err(StoreError::database)?;
    }
    sqlx::query("DELETE FROM untis_webhook_schema")
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::database)?;
    sqlx::query("INSERT INTO untis_webhook_schema (version) VALUES ($1)")
        .bind(latest())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::database)?;
    transaction.commit().await.map_err(StoreError::database)
}

/// Whether the tables are still those that this library knows.
pub(super) async fn check(
    executor: impl sqlx::Executor<'_, Database = super::Database>,
) -> Result<(), StoreError> {
    let found = sqlx::query_scalar("SELECT version FROM untis_webhook_schema").fetch_one(executor).await;
    match found.map_err(StoreError::database)? {
        found if found == latest() => Ok(()),
        found => Err(StoreError::LaterVersion { expected: latest(), found }),
    }
}

/// The version of the tables that this library knows.
pub(super) fn latest() -> i64 {
    i64::try_from(SCHEMA.len()).unwrap_or(i64::MAX)
}
