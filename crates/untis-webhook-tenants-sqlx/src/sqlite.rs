use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Pool, SqlSafeStr as _, Sqlite, SqliteConnection, Transaction};
use untis_webhook_tenants::StoreError;

/// The database's clock, in milliseconds since 1970.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}
/// Nobody else writes.
macro_rules! skip_locked {
    () => {
        ""
    };
}

mod file;
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

use self::file::OpenedFile;

/// Tenants in a SQLite database.
///
/// Every connection is in WAL mode, writes to the disk before it has committed (`synchronous=FULL`), waits for others
/// that write, keeps foreign keys, and overwrites what it deletes (`secure_delete`).
///
/// A file that is moved, removed or replaced while it is open is written to no more: what was written would be lost.
#[derive(Clone)]
pub struct SqliteStore {
    pool: Pool<Sqlite>,
    file: Arc<OpenedFile>,
}

type Backend = SqliteStore;
type Connection = SqliteConnection;
type Database = Sqlite;
type Row = sqlx::sqlite::SqliteRow;

impl SqliteStore {
    /// Opens a file over a pool of its own. One that is not there is made, for its owner alone, and so are the files that
    /// SQLite puts beside it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the file cannot be opened, or a later version of this library has been there.
    pub async fn open(file: impl AsRef<Path>) -> Result<Self, StoreError> {
        file::make_private(file.as_ref());
        let file = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT)
            .connect_with(Self::configure(file))
            .await;
        Self::new(pool.map_err(StoreError::database)?).await
    }

    /// With the settings that a pool's connections must have for [`new`](Self::new). WAL mode is none of them: it is the
    /// file's.
    ///
    /// ```
    /// use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    /// use untis_webhook_tenants::StoreError;
    /// use untis_webhook_tenants_sqlx::SqliteStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("application.db");
    ///
    /// // The application's own database, whose pool the registry uses as well.
    /// let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    /// let pool = SqlitePoolOptions::new().connect_with(SqliteStore::configure(options.clone())).await?;
    /// let store = SqliteStore::new(pool).await?;
    ///
    /// // Without it, what was committed could be lost.
    /// let other = SqlitePoolOptions::new().connect_with(options.pragma("synchronous", "off")).await?;
    /// assert!(matches!(SqliteStore::new(other).await, Err(StoreError::Setting { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn configure(options: SqliteConnectOptions) -> SqliteConnectOptions {
        options
            .busy_timeout(WAIT)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "on")
    }

    /// Uses a pool that the application has as well, and puts its file into WAL mode.
    ///
    /// # Errors
    ///
    /// [`StoreError::Setting`] if its connections are not as [`configure`](Self::configure) makes them, and otherwise
    /// as [`open`](Self::open).
    pub async fn new(pool: Pool<Sqlite>) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await.map_err(StoreError::database)?;
        use_wal(&mut connection).await.map_err(StoreError::database)?;
        for (query, expected, allowed) in SETTINGS {
            let found: String =
                sqlx::query_scalar(query).fetch_one(&mut *connection).await.map_err(StoreError::database)?;
            if !allowed.contains(&found.as_str()) {
                return Err(StoreError::Setting { expected, found });
            }
        }
        drop(connection);
        let file = OpenedFile::new(pool.connect_options().get_filename());
        let store = Self { pool, file: Arc::new(file.map_err(StoreError::database)?) };
        schema::migrate(&store).await?;
        Ok(store)
    }

    /// The pool.
    pub fn pool(&self) -> &Pool<Sqlite> {
        &self.pool
    }

    /// A transaction of one that writes begins when those of all others have ended.
    const IS_ONE_WRITER: bool = true;

    /// At once as one that writes, since one that becomes so after it has read can fail.
    async fn begin_to_write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        let connection = self.acquire().await?;
        // What `Pool::begin_with` does with the connection that it takes. Drivers other than sqlx's own call it as well.
        let transaction = Transaction::begin(connection, Some(BEGIN.into_sql_str())).await?;
        self.file.check()?;
        Ok(transaction)
    }

    /// On a full disk SQLite rolls back by itself. sqlx, whose own rollback then fails, takes the connection for one within a
    /// transaction ever after, on which none can begin.
    async fn acquire(&self) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
        loop {
            let connection = self.pool.acquire().await?;
            if !connection.is_in_transaction() {
                return Ok(connection);
            }
            // However it ends, it is gone.
            drop(connection.close().await);
        }
    }

    /// What is copied is that of this version, and nobody writes meanwhile.
    #[cfg(feature = "postgres")]
    pub(crate) async fn begin_to_copy(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let mut transaction = self.begin_to_write().await.map_err(StoreError::database)?;
        schema::check(&mut *transaction).await?;
        Ok(transaction)
    }

    /// Nobody else writes.
    async fn lock_schema(_: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Nobody else writes.
    async fn lock_fingerprint_keys(_: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Several writes in one query are statements one after the other.
    fn begin_write(_: usize) -> &'static str {
        ""
    }
    const END_WRITE: &str = ";";
    const END_WRITES: &str = "";

    fn after_write(_: usize) -> String {
        "TRUE".to_owned()
    }

    /// The log that is written ahead holds what was destroyed until it is emptied. Somebody who reads just now can
    /// prevent that, and whoever writes later does it.
    async fn empty_leftovers(&self) -> Result<(), sqlx::Error> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await.map(drop)
    }
}

/// Puts the file into WAL mode. That does not wait for others that do the same; a transaction does.
async fn use_wal(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let deadline = Instant::now() + WAIT;
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                connection.begin_with(BEGIN).await?.rollback().await?;
            }
            done => return done.map(drop),
        }
    }
}

/// Whether it is `SQLITE_BUSY`, or one of its extended codes.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// What is asked of a connection, what is expected, and how it can be said.
const SETTINGS: [(&str, &str, &[&str]); 5] = [
    ("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "foreign_keys=on", &["1"]),
    ("SELECT journal_mode FROM pragma_journal_mode", "journal_mode=wal", &["wal"]),
    ("SELECT CAST(secure_delete AS TEXT) FROM pragma_secure_delete", "secure_delete=on", &["1"]),
    ("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "synchronous=full", &["2", "3"]),
    (
        "SELECT CASE WHEN timeout >= 1000 THEN 'enough' ELSE CAST(timeout AS TEXT) END FROM pragma_busy_timeout",
        "busy_timeout of a second or more",
        &["enough"],
    ),
];

/// How it is connected is left out: that may hold a password.
impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

const SCHEMA: &[&str] = &[
    include_str!("schema/sqlite_1.sql"),
    include_str!("schema/sqlite_2.sql"),
    include_str!("schema/both_3.sql"),
];

const BEGIN: &str = "BEGIN IMMEDIATE";

/// One writes at a time, and while it does others read.
const CONNECTIONS: u32 = 4;

/// For another process that writes, and for a connection. After that it is as well for the platform to send again.
const WAIT: Duration = Duration::from_secs(5);
