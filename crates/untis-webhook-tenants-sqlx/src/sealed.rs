//! What is encrypted: a column in each of three tables.

use untis_webhook_tenants::{Column, SealedCredentials, StoreError, TenantKey, Timestamp};

use super::queries::number;
use super::{Backend, Connection, rows};

type Result<T, E = StoreError> = std::result::Result<T, E>;

pub(super) async fn save_sealed(
    connection: &mut Connection,
    key: TenantKey<'_>,
    column: Column,
    sealed: Option<&[u8]>,
) -> Result<()> {
    let query = match column {
        Column::Body(body) => sqlx::query(
            "UPDATE untis_webhook_records SET body = $3
            WHERE environment = $1 AND tenant_id = $2 AND fingerprint = $4",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .bind(sealed)
        .bind(body.as_bytes().to_vec()),
        Column::Profile => sqlx::query(
            "UPDATE untis_webhook_tenants SET profile = $3 WHERE environment = $1 AND tenant_id = $2",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .bind(sealed),
        Column::Secrets(set) => sqlx::query(
            "UPDATE untis_webhook_sets SET secrets = $3
            WHERE environment = $1 AND tenant_id = $2 AND number = $4",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .bind(sealed)
        .bind(number(set)?),
    };
    let done = query.execute(connection).await.map_err(StoreError::database)?;
    match done.rows_affected() {
        0 => Err(StoreError::Foreign("the row of what is encrypted")),
        _ => Ok(()),
    }
}

pub(super) async fn sealed(
    connection: &mut Connection,
    key: TenantKey<'_>,
) -> Result<Vec<(Column, Vec<u8>)>> {
    let rows = sqlx::query(
        "SELECT CAST(NULL AS BIGINT) AS number, CASE WHEN 1 = 0 THEN profile END AS fingerprint,
                profile AS sealed
            FROM untis_webhook_tenants
            WHERE environment = $1 AND tenant_id = $2 AND profile IS NOT NULL
        UNION ALL
        SELECT number, NULL, secrets FROM untis_webhook_sets
            WHERE environment = $1 AND tenant_id = $2 AND secrets IS NOT NULL
        UNION ALL
        SELECT NULL, fingerprint, body FROM untis_webhook_records
            WHERE environment = $1 AND tenant_id = $2 AND body IS NOT NULL",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .fetch_all(connection)
    .await
    .map_err(StoreError::database)?;
    rows.iter().map(rows::sealed).collect()
}

pub(super) async fn expire_bodies(
    connection: &mut Connection,
    key: TenantKey<'_>,
    until: Timestamp,
) -> Result<u64> {
    let expired = sqlx::query(
        "UPDATE untis_webhook_records SET body = NULL
        WHERE environment = $1 AND tenant_id = $2 AND body IS NOT NULL AND body_until <= $3",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .bind(until.as_seconds())
    .execute(connection)
    .await
    .map_err(StoreError::database)?;
    Ok(expired.rows_affected())
}

pub(super) async fn credentials(store: &Backend, key: TenantKey<'_>) -> Result<Option<SealedCredentials>> {
    let row = sqlx::query(
        "SELECT tenants.version, sets.number, sets.secrets
        FROM untis_webhook_tenants AS tenants JOIN untis_webhook_sets AS sets
            ON sets.environment = tenants.environment AND sets.tenant_id = tenants.tenant_id
        WHERE tenants.environment = $1 AND tenants.tenant_id = $2
            AND tenants.status = 'active' AND sets.state = 'current' AND sets.secrets IS NOT NULL",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .fetch_optional(&store.pool)
    .await
    .map_err(StoreError::database)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SealedCredentials {
        version: rows::number(&row, "version")?,
        number: rows::number(&row, "number")?,
        sealed: rows::get(&row, "secrets")?,
    }))
}

pub(super) async fn read_sealed(
    store: &Backend,
    key: TenantKey<'_>,
    column: Column,
) -> Result<Option<Vec<u8>>> {
    let query = match column {
        Column::Body(body) => sqlx::query_scalar(
            "SELECT body FROM untis_webhook_records
            WHERE environment = $1 AND tenant_id = $2 AND fingerprint = $3",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .bind(body.as_bytes().to_vec()),
        Column::Profile => sqlx::query_scalar(
            "SELECT profile FROM untis_webhook_tenants WHERE environment = $1 AND tenant_id = $2",
        )
        .bind(key.environment)
        .bind(key.tenant_id),
        Column::Secrets(set) => sqlx::query_scalar(
            "SELECT secrets FROM untis_webhook_sets
            WHERE environment = $1 AND tenant_id = $2 AND number = $3",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .bind(number(set)?),
    };
    let sealed: Option<Option<Vec<u8>>> =
        query.fetch_optional(&store.pool).await.map_err(StoreError::database)?;
    Ok(sealed.flatten())
}
