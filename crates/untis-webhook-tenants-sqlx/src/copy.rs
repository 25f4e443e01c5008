//! From SQLite to PostgreSQL, as it is.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{Arguments, AssertSqlSafe, Decode, PgConnection, Row, Sqlite, SqliteConnection, Type};
use untis_webhook_tenants::StoreError;

use super::{PgStore, schema};
use crate::SqliteStore;

impl PgStore {
    /// Copies all that is in a SQLite database, of all environments, into this one, in which no registry was opened yet:
    /// tenants, records, fingerprint keys. Says how many rows that were. What is encrypted is copied as it is, without a
    /// key, and a registry with the same key ring goes on with it here.
    ///
    /// It is one transaction. Nobody writes to the SQLite database meanwhile: deliveries wait and are answered 503. What
    /// is received there afterwards is not here, so the receivers are stopped before and started over this store.
    ///
    /// ```no_run
    /// use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // With the receivers stopped:
    /// let target = PgStore::connect("postgres://untis@db.example/untis").await?;
    /// let rows = target.copy_from(&SqliteStore::open("tenants.db").await?).await?;
    /// println!("{rows} rows");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError::NotEmpty`] if there is anything in this database, [`StoreError::LaterVersion`] if a later version
    /// of this library has been in one of them, and otherwise as a database answers. Then nothing is copied.
    pub async fn copy_from(&self, source: &SqliteStore) -> Result<u64, StoreError> {
        let mut reading = source.begin_to_copy().await?;
        let mut writing = self.begin_to_write().await.map_err(StoreError::database)?;
        Self::lock_schema(&mut writing).await.map_err(StoreError::database)?;
        schema::check(&mut *writing).await?;
        for table in TABLES {
            lock_empty(&mut writing, table).await?;
        }
        let mut copied = 0;
        for table in TABLES {
            copied += copy_table(&mut reading, &mut writing, table).await?;
        }
        writing.commit().await.map_err(StoreError::database)?;
        Ok(copied)
    }
}

/// Until the transaction ends.
async fn lock_empty(connection: &mut PgConnection, table: &str) -> Result<(), StoreError> {
    let lock = format!("LOCK TABLE {table} IN EXCLUSIVE MODE");
    sqlx::query(AssertSqlSafe(lock)).execute(&mut *connection).await.map_err(StoreError::database)?;
    let is_empty = format!("SELECT NOT EXISTS (SELECT 1 FROM {table})");
    let is_empty = sqlx::query_scalar(AssertSqlSafe(is_empty)).fetch_one(connection).await;
    match is_empty.map_err(StoreError::database)? {
        true => Ok(()),
        false => Err(StoreError::NotEmpty),
    }
}

async fn copy_table(
    source: &mut SqliteConnection,
    target: &mut PgConnection,
    table: &str,
) -> Result<u64, StoreError> {
    // From the catalogue, so that none is forgotten.
    let columns = sqlx::query(
        "SELECT CAST(attname AS TEXT) AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
        WHERE attrelid = CAST($1 AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    );
    let columns = columns.bind(table).fetch_all(&mut *target).await.map_err(StoreError::database)?;
    let (mut copied, mut after) = (0, i64::MIN);
    loop {
        let page = format!("SELECT rowid, * FROM {table} WHERE rowid > $1 ORDER BY rowid LIMIT $2");
        let page = sqlx::query(AssertSqlSafe(page)).bind(after).bind(PAGE);
        // A statement that is kept keeps the columns of its time.
        let page = page.persistent(false).fetch_all(&mut *source).await.map_err(StoreError::database)?;
        let Some(last) = page.last() else { return Ok(copied) };
        after = last.try_get("rowid").map_err(StoreError::database)?;
        if last.len() != columns.len() + 1 {
            return Err(StoreError::Foreign("the same columns in both databases"));
        }
        copied += insert(target, table, &columns, &page).await.map_err(StoreError::database)?;
    }
}

/// A column at a time, each as one array.
async fn insert(
    target: &mut PgConnection,
    table: &str,
    columns: &[PgRow],
    page: &[SqliteRow],
) -> Result<u64, sqlx::Error> {
    let (mut names, mut arrays, mut arguments) = (Vec::new(), Vec::new(), PgArguments::default());
    for column in columns {
        let (name, type_name): (&str, &str) = (column.try_get("name")?, column.try_get("type")?);
        names.push(name);
        let added = match type_name {
            "bigint" => arguments.add(values::<i64>(page, name)?),
            "boolean" => arguments.add(values::<bool>(page, name)?),
            "bytea" => arguments.add(values::<Vec<u8>>(page, name)?),
            _ => arguments.add(values::<String>(page, name)?),
        };
        added.map_err(sqlx::Error::Encode)?;
        arrays.push(format!("${}", names.len()));
    }
    let (names, arrays) = (names.join(", "), arrays.join(", "));
    let insert = format!("INSERT INTO {table} ({names}) SELECT * FROM UNNEST({arrays})");
    let done = sqlx::query_with(AssertSqlSafe(insert), arguments).execute(target).await?;
    Ok(done.rows_affected())
}

fn values<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(
    page: &'r [SqliteRow],
    column: &str,
) -> Result<Vec<Option<T>>, sqlx::Error> {
    page.iter().map(|row| row.try_get(column)).collect()
}

/// In an order in which each row comes after those that it refers to.
const TABLES: [&str; 5] = [
    "untis_webhook_tenants",
    "untis_webhook_sets",
    "untis_webhook_records",
    "untis_webhook_erasures",
    "untis_webhook_fingerprint_keys",
];

/// Rows at once. A record can have a body of some megabytes.
const PAGE: i64 = 16;
