use sqlx::{AssertSqlSafe, Column as _, Row as _};
use untis_webhook_tenants::Store;
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

/// What a bench asks of a store's database besides the store.
pub(crate) trait Database: Store {
    const NAME: &str;
    /// The octets that a column holds.
    const OCTETS: &str;
    /// What the database does by itself some time after many rows have come at once.
    const SETTLE: &str;

    async fn execute(&self, statement: String);

    async fn columns(&self, table: &str) -> Vec<String>;

    async fn number(&self, query: String) -> i64;

    /// Puts this row in the place of another, or of none, in a transaction that begins and ends as a registry's does.
    async fn upsert(&self, tenant_id: &str, content: &str);
}

macro_rules! database {
    ($store:ty, $name:literal, $octets:literal, $settle:literal) => {
        impl Database for $store {
            const NAME: &str = $name;
            const OCTETS: &str = $octets;
            const SETTLE: &str = $settle;

            async fn execute(&self, statement: String) {
                sqlx::query(AssertSqlSafe(statement)).execute(self.pool()).await.unwrap();
            }

            async fn columns(&self, table: &str) -> Vec<String> {
                let select = AssertSqlSafe(format!("SELECT * FROM {table} LIMIT 1"));
                let row = sqlx::query(select).fetch_one(self.pool()).await.unwrap();
                row.columns().iter().map(|column| column.name().to_owned()).collect()
            }

            async fn number(&self, query: String) -> i64 {
                sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(self.pool()).await.unwrap()
            }

            async fn upsert(&self, tenant_id: &str, content: &str) {
                let mut transaction = self.begin().await.unwrap();
                let upsert = sqlx::query(
                    "INSERT INTO upserted (tenant_id, content) VALUES ($1, $2)
                    ON CONFLICT (tenant_id) DO UPDATE SET content = excluded.content",
                );
                upsert.bind(tenant_id).bind(content).execute(&mut *transaction).await.unwrap();
                self.commit(transaction).await.unwrap();
            }
        }
    };
}

database!(SqliteStore, "SQLite", "length(CAST({} AS BLOB))", "PRAGMA wal_checkpoint(TRUNCATE)");
database!(PgStore, "PostgreSQL", "pg_column_size({})", "VACUUM ANALYZE");

/// The octets of a tenant's rows.
pub(crate) async fn octets<S: Database>(store: &S, tenant_id: &str) -> usize {
    let mut octets = 0;
    for table in TABLES {
        let columns = store.columns(table).await.into_iter();
        let each = columns.map(|column| format!("COALESCE({}, 0)", S::OCTETS.replace("{}", &column)));
        let sum = each.collect::<Vec<_>>().join(" + ");
        let query = format!("SELECT CAST(SUM({sum}) AS BIGINT) FROM {table} WHERE tenant_id = '{tenant_id}'");
        octets += store.number(query).await;
    }
    usize::try_from(octets).unwrap()
}

/// Makes a table to upsert into, with a row of so many octets for each tenant.
pub(crate) async fn make_upserted(store: &impl Database, content: &str) {
    store
        .execute("CREATE TABLE upserted (tenant_id TEXT PRIMARY KEY, content TEXT NOT NULL)".to_owned())
        .await;
    store
        .execute(format!("INSERT INTO upserted SELECT tenant_id, '{content}' FROM untis_webhook_tenants"))
        .await;
}

/// Makes them so many times as many: copies of what is there, each under a tenant's id of its own.
pub(crate) async fn multiply<S: Database>(store: &S, times: usize) {
    for table in TABLES.into_iter().chain(["upserted"]) {
        let columns = store.columns(table).await;
        let copied = columns.iter().map(|column| match column.as_str() {
            "tenant_id" => "tenant_id || '-' || copy",
            column => column,
        });
        let (copied, columns) = (copied.collect::<Vec<_>>().join(", "), columns.join(", "));
        let insert = format!(
            "INSERT INTO {table} ({columns})
            WITH RECURSIVE copies (copy) AS
                (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < {times})
            SELECT {copied} FROM {table} CROSS JOIN copies WHERE copy < {times}"
        );
        store.execute(insert).await;
        // Also so that the next table's rows find what they refer to.
        store.execute(S::SETTLE.to_owned()).await;
    }
}

/// Those of which a tenant has rows.
const TABLES: [&str; 3] = ["untis_webhook_tenants", "untis_webhook_sets", "untis_webhook_records"];
