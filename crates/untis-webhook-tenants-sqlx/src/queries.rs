//! The store, and the statements about one tenant, which both databases understand. Those of other kinds have files of their own.

use std::time::Duration;

use sqlx::{Connection as _, Transaction};
use untis_webhook_tenants::{
    Changes, Claim, Column, Entry, Erasure, Fingerprint, Listed, Message, Record, SealedCredentials,
    Selection, Store, StoreError, StoredTenant, Summary, TenantKey, Timestamp,
};

use super::{Backend, Connection, Database, leases, lists, rows, schema, sealed, writes};

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
        sealed::save_sealed(connection, key, column, sealed).await
    }

    async fn sealed(
        &self,
        connection: &mut Connection,
        key: TenantKey<'_>,
    ) -> Result<Vec<(Column, Vec<u8>)>> {
        sealed::sealed(connection, key).await
    }

    async fn expire_bodies(
        &self,
        connection: &mut Connection,
        key: TenantKey<'_>,
        until: Timestamp,
    ) -> Result<u64> {
        sealed::expire_bodies(connection, key, until).await
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
        sealed::credentials(self, key).await
    }

    async fn read_sealed(&self, key: TenantKey<'_>, column: Column) -> Result<Option<Vec<u8>>> {
        sealed::read_sealed(self, key, column).await
    }

    async fn list(&self, environment: &str, listed: Listed<'_>, limit: u32) -> Result<Vec<Entry>> {
        lists::list(self, environment, listed, limit).await
    }

    async fn summary(&self, environment: &str) -> Result<Summary> {
        lists::summary(self, environment).await
    }

    async fn profiles(&self, environment: &str, after: &str, limit: u32) -> Result<Vec<(String, Vec<u8>)>> {
        lists::profiles(self, environment, after, limit).await
    }

    async fn records(&self, key: TenantKey<'_>, after: u64, limit: u32) -> Result<Vec<Record>> {
        lists::records(self, key, after, limit).await
    }

    async fn select(
        &self,
        environment: &str,
        selection: Selection<'_>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>> {
        lists::select(self, environment, selection, after, limit).await
    }

    async fn erasures(&self, key: TenantKey<'_>) -> Result<Vec<Erasure>> {
        lists::erasures(self, key).await
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

pub(super) fn number(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| StoreError::Foreign("a number of 63 bits"))
}

pub(super) fn seconds(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_seconds)
}
