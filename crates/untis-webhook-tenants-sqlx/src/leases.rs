//! What the worker takes for a while, so that nobody else does. Each is one statement, and the clock is the database's.

use std::time::Duration;

use untis_webhook_tenants::{Claim, Message, StoreError, TenantKey, Timestamp};

use super::{Backend, queries, rows, schema};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Of whom there is something to tell, and nobody tells it just now.
macro_rules! due {
    () => {
        concat!(
            "version > acknowledged AND NOT is_given_up AND (due_at IS NULL OR due_at <= ",
            now!(),
            ") AND (leased_until IS NULL OR leased_until <= ",
            now!(),
            ")"
        )
    };
}

/// Nothing is taken once a later version of the library has changed the tables.
macro_rules! this_version {
    ($version:literal) => {
        concat!("EXISTS (SELECT 1 FROM untis_webhook_schema WHERE version = ", $version, ")")
    };
}

/// Those that failed before come last, and of either those that have waited longest come first.
pub(super) async fn claim(store: &Backend, environment: &str, claim: Claim) -> Result<Vec<Message>> {
    // Reads before it writes: mostly there is nothing, and of writers a database has one.
    let is_due = sqlx::query_scalar(concat!(
        "SELECT EXISTS (SELECT 1 FROM untis_webhook_tenants WHERE environment = $1 AND ",
        due!(),
        " AND ($2 OR attempts = 0))"
    ));
    let is_due = is_due.bind(environment).bind(claim.retries).fetch_one(&store.pool).await;
    if !is_due.map_err(StoreError::database)? {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(concat!(
        "WITH due AS MATERIALIZED (
            SELECT tenant_id FROM untis_webhook_tenants
            WHERE environment = $1 AND ",
        due!(),
        " AND ($2 OR attempts = 0) AND ",
        this_version!("$6"),
        " ORDER BY attempts > 0, COALESCE(leased_until, due_at, changed_at * 1000) LIMIT $3 ",
        skip_locked!(),
        ")
        UPDATE untis_webhook_tenants SET lease = $4, attempts = attempts + 1, leased_until = $5 + ",
        now!(),
        " WHERE environment = $1 AND tenant_id IN (SELECT tenant_id FROM due) RETURNING *"
    ))
    .bind(environment)
    .bind(claim.retries)
    .bind(i64::from(claim.limit))
    .bind(claim.lease)
    .bind(millis(claim.duration))
    .bind(schema::latest())
    .fetch_all(&store.pool)
    .await
    .map_err(StoreError::database)?;
    if rows.is_empty() {
        schema::check(&store.pool).await?;
    }
    // One that cannot be read does not keep back the others that were taken with it.
    let messages = rows.iter().map(rows::message).filter_map(|message| {
        message
            .inspect_err(|error| tracing::warn!(%error, "what there is to tell of a tenant cannot be read"))
            .ok()
    });
    Ok(messages.collect())
}

pub(super) async fn acknowledge(
    store: &Backend,
    key: TenantKey<'_>,
    lease: i64,
    version: u64,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE untis_webhook_tenants
        SET acknowledged = $4, attempts = 0, due_at = NULL, is_given_up = FALSE, lease = NULL, leased_until = NULL
        WHERE environment = $1 AND tenant_id = $2 AND lease = $3",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .bind(lease)
    .bind(queries::number(version)?)
    .execute(&store.pool)
    .await
    .map_err(StoreError::database)?;
    Ok(done.rows_affected() > 0)
}

/// A later version than the one that failed is due as it was.
pub(super) async fn postpone(
    store: &Backend,
    key: TenantKey<'_>,
    lease: i64,
    version: u64,
    pause: Option<Duration>,
) -> Result<()> {
    sqlx::query(concat!(
        "UPDATE untis_webhook_tenants SET lease = NULL, leased_until = NULL,
            due_at = CASE WHEN version = $4 THEN $5 + ",
        now!(),
        " ELSE due_at END,
            is_given_up = CASE WHEN version = $4 THEN $6 ELSE is_given_up END
        WHERE environment = $1 AND tenant_id = $2 AND lease = $3"
    ))
    .bind(key.environment)
    .bind(key.tenant_id)
    .bind(lease)
    .bind(queries::number(version)?)
    .bind(millis(pause.unwrap_or_default()))
    .bind(pause.is_none())
    .execute(&store.pool)
    .await
    .map_err(StoreError::database)?;
    Ok(())
}

pub(super) async fn redrive(store: &Backend, key: TenantKey<'_>) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE untis_webhook_tenants
        SET attempts = 0, due_at = NULL, is_given_up = FALSE, lease = NULL, leased_until = NULL
        WHERE environment = $1 AND tenant_id = $2 AND version > acknowledged",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .execute(&store.pool)
    .await
    .map_err(StoreError::database)?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn claim_probe(
    store: &Backend,
    environment: &str,
    now: Timestamp,
    again: Timestamp,
) -> Result<Option<String>> {
    let is_due = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM untis_webhook_tenants
        WHERE environment = $1 AND probe_at IS NOT NULL AND probe_at <= $2)",
    );
    let is_due = is_due.bind(environment).bind(now.as_seconds()).fetch_one(&store.pool).await;
    if !is_due.map_err(StoreError::database)? {
        return Ok(None);
    }
    sqlx::query_scalar(concat!(
        "WITH due AS MATERIALIZED (
            SELECT tenant_id FROM untis_webhook_tenants
            WHERE environment = $1 AND probe_at IS NOT NULL AND probe_at <= $2 AND ",
        this_version!("$4"),
        " ORDER BY probe_at LIMIT 1 ",
        skip_locked!(),
        ")
        UPDATE untis_webhook_tenants SET probe_at = $3
        WHERE environment = $1 AND tenant_id IN (SELECT tenant_id FROM due) RETURNING tenant_id"
    ))
    .bind(environment)
    .bind(now.as_seconds())
    .bind(again.as_seconds())
    .bind(schema::latest())
    .fetch_optional(&store.pool)
    .await
    .map_err(StoreError::database)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 2)
}
