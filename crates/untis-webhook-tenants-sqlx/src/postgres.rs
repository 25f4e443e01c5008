use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, Pool, Postgres, Transaction};
use untis_webhook_tenants::StoreError;

/// The database's clock, in milliseconds since 1970.
macro_rules! now {
    () => {
        "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)"
    };
}
/// What is locked is received into just now, or leased by another.
macro_rules! skip_locked {
    () => {
        "FOR UPDATE SKIP LOCKED"
    };
}

#[cfg(feature = "sqlite")]
#[path = "copy.rs"]
mod copy;
#[path = "leases.rs"]
mod leases;
#[path = "lists.rs"]
mod lists;
#[path = "queries.rs"]
mod queries;
#[path = "rows.rs"]
mod rows;
#[path = "schema.rs"]
mod schema;
#[path = "sealed.rs"]
mod sealed;
#[path = "writes.rs"]
mod writes;

/// Tenants in a PostgreSQL database, for several instances.
///
/// ```no_run
/// use untis_webhook_tenants::{KeyRing, Registry};
/// use untis_webhook_tenants_sqlx::PgStore;
/// # use untis_webhook::KeySet;
///
/// # async fn example(keys: &KeySet, ring: KeyRing) -> Result<(), Box<dyn std::error::Error>> {
/// let store = PgStore::connect("postgres://untis@db.example/untis?sslmode=verify-full").await?;
/// let registry = Registry::builder(keys, ring).open(store).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PgStore {
    pool: Pool<Postgres>,
}

type Backend = PgStore;
type Connection = PgConnection;
type Database = Postgres;
type Row = sqlx::postgres::PgRow;

impl PgStore {
    /// Connects to a database by its URL, over a pool of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot be reached, or a later version of this library has been there. It does not
    /// repeat the URL, which may hold a password.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(StoreError::database)?;
        let options = options.options([
            // Under a stricter one, writes that meet fail where they could wait.
            ("default_transaction_isolation", "read committed".to_owned()),
            // Nobody waits without end for a tenant that a transaction of the application's own has locked.
            ("lock_timeout", WAIT.as_millis().to_string()),
        ]);
        let pool = PgPoolOptions::new().acquire_timeout(WAIT).connect_with(options).await;
        Self::new(pool.map_err(StoreError::database)?).await
    }

    /// Uses a pool that the application has as well.
    ///
    /// # Errors
    ///
    /// [`StoreError::Setting`] if a commit does not wait until it is on disk, or the database has not every character,
    /// and otherwise as [`connect`](Self::connect).
    pub async fn new(pool: Pool<Postgres>) -> Result<Self, StoreError> {
        for (query, expected) in [
            ("SELECT current_setting('synchronous_commit')", "synchronous_commit"),
            ("SELECT current_setting('fsync')", "fsync"),
        ] {
            let found: String =
                sqlx::query_scalar(query).fetch_one(&pool).await.map_err(StoreError::database)?;
            if found == "off" {
                return Err(StoreError::Setting { expected, found });
            }
        }
        let encoding = sqlx::query_scalar("SELECT current_setting('server_encoding')").fetch_one(&pool).await;
        let found: String = encoding.map_err(StoreError::database)?;
        if !["SQL_ASCII", "UTF8"].contains(&found.as_str()) {
            return Err(StoreError::Setting { expected: "server_encoding=UTF8", found });
        }
        let store = Self { pool };
        schema::migrate(&store).await?;
        Ok(store)
    }

    /// The pool.
    pub fn pool(&self) -> &Pool<Postgres> {
        &self.pool
    }

    const IS_ONE_WRITER: bool = false;

    /// Whatever the application's pool begins otherwise: under a stricter isolation what others committed while this one
    /// waited for a lock is not seen.
    async fn begin_to_write(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await
    }

    /// Before there are tables, there is nothing else to lock.
    async fn lock_schema(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(ADVISORY_LOCK)
            .execute(connection)
            .await
            .map(drop)
    }

    async fn lock_fingerprint_keys(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query("LOCK TABLE untis_webhook_fingerprint_keys IN EXCLUSIVE MODE")
            .execute(connection)
            .await
            .map(drop)
    }

    /// Several writes in one query are parts of one statement, in no order unless one asks for another.
    fn begin_write(n: usize) -> String {
        format!("{} write_{n} AS (", if n == 0 { "WITH" } else { "," })
    }
    const END_WRITE: &str = " RETURNING 1)";
    const END_WRITES: &str = " SELECT 1";

    /// A condition that holds once this one is done.
    fn after_write(n: usize) -> String {
        format!("EXISTS (SELECT 1 FROM write_{n})")
    }

    /// What was destroyed is in the tables until they are vacuumed. The server's log that is written ahead holds its
    /// ciphertext until it is recycled.
    async fn empty_leftovers(&self) -> Result<(), sqlx::Error> {
        for vacuum in [
            "VACUUM untis_webhook_tenants",
            "VACUUM untis_webhook_sets",
            "VACUUM untis_webhook_records",
            "VACUUM untis_webhook_fingerprint_keys",
        ] {
            sqlx::query(vacuum).execute(&self.pool).await?;
        }
        Ok(())
    }
}

/// How it is connected is left out: that may hold a password.
impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStore").finish_non_exhaustive()
    }
}

const SCHEMA: &[&str] = &[
    include_str!("schema/postgres_1.sql"),
    include_str!("schema/postgres_2.sql"),
    include_str!("schema/both_3.sql"),
];

/// Of this library's own, among all that lock something in the database.
const ADVISORY_LOCK: i64 = 0x756e_7469_7377_6562;

/// For a connection, and for a lock. After that it is as well for the platform to send again.
const WAIT: Duration = Duration::from_secs(5);
