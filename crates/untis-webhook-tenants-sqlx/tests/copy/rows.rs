//! All rows of all tables, read without the library, in a form that both databases have.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Column, Row, TypeInfo, ValueRef};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

/// The value of each column, as text.
pub type Values = BTreeMap<String, String>;

pub type Tables = BTreeMap<String, BTreeSet<Values>>;

/// The rows of the tables that this selects the names of.
macro_rules! rows {
    ($store:expr, $tables:expr) => {{
        let tables: Vec<String> = sqlx::query_scalar($tables).fetch_all($store.pool()).await.unwrap();
        let mut all = Tables::new();
        for table in tables {
            let select = AssertSqlSafe(format!("SELECT * FROM {table}"));
            let rows = sqlx::query(select).fetch_all($store.pool()).await.unwrap();
            let rows = rows.iter().map(|row| {
                let value = |column: &str| match row.try_get_raw(column).unwrap() {
                    raw if raw.is_null() => NULL.to_owned(),
                    raw => match raw.type_info().name() {
                        "BOOL" => i64::from(row.get::<bool, _>(column)).to_string(),
                        "INTEGER" | "INT8" => row.get::<i64, _>(column).to_string(),
                        "TEXT" => row.get::<String, _>(column),
                        "BLOB" | "BYTEA" => format!("{:?}", row.get::<Vec<u8>, _>(column)),
                        other => panic!("{other}"),
                    },
                };
                row.columns().iter().map(|column| (column.name().to_owned(), value(column.name()))).collect()
            });
            all.insert(table.clone(), rows.collect());
        }
        all
    }};
}

pub async fn of_sqlite(store: &SqliteStore) -> Tables {
    rows!(store, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'untis_webhook_%'")
}

pub async fn of_postgres(store: &PgStore) -> Tables {
    let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
        WHERE table_name LIKE 'untis_webhook_%'";
    rows!(store, tables)
}

pub fn assert_same(found: &Tables, expected: &Tables) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (table, expected) in expected {
        let differ: Vec<_> = found[table].symmetric_difference(expected).take(2).collect();
        assert!(differ.is_empty(), "{table}: {differ:#?}");
    }
}

/// Those that are NULL, or 0, in every row.
pub fn columns_without_a_value(rows: &BTreeSet<Values>) -> BTreeSet<&str> {
    let columns = rows.first().unwrap().keys().map(String::as_str);
    columns.filter(|column| rows.iter().all(|row| [NULL, "0"].contains(&&*row[*column]))).collect()
}

const NULL: &str = "NULL";
