//! What is read of many rows: for people, and for whoever goes through all of them. Each condition has an index.

use untis_webhook_tenants::{
    Entry, Erasure, Filter, Listed, Record, Selection, StoreError, Summary, TenantKey,
};

use super::queries::number;
use super::{Backend, rows};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A list from an id on, without the one that it goes on after, and up to another. For each condition there is an index.
macro_rules! list_tenants {
    ($condition:literal) => {
        concat!(
            "SELECT tenants.*, sets.host, sets.worked_at
            FROM untis_webhook_tenants AS tenants LEFT JOIN untis_webhook_sets AS sets
                ON sets.environment = tenants.environment AND sets.tenant_id = tenants.tenant_id
                    AND sets.state = 'current'
            WHERE tenants.environment = $1 AND tenants.tenant_id >= $2 AND tenants.tenant_id <> $3
                AND tenants.tenant_id < $4 AND tenants.client_id IS NOT NULL ",
            $condition,
            " ORDER BY tenants.tenant_id LIMIT $5"
        )
    };
}

pub(super) async fn list(
    store: &Backend,
    environment: &str,
    listed: Listed<'_>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let Listed { filter, prefix, after } = listed;
    let status = match filter {
        Some(Filter::Status(status)) => Some(status.as_str()),
        _ => None,
    };
    let rows = sqlx::query(match filter {
        None => list_tenants!(""),
        Some(Filter::Contested) => list_tenants!("AND tenants.is_contested"),
        Some(Filter::GivenUp) => {
            list_tenants!("AND tenants.version > tenants.acknowledged AND tenants.is_given_up")
        }
        Some(Filter::Refused) => list_tenants!("AND tenants.is_refused"),
        Some(Filter::Status(_)) => list_tenants!("AND tenants.status = $6"),
        Some(Filter::Waiting) => {
            list_tenants!("AND tenants.version > tenants.acknowledged AND NOT tenants.is_given_up")
        }
    })
    .bind(environment)
    .bind(prefix.max(after))
    .bind(after)
    .bind(format!("{prefix}{}", LAST.repeat(LONGEST_ID)))
    .bind(i64::from(limit));
    let rows = status.into_iter().fold(rows, |rows, status| rows.bind(status));
    let rows = rows.fetch_all(&store.pool).await.map_err(StoreError::database)?;
    rows.iter().map(rows::entry).collect()
}

pub(super) async fn summary(store: &Backend, environment: &str) -> Result<Summary> {
    let rows = sqlx::query(
        "SELECT status AS kind, COUNT(*) AS tenants, CAST(NULL AS BIGINT) AS since FROM untis_webhook_tenants
            WHERE environment = $1 AND client_id IS NOT NULL GROUP BY status
        UNION ALL
        SELECT 'contested', COUNT(*), NULL FROM untis_webhook_tenants
            WHERE environment = $1 AND client_id IS NOT NULL AND is_contested
        UNION ALL
        SELECT 'refused', COUNT(*), NULL FROM untis_webhook_tenants
            WHERE environment = $1 AND client_id IS NOT NULL AND is_refused
        UNION ALL
        SELECT 'untold', COUNT(*), MIN(changed_at) FROM untis_webhook_tenants
            WHERE environment = $1 AND client_id IS NOT NULL AND version > acknowledged
        UNION ALL
        SELECT 'given up', COUNT(*), NULL FROM untis_webhook_tenants
            WHERE environment = $1 AND client_id IS NOT NULL AND version > acknowledged AND is_given_up",
    )
    .bind(environment)
    .fetch_all(&store.pool)
    .await
    .map_err(StoreError::database)?;
    rows::summary(&rows)
}

pub(super) async fn profiles(
    store: &Backend,
    environment: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, Vec<u8>)>> {
    sqlx::query_as(
        "SELECT tenant_id, profile FROM untis_webhook_tenants
        WHERE environment = $1 AND tenant_id > $2 AND client_id IS NOT NULL AND profile IS NOT NULL
        ORDER BY tenant_id LIMIT $3",
    )
    .bind(environment)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(StoreError::database)
}

pub(super) async fn records(
    store: &Backend,
    key: TenantKey<'_>,
    after: u64,
    limit: u32,
) -> Result<Vec<Record>> {
    let rows = sqlx::query(
        "SELECT * FROM untis_webhook_records
        WHERE environment = $1 AND tenant_id = $2 AND first_sequence > $3
        ORDER BY first_sequence LIMIT $4",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .bind(number(after)?)
    .bind(i64::from(limit))
    .fetch_all(&store.pool)
    .await
    .map_err(StoreError::database)?;
    rows.iter().map(|row| rows::record(row, "fingerprint")).collect()
}

pub(super) async fn select(
    store: &Backend,
    environment: &str,
    selection: Selection<'_>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<String>> {
    let query = match selection {
        Selection::Due { ended_until, kept_until, forgotten_until } => sqlx::query_scalar(
            "SELECT tenant_id FROM untis_webhook_tenants AS tenants
            WHERE environment = $1 AND (CAST($2 AS TEXT) IS NULL OR tenant_id > $2) AND (
                forgotten_at <= $6
                OR (status <> 'active' AND ended_at <= $4 AND (
                    (status = 'deleted' AND profile IS NOT NULL)
                    OR EXISTS (SELECT 1 FROM untis_webhook_sets AS sets
                        WHERE sets.environment = tenants.environment AND sets.tenant_id = tenants.tenant_id
                            AND secrets IS NOT NULL AND (status = 'deleted' OR state = 'current'))))
                OR EXISTS (SELECT 1 FROM untis_webhook_records AS records
                    WHERE records.environment = tenants.environment
                        AND records.tenant_id = tenants.tenant_id
                        AND body IS NOT NULL AND body_until <= $5))
            ORDER BY tenant_id LIMIT $3",
        )
        .bind(environment)
        .bind(after)
        .bind(i64::from(limit))
        .bind(ended_until.as_seconds())
        .bind(kept_until.as_seconds())
        .bind(forgotten_until.as_seconds()),
        Selection::Untold => sqlx::query_scalar(
            "SELECT tenant_id FROM untis_webhook_tenants
            WHERE environment = $1 AND (CAST($2 AS TEXT) IS NULL OR tenant_id > $2) AND version > acknowledged
            ORDER BY tenant_id LIMIT $3",
        )
        .bind(environment)
        .bind(after)
        .bind(i64::from(limit)),
        Selection::NotUnder(header) => sqlx::query_scalar(
            "SELECT tenant_id FROM untis_webhook_tenants AS tenants
            WHERE environment = $1 AND (CAST($2 AS TEXT) IS NULL OR tenant_id > $2) AND (
                substr(profile, 1, CAST($5 AS INTEGER)) <> $4
                OR EXISTS (SELECT 1 FROM untis_webhook_sets AS sets
                    WHERE sets.environment = tenants.environment AND sets.tenant_id = tenants.tenant_id
                        AND substr(secrets, 1, CAST($5 AS INTEGER)) <> $4)
                OR EXISTS (SELECT 1 FROM untis_webhook_records AS records
                    WHERE records.environment = tenants.environment
                        AND records.tenant_id = tenants.tenant_id
                        AND substr(body, 1, CAST($5 AS INTEGER)) <> $4))
            ORDER BY tenant_id LIMIT $3",
        )
        .bind(environment)
        .bind(after)
        .bind(i64::from(limit))
        .bind(header)
        .bind(i64::try_from(header.len()).unwrap_or(i64::MAX)),
    };
    query.fetch_all(&store.pool).await.map_err(StoreError::database)
}

pub(super) async fn erasures(store: &Backend, key: TenantKey<'_>) -> Result<Vec<Erasure>> {
    let rows = sqlx::query(
        "SELECT * FROM untis_webhook_erasures WHERE environment = $1 AND tenant_id = $2
        ORDER BY erased_at",
    )
    .bind(key.environment)
    .bind(key.tenant_id)
    .fetch_all(&store.pool)
    .await
    .map_err(StoreError::database)?;
    rows.iter().map(rows::erasure).collect()
}

/// The last character there is. No id has so many octets, so what begins with a prefix comes before the prefix with as many
/// of these after it.
const LAST: &str = "\u{10ffff}";
const LONGEST_ID: usize = 256;
