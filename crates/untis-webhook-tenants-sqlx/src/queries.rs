//! The statements, which both databases understand.

use std::time::Duration;

use sqlx::{Connection as _, Transaction};
use untis_webhook_tenants::{
    Changes, Claim, Column, Entry, Erasure, Filter, Fingerprint, Listed, Message, Record, SealedCredentials,
    Selection, Store, StoreError, StoredTenant, Summary, TenantKey, Timestamp,
};

use super::{Backend, Connection, Database, leases, rows, schema, writes};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// To write a tenant's row is to lock it. It is not written if a later version of the library has changed the tables.
macro_rules! lock_tenant {
    () => {
        "INSERT INTO untis_webhook_tenants
            (environment, tenant_id, status, version, sequence, is_contested, acknowledged)
        SELECT $1, $2, 'deactivated', 0, 0, FALSE, 0
            WHERE EXISTS (SELECT 1 FROM untis_webhook_schema WHERE version = $3)
        ON CONFLICT (environment, tenant_id) DO UPDATE SET sequence = untis_webhook_tenants.sequence"
    };
}

/// A tenant with its sets, and beside each the record of this body.
macro_rules! select_tenant {
    () => {
        "SELECT tenants.*, sets.number, sets.fingerprint, sets.state, sets.came_by,
            sets.client_id AS set_client_id, sets.host, sets.worked_at, sets.refused_at,
            sets.is_refusal_confirmed, sets.secrets IS NOT NULL AS is_stored,
            records.fingerprint AS body, records.decision, records.count, records.first_sequence,
            records.last_sequence, records.first_at, records.last_at, records.body_until,
            EXISTS (SELECT 1 FROM untis_webhook_schema WHERE version = $3) AS is_this_version
        FROM untis_webhook_tenants AS tenants LEFT JOIN untis_webhook_sets AS sets
            ON sets.environment = tenants.environment AND sets.tenant_id = tenants.tenant_id
        LEFT JOIN untis_webhook_records AS records
            ON records.environment = tenants.environment AND records.tenant_id = tenants.tenant_id
                AND records.fingerprint = $4
        WHERE tenants.environment = $1 AND tenants.tenant_id = $2
        ORDER BY sets.number"
    };
}

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

impl Store for Backend {
    type Connection = Connection;
    type Transaction = Transaction<'static, Database>;

    async fn begin(&self) -> Result<Self::Transaction> {
        self.begin_to_write().await.map_err(StoreError::database)
    }

    async fn commit(&self, transaction: Self::Transaction) -> Result<()> {
        transaction.commit().await.map_err(StoreError::database)
    }

    async fn lock(
        &self,
        connection: &mut Connection,
        key: TenantKey<'_>,
        body: Option<&Fingerprint>,
    ) -> Result<(StoredTenant, Option<Record>)> {
        if !connection.is_in_transaction() {
            return Err(StoreError::NoTransaction);
        }
        let query = match Backend::IS_ONE_WRITER {
            true => concat!(lock_tenant!(), "; ", select_tenant!()),
            // What others have committed while this one waited is seen by a statement of its own.
            false => {
                let locked = of_tenant(lock_tenant!(), key).execute(&mut *connection).await;
                locked.map_err(StoreError::database)?;
                select_tenant!()
            }
        };
        let rows = of_tenant(query, key).bind(body_of(body)).fetch_all(&mut *connection).await;
        let rows = rows.map_err(StoreError::database)?;
        if !rows::are_of_this_version(&rows)? {
            schema::check(&mut *connection).await?;
        }
        let tenant = rows::tenant(&rows)?.ok_or(StoreError::Foreign("the tenant that was locked"))?;
        Ok((tenant, rows::record_beside(&rows)?))
    }

    async fn save(
        &self,
        connection: &mut Connection,
        key: TenantKey<'_>,
        changes: &Changes<'_>,
    ) -> Result<()> {
        writes::save(connection, key, changes).await
    }

    async fn save_sealed(
        &self,
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

    async fn sealed(
        &self,
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

    async fn expire_bodies(
        &self,
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

    async fn remove(&self, connection: &mut Connection, key: TenantKey<'_>) -> Result<()> {
        sqlx::query("DELETE FROM untis_webhook_tenants WHERE environment = $1 AND tenant_id = $2")
            .bind(key.environment)
            .bind(key.tenant_id)
            .execute(connection)
            .await
            .map_err(StoreError::database)?;
        Ok(())
    }

    async fn save_erasure(
        &self,
        connection: &mut Connection,
        environment: &str,
        erasure: &Erasure,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO untis_webhook_erasures (environment, tenant_id, erased_at, scope)
            VALUES ($1, $2, $3, $4)",
        )
        .bind(environment)
        .bind(&*erasure.tenant_id)
        .bind(erasure.at.as_seconds())
        .bind(erasure.scope.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::database)?;
        Ok(())
    }

    async fn lock_fingerprint_keys(
        &self,
        connection: &mut Connection,
        environment: &str,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        Backend::lock_fingerprint_keys(connection).await.map_err(StoreError::database)?;
        sqlx::query_as("SELECT name, wrapped FROM untis_webhook_fingerprint_keys WHERE environment = $1")
            .bind(environment)
            .fetch_all(connection)
            .await
            .map_err(StoreError::database)
    }

    async fn save_fingerprint_key(
        &self,
        connection: &mut Connection,
        environment: &str,
        name: &str,
        wrapped: Option<&[u8]>,
    ) -> Result<()> {
        let query = match wrapped {
            Some(wrapped) => sqlx::query(
                "INSERT INTO untis_webhook_fingerprint_keys (environment, name, wrapped) VALUES ($1, $2, $3)
                ON CONFLICT (environment, name) DO UPDATE SET wrapped = excluded.wrapped",
            )
            .bind(environment)
            .bind(name)
            .bind(wrapped),
            None => {
                sqlx::query("DELETE FROM untis_webhook_fingerprint_keys WHERE environment = $1 AND name = $2")
                    .bind(environment)
                    .bind(name)
            }
        };
        query.execute(connection).await.map_err(StoreError::database)?;
        Ok(())
    }

    async fn tenant(&self, key: TenantKey<'_>) -> Result<Option<StoredTenant>> {
        let rows = of_tenant(select_tenant!(), key).bind(body_of(None)).fetch_all(&self.pool).await;
        rows::tenant(&rows.map_err(StoreError::database)?)
    }

    async fn credentials(&self, key: TenantKey<'_>) -> Result<Option<SealedCredentials>> {
        let row = sqlx::query(
            "SELECT tenants.version, sets.number, sets.secrets
            FROM untis_webhook_tenants AS tenants JOIN untis_webhook_sets AS sets
                ON sets.environment = tenants.environment AND sets.tenant_id = tenants.tenant_id
            WHERE tenants.environment = $1 AND tenants.tenant_id = $2
                AND tenants.status = 'active' AND sets.state = 'current' AND sets.secrets IS NOT NULL",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::database)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SealedCredentials {
            version: rows::number(&row, "version")?,
            number: rows::number(&row, "number")?,
            sealed: rows::get(&row, "secrets")?,
        }))
    }

    async fn read_sealed(&self, key: TenantKey<'_>, column: Column) -> Result<Option<Vec<u8>>> {
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
            query.fetch_optional(&self.pool).await.map_err(StoreError::database)?;
        Ok(sealed.flatten())
    }

    async fn list(&self, environment: &str, listed: Listed<'_>, limit: u32) -> Result<Vec<Entry>> {
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
        let rows = rows.fetch_all(&self.pool).await.map_err(StoreError::database)?;
        rows.iter().map(rows::entry).collect()
    }

    async fn summary(&self, environment: &str) -> Result<Summary> {
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
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::database)?;
        rows::summary(&rows)
    }

    async fn profiles(&self, environment: &str, after: &str, limit: u32) -> Result<Vec<(String, Vec<u8>)>> {
        sqlx::query_as(
            "SELECT tenant_id, profile FROM untis_webhook_tenants
            WHERE environment = $1 AND tenant_id > $2 AND client_id IS NOT NULL AND profile IS NOT NULL
            ORDER BY tenant_id LIMIT $3",
        )
        .bind(environment)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::database)
    }

    async fn records(&self, key: TenantKey<'_>, after: u64, limit: u32) -> Result<Vec<Record>> {
        let rows = sqlx::query(
            "SELECT * FROM untis_webhook_records
            WHERE environment = $1 AND tenant_id = $2 AND first_sequence > $3
            ORDER BY first_sequence LIMIT $4",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .bind(number(after)?)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::database)?;
        rows.iter().map(|row| rows::record(row, "fingerprint")).collect()
    }

    async fn select(
        &self,
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
        query.fetch_all(&self.pool).await.map_err(StoreError::database)
    }

    async fn erasures(&self, key: TenantKey<'_>) -> Result<Vec<Erasure>> {
        let rows = sqlx::query(
            "SELECT * FROM untis_webhook_erasures WHERE environment = $1 AND tenant_id = $2
            ORDER BY erased_at",
        )
        .bind(key.environment)
        .bind(key.tenant_id)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::database)?;
        rows.iter().map(rows::erasure).collect()
    }

    async fn claim(&self, environment: &str, claim: Claim) -> Result<Vec<Message>> {
        leases::claim(self, environment, claim).await
    }

    async fn acknowledge(&self, key: TenantKey<'_>, lease: i64, version: u64) -> Result<bool> {
        leases::acknowledge(self, key, lease, version).await
    }

    async fn postpone(
        &self,
        key: TenantKey<'_>,
        lease: i64,
        version: u64,
        pause: Option<Duration>,
    ) -> Result<()> {
        leases::postpone(self, key, lease, version, pause).await
    }

    async fn redrive(&self, key: TenantKey<'_>) -> Result<bool> {
        leases::redrive(self, key).await
    }

    async fn claim_probe(
        &self,
        environment: &str,
        now: Timestamp,
        again: Timestamp,
    ) -> Result<Option<String>> {
        leases::claim_probe(self, environment, now, again).await
    }

    async fn scrub(&self) -> Result<()> {
        self.empty_leftovers().await.map_err(StoreError::database)
    }
}

type Query<'q> = sqlx::query::Query<'q, Database, <Database as sqlx::Database>::Arguments>;

fn of_tenant<'q>(query: &'static str, key: TenantKey<'q>) -> Query<'q> {
    sqlx::query(query).bind(key.environment).bind(key.tenant_id).bind(schema::latest())
}

fn body_of(body: Option<&Fingerprint>) -> Option<&[u8]> {
    body.map(|body| body.as_bytes().as_slice())
}

/// The last character there is. No id has so many octets, so what begins with a prefix comes before the prefix with as many
/// of these after it.
const LAST: &str = "\u{10ffff}";
const LONGEST_ID: usize = 256;

pub(super) fn number(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| StoreError::Foreign("a number of 63 bits"))
}

pub(super) fn seconds(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_seconds)
}
