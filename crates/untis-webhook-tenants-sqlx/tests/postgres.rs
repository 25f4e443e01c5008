//! The contract of a store over PostgreSQL, and what is PostgreSQL's own. `.ci/postgres` starts a server for it.
#![cfg(feature = "postgres")]
#![allow(unreachable_pub, reason = "the modules are shared with the tests of the other database")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod contract;
#[cfg(feature = "sqlite")]
mod copy;
mod processes;
mod rest;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use untis_webhook_tenants::{ReceiveError, RegistryError, Store, StoreError};
use untis_webhook_tenants_sqlx::PgStore;

/// A database of a test's own.
struct Database {
    url: String,
}

impl Database {
    async fn create() -> Self {
        Self::create_with("").await
    }

    async fn create_with(options: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("tests_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let server = std::env::var("UNTIS_WEBHOOK_TESTS_POSTGRES").expect("the URL of a PostgreSQL server");
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let create = format!("CREATE DATABASE {name} {options}");
        sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
        Self { url: server.replace("/postgres?", &format!("/{name}?")) }
    }

    async fn open(&self) -> PgStore {
        PgStore::connect(&self.url).await.unwrap()
    }
}

async fn fresh() -> (PgStore, Database) {
    let database = Database::create().await;
    (database.open().await, database)
}

contract!(fresh, ignore = "needs PostgreSQL: .ci/postgres");

/// A process that receives, for the tests that start several of it and kill some.
#[tokio::test]
#[ignore = "other tests start it, in processes of their own"]
async fn a_process_that_receives() {
    let Some(place) = processes::place() else { return };
    processes::receive(PgStore::connect(place.to_str().unwrap()).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_process_that_is_killed_loses_nothing_it_acknowledged_and_leaves_nothing_half_done() {
    let (store, database) = fresh().await;
    let (uninterrupted, _keep) = fresh().await;
    processes::kill(store, &database.url, uninterrupted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn processes_that_receive_the_same_deliveries_at_once_make_each_change_once() {
    let (store, database) = fresh().await;
    processes::together(store, &database.url, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn nothing_secret_or_personal_is_in_the_files_in_a_dump_or_in_a_log() {
    let (store, database) = fresh().await;
    let log = rest::live(&store).await;
    sqlx::query("CHECKPOINT").execute(store.pool()).await.unwrap();
    let oid: String =
        sqlx::query_scalar("SELECT oid::text FROM pg_database WHERE datname = current_database()")
            .fetch_one(store.pool())
            .await
            .unwrap();
    let setting = |name| std::env::var(format!("UNTIS_WEBHOOK_TESTS_POSTGRES_{name}")).expect(".ci/postgres");
    let files = setting("FILES");
    let (hidden, mut octets) = (rest::hidden(), 0);
    for folder in [format!("base/{oid}"), "pg_wal".to_owned()] {
        for entry in fs::read_dir(Path::new(&files).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            // Some files are gone before they are read, and some are folders.
            let Ok(found) = fs::read(&path) else { continue };
            octets += found.len();
            hidden.assert_absent(&path.display().to_string(), &String::from_utf8_lossy(&found));
        }
    }
    assert!(octets > 16 << 20, "the tables and the log that is written ahead");
    let dump =
        Command::new(Path::new(&setting("PROGRAMS")).join("pg_dump")).arg(&database.url).output().unwrap();
    let dump = String::from_utf8_lossy(&dump.stdout);
    assert!(dump.contains("COPY public.untis_webhook_sets"), "{dump}");
    hidden.assert_absent("the dump", &dump);
    hidden.assert_absent("the log", &log);
    hidden.assert_absent("the server's log", &fs::read_to_string(setting("LOG")).unwrap());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_server_whose_commits_are_not_on_disk_is_refused() {
    let database = Database::create().await;
    let url = format!("{}&options=-c%20synchronous_commit%3Doff", database.url);
    let error = PgStore::connect(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Setting { expected: "synchronous_commit", .. }), "{error:?}");
}

/// In which a school's id may not be storable, ever.
#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_database_that_has_not_every_character_is_refused() {
    for (encoding, is_refused) in [("LATIN1", true), ("SQL_ASCII", false), ("UTF8", false)] {
        let options = format!("ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        let opened = PgStore::connect(&Database::create_with(&options).await.url).await;
        match opened {
            Err(StoreError::Setting { expected: "server_encoding=UTF8", .. }) => {
                assert!(is_refused, "{encoding}")
            }
            opened => assert!(opened.is_ok() && !is_refused, "{encoding}: {opened:?}"),
        }
    }
}

/// Over pools of the application's own, each of which begins its transactions so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn many_open_and_receive_at_once_whatever_isolation_their_pools_have() {
    // As PostgreSQL reads its options: a space after a backslash is none that ends a word.
    for isolation in ["repeatable%5C%20read", "serializable"] {
        let database = Database::create().await;
        let url = format!("{}&options=-c%20default_transaction_isolation%3D{isolation}", database.url);
        let opening = (0..4).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let pool = sqlx::PgPool::connect(&url).await.unwrap();
                let registry = contract::registry(PgStore::new(pool).await.unwrap()).await;
                registry.receive(&contract::created("one")).await.unwrap().told
            })
        });
        let mut told = 0;
        for opened in opening.collect::<Vec<_>>() {
            told += usize::from(opened.await.unwrap().is_some());
        }
        assert_eq!(told, 1, "{isolation}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn two_that_open_an_empty_database_at_once_make_the_tables_once() {
    for _ in 0..20 {
        let database = Database::create().await;
        let open = || {
            let url = database.url.clone();
            tokio::spawn(async move { contract::registry(PgStore::connect(&url).await.unwrap()).await })
        };
        let (one, two) = (open(), open());
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert!(one.receive(&contract::created("one")).await.unwrap().told.is_some());
        assert!(two.receive(&contract::created("one")).await.unwrap().told.is_none());
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn the_tables_of_a_later_version_are_refused_at_the_start_and_while_running() {
    let (store, database) = fresh().await;
    let pool = store.pool().clone();
    let change = async {
        sqlx::query(contract::LATER).execute(&pool).await.unwrap();
        PgStore::connect(&database.url).await.unwrap_err()
    };
    contract::a_later_version_is_refused(store, change).await;
}

/// As the library before made them.
#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn tables_of_an_earlier_version_are_brought_up_to_date_with_what_is_in_them() {
    let database = Database::create().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(include_str!("../src/schema/postgres_1.sql")).execute(&mut connection).await.unwrap();
    sqlx::raw_sql(contract::EARLIER).execute(&mut connection).await.unwrap();
    contract::is_brought_up_to_date(database.open().await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_connection_without_a_transaction_is_refused() {
    let (store, _database) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    let mut connection = store.pool().acquire().await.unwrap();
    let error = registry.receive_in(&mut connection, &contract::created("one")).await.unwrap_err();
    assert!(matches!(error, ReceiveError::Store(StoreError::NoTransaction)));
    assert_eq!(registry.get(contract::TENANT).await.unwrap(), None);
}

/// Under a stricter isolation than the usual one, of two at once one fails, and none is half done.
#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_transaction_that_saw_an_older_state_fails_and_does_not_overwrite_a_newer_one() {
    let (store, _database) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    let mut older = store.pool().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    sqlx::query("SELECT 1 FROM untis_webhook_tenants").fetch_all(&mut *older).await.unwrap();
    registry.receive(&contract::created("one")).await.unwrap();
    let error = registry.receive_in(&mut older, &contract::reset("two")).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 503);
    drop(older);
    assert_eq!(contract::password(&registry, contract::TENANT).await.as_deref(), Some("one"));
    registry.receive(&contract::reset("two")).await.unwrap();
    assert_eq!(contract::password(&registry, contract::TENANT).await.as_deref(), Some("two"));
}

/// Two tenants do not wait for each other, and two deliveries for one do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn one_tenant_that_is_locked_delays_no_other() {
    let (store, _database) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    let mut transaction = store.begin().await.unwrap();
    registry.receive_in(&mut transaction, &contract::created("one")).await.unwrap();
    let other = contract::credentials(untis_webhook::event::CredentialsEventType::Created, "two");
    registry.receive(&contract::verified(other.set("tenantId", "another"))).await.unwrap();
    let waiting = tokio::spawn({
        let registry = registry.clone();
        async move { registry.receive(&contract::created("one")).await.unwrap().told }
    });
    store.commit(transaction).await.unwrap();
    assert_eq!(waiting.await.unwrap(), None);
}

/// It waits for a lock that somebody holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_worker_ends_although_the_database_does_not_answer() {
    let (store, _database) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    registry.receive(&contract::created("one")).await.unwrap();
    // While it tells, and before.
    for lock in ["SELECT 1 FROM untis_webhook_tenants FOR UPDATE", "LOCK TABLE untis_webhook_tenants"] {
        let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
        let (goes_on, go_on) = tokio::sync::watch::channel(false);
        let handler = move |_| {
            let (begun, mut go_on) = (begun.clone(), go_on.clone());
            async move {
                begun.send(())?;
                go_on.wait_for(|go_on| *go_on).await?;
                Ok(())
            }
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = registry.worker(handler).deadline(Duration::from_secs(1)).poll(Duration::from_millis(5));
        let running = tokio::spawn(worker.run_until(async { drop(stopped.await) }));
        if lock.starts_with("SELECT") {
            has_begun.recv().await.unwrap();
        }
        let mut transaction = store.begin().await.unwrap();
        sqlx::query(lock).execute(&mut *transaction).await.unwrap();
        goes_on.send(true).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(30), running).await.expect("an end").unwrap();
    }
}

/// Nor does redriving all, or probing, wait without end, or keep others waiting meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn one_tenant_that_the_application_has_locked_is_given_up_after_a_while() {
    let (store, _database) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    registry.receive(&contract::created("one")).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    registry.receive_in(&mut transaction, &contract::reset("two")).await.unwrap();
    let error = registry.redrive(contract::TENANT).await.unwrap_err();
    assert!(matches!(error, RegistryError::Store(StoreError::Database(_))), "{error:?}");
    let error = registry.receive(&contract::created("one")).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 503);
    store.commit(transaction).await.unwrap();
    assert!(registry.redrive(contract::TENANT).await.unwrap());
}

/// Whatever is wrong with it.
#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_row_that_cannot_be_read_keeps_back_no_other() {
    let (store, _database) = fresh().await;
    let registry = contract::registry(store.clone()).await;
    for school in ["one", "two"] {
        let activation = contract::credentials(untis_webhook::event::CredentialsEventType::Created, "one");
        registry.receive(&contract::verified(activation.set("tenantId", school))).await.unwrap();
    }
    let spoil = "UPDATE untis_webhook_tenants SET told = 'renamed' WHERE tenant_id = 'one'";
    sqlx::query(spoil).execute(store.pool()).await.unwrap();
    assert_eq!(registry.worker(async |_| Ok(())).tell_due().await.unwrap(), 1);
}
