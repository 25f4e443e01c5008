//! The contract of a store over SQLite, and what is SQLite's own.
#![cfg(feature = "sqlite")]
#![allow(unreachable_pub, reason = "the modules are shared with the tests of the other database")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod contract;
mod page;
mod processes;
mod rest;

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use untis_webhook_tenants::{ReceiveError, StoreError};
use untis_webhook_tenants_sqlx::SqliteStore;

async fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    (store, folder)
}

async fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder.join("tenants.db")).await.unwrap()
}

contract!(fresh);

/// A process that receives, for the tests that start several of it and kill some.
#[tokio::test]
#[ignore = "other tests start it, in processes of their own"]
async fn a_process_that_receives() {
    let Some(place) = processes::place() else { return };
    processes::receive(SqliteStore::open(place).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_loses_nothing_it_acknowledged_and_leaves_nothing_half_done() {
    let (store, folder) = fresh().await;
    let (uninterrupted, _keep) = fresh().await;
    processes::kill(store, &folder.path().join("tenants.db"), uninterrupted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_receive_the_same_deliveries_at_once_make_each_change_once() {
    let (store, folder) = fresh().await;
    processes::together(store, &folder.path().join("tenants.db"), 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_or_personal_is_in_the_files_in_a_copy_or_in_the_log() {
    let (store, folder) = fresh().await;
    let log = rest::live(&store).await;
    let copy = folder.path().join("copy.db");
    sqlx::query("VACUUM INTO $1").bind(copy.to_str().unwrap()).execute(store.pool()).await.unwrap();
    let mut files = 0;
    for entry in folder.path().read_dir().unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        files += usize::from(octets.len() > 1000);
        rest::hidden().assert_absent(&path.display().to_string(), &String::from_utf8_lossy(&octets));
    }
    assert!(files >= 3, "the database, its copy and the log that is written ahead");
    rest::hidden().assert_absent("the log", &log);
    assert!(log.contains("tenant=\"12345\""), "{log}");
}

#[tokio::test]
async fn every_connection_of_the_pool_is_durable_and_overwrites_what_it_deletes() {
    let (store, _folder) = fresh().await;
    let mut connections = Vec::new();
    for _ in 0..store.pool().options().get_max_connections() {
        let mut connection = store.pool().acquire().await.unwrap();
        for (pragma, expected) in [
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA synchronous", 2),
            ("PRAGMA secure_delete", 1),
            ("PRAGMA busy_timeout", 5000),
        ] {
            let found: i64 = sqlx::query_scalar(pragma).fetch_one(&mut *connection).await.unwrap();
            assert_eq!(found, expected, "{pragma}");
        }
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(mode, "wal");
        connections.push(connection);
    }
    assert_eq!(connections.len(), 4);
}

/// As on a full disk. sqlx does not know of it, and has nothing that it could roll back itself. The pool is still taking them
/// back, one after the other, when the first delivery comes.
#[tokio::test]
async fn connections_whose_transactions_sqlite_has_rolled_back_by_itself_are_replaced() {
    for size in [1, 2, 4] {
        let folder = tempfile::tempdir().unwrap();
        let file =
            SqliteConnectOptions::new().filename(folder.path().join("tenants.db")).create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(size);
        let pool = pool.connect_with(SqliteStore::configure(file)).await.unwrap();
        let registry = contract::registry(SqliteStore::new(pool.clone()).await.unwrap()).await;
        let mut connections = Vec::new();
        for _ in 0..size {
            let mut connection = pool.acquire().await.unwrap();
            let mut transaction = connection.begin().await.unwrap();
            sqlx::query("ROLLBACK").execute(&mut *transaction).await.unwrap();
            drop(transaction);
            connections.push(connection);
        }
        connections.clear();
        for number in 0..10 {
            registry.receive(&contract::reset(&number.to_string())).await.unwrap();
        }
        assert_eq!(contract::password(&registry, "12345").await.as_deref(), Some("9"), "{size}");
        // When the pool has taken all of them back, and each has had its turn.
        for number in 10..20 {
            while pool.num_idle() < usize::try_from(pool.size()).unwrap() {
                tokio::task::yield_now().await;
            }
            registry.receive(&contract::reset(&number.to_string())).await.unwrap();
        }
        for _ in 0..size {
            connections.push(pool.acquire().await.unwrap());
        }
        assert!(connections.iter().all(|connection| !connection.is_in_transaction()), "{size}");
    }
}

#[tokio::test]
async fn a_pool_whose_connections_are_not_so_is_refused_and_one_that_is_configured_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = Cell::new(0);
    // A file for each.
    let options = || {
        files.set(files.get() + 1);
        let file = folder.path().join(files.get().to_string());
        SqliteConnectOptions::new().filename(file).create_if_missing(true)
    };
    let open = async |options| {
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        SqliteStore::new(pool.unwrap()).await
    };
    let configured = || SqliteStore::configure(options());
    let store = open(configured()).await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(store.pool()).await.unwrap();
    assert_eq!(mode, "wal");
    for (pragma, value) in
        [("foreign_keys", "off"), ("synchronous", "normal"), ("secure_delete", "off"), ("busy_timeout", "0")]
    {
        let error = open(configured().pragma(pragma, value)).await.unwrap_err();
        let StoreError::Setting { expected, .. } = error else { panic!("{error:?}") };
        assert!(expected.starts_with(pragma), "{expected}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_open_an_empty_file_at_once_make_the_tables_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let file = folder.path().join("tenants.db");
            tokio::spawn(async move { contract::registry(SqliteStore::open(file).await.unwrap()).await })
        };
        let (one, two) = (open(), open());
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert!(one.receive(&contract::created("one")).await.unwrap().told.is_some());
        assert!(two.receive(&contract::created("one")).await.unwrap().told.is_none());
    }
}

#[tokio::test]
async fn the_tables_of_a_later_version_are_refused_at_the_start_and_while_running() {
    let (store, folder) = fresh().await;
    let pool = store.pool().clone();
    let change = async {
        sqlx::query(contract::LATER).execute(&pool).await.unwrap();
        SqliteStore::open(folder.path().join("tenants.db")).await.unwrap_err()
    };
    contract::a_later_version_is_refused(store, change).await;
}

/// As the library before made them.
#[tokio::test]
async fn tables_of_an_earlier_version_are_brought_up_to_date_with_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new().filename(folder.path().join("tenants.db")).create_if_missing(true);
    let mut connection = file.connect().await.unwrap();
    sqlx::raw_sql(include_str!("../src/schema/sqlite_1.sql")).execute(&mut connection).await.unwrap();
    sqlx::raw_sql(contract::EARLIER).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    contract::is_brought_up_to_date(open(folder.path()).await).await;
}

#[tokio::test]
async fn the_tables_of_an_application_beside_them_are_left_alone() {
    let (store, folder) = fresh().await;
    sqlx::raw_sql("CREATE TABLE tenants (id TEXT); INSERT INTO tenants VALUES ('the application''s own')")
        .execute(store.pool())
        .await
        .unwrap();
    let registry = contract::registry(open(folder.path()).await).await;
    let mut transaction = store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("UPDATE tenants SET id = 'changed'").execute(&mut *transaction).await.unwrap();
    registry.receive_in(&mut transaction, &contract::created("one")).await.unwrap();
    transaction.commit().await.unwrap();
    let id: String = sqlx::query_scalar("SELECT id FROM tenants").fetch_one(store.pool()).await.unwrap();
    assert_eq!(id, "changed");
    assert!(registry.get(contract::TENANT).await.unwrap().is_some());
}

#[tokio::test]
async fn a_connection_without_a_transaction_is_refused() {
    let (store, _folder) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    let mut connection = store.pool().acquire().await.unwrap();
    let error = registry.receive_in(&mut connection, &contract::created("one")).await.unwrap_err();
    assert!(matches!(error, ReceiveError::Store(StoreError::NoTransaction)));
    assert_eq!(registry.get(contract::TENANT).await.unwrap(), None);
}

/// Of a pool whose only connection somebody else has for longer than a handler may take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_long_in_coming_leaves_a_handler_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new().filename(folder.path().join("tenants.db")).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(SqliteStore::configure(file)).await;
    let store = SqliteStore::new(pool.unwrap()).await.unwrap();
    let registry = contract::registry(store.clone()).await;
    registry.receive(&contract::created("one")).await.unwrap();
    let handler = async |_| {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(())
    };
    let worker = registry.worker(handler).deadline(Duration::from_secs(1));
    let connection = store.pool().acquire().await.unwrap();
    let telling = tokio::spawn(async move { worker.tell_due().await });
    tokio::time::sleep(Duration::from_millis(1100)).await;
    drop(connection);
    assert_eq!(telling.await.unwrap().unwrap(), 1);
}

#[cfg(not(feature = "postgres"))]
#[test]
#[ignore = "needs the feature postgres and a server: .ci/postgres"]
fn the_same_over_postgresql() {
    panic!("without the feature there is nothing to test");
}
