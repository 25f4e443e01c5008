//! From SQLite to PostgreSQL, as it is.

mod rows;

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;
use untis_webhook::event::{Credentials, CredentialsEventType, Secret};
use untis_webhook_tenants::{
    Claim, Decision, ErasureScope, Failed, Message, Registry, Retry, Status, Store, StoreError,
};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};
use untis_webhook_testkit::Payload;

use self::rows::{assert_same, of_postgres, of_sqlite};
use crate::contract::{
    INTEGRATION, TENANT, created, credentials, deactivation, deletion, foreign, key, keys, password,
    registry, reset, ring, verified, verified_by,
};
use crate::{Database, fresh};

async fn source() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (SqliteStore::open(folder.path().join("tenants.db")).await.unwrap(), folder)
}

async fn integration<S: Store>(store: S) -> Registry<S> {
    let builder = Registry::builder(&keys(), ring()).environment("integration");
    builder.environment_keys(["integration"]).open(store).await.unwrap()
}

/// Tenants of all kinds, in two environments. Every column of every table has a value in some row.
async fn live(store: &SqliteStore) {
    let registry = registry(store.clone()).await;
    let of = |tenant_id: &str, event_type, password| {
        verified(credentials(event_type, password).set("tenantId", tenant_id))
    };
    let ends = |tenant_id: &str, event_type: &str| {
        verified(format!(r#"{{"tenantId":"{tenant_id}","eventType":"{event_type}"}}"#))
    };
    // More than a page of them.
    let mut transaction = store.begin().await.unwrap();
    for n in 0..230 {
        let delivery = of(&format!("school {n}"), CredentialsEventType::Created, "one");
        registry.receive_in(&mut transaction, &delivery).await.unwrap();
    }
    store.commit(transaction).await.unwrap();
    let of_schools = async |tenant_id, deliveries: Vec<_>| {
        for delivery in deliveries {
            assert_eq!(registry.receive(&delivery).await.unwrap().tenant_id.as_deref(), Some(tenant_id));
        }
    };
    of_schools(TENANT, vec![created("one"), reset("two"), foreign("three"), reset("two")]).await;
    let (new, again) = (CredentialsEventType::Created, CredentialsEventType::Created);
    for tenant_id in ["replayed", "deleted", "forgotten", "wholly forgotten", "given up", "probed"] {
        of_schools(tenant_id, vec![of(tenant_id, new, "one")]).await;
    }
    let replay = vec![ends("replayed", "DEACTIVATION"), of("replayed", again, "one")];
    of_schools("replayed", replay).await;
    of_schools("deleted", vec![ends("deleted", "DELETION")]).await;
    of_schools("never active", vec![ends("never active", "DEACTIVATION")]).await;
    of_schools("unreadable", vec![ends("unreadable", "SUSPENDED")]).await;
    registry.receive(&verified("nobody can read this")).await.unwrap();
    registry.forget("forgotten", ErasureScope::Secrets).await.unwrap();
    registry.forget("wholly forgotten", ErasureScope::Everything).await.unwrap();
    let (secret, password) = (Secret::new("secret"), Secret::new("password"));
    let imported = Credentials::new("imported", "own", secret, password, "host");
    let _ = registry.import(&imported).await.unwrap();

    // What the worker and a probe write.
    let worker = registry.worker(async |message: Message| match message.tenant_id.as_str() {
        "given up" => Err(Failed::new("never", Retry::Never)),
        "deleted" => Err(Failed::new("later", Retry::Later)),
        _ => Ok(()),
    });
    worker.tell_due().await.unwrap();
    of_schools("replayed", vec![of("replayed", CredentialsEventType::Reset, "two")]).await;
    let claim = Claim { limit: 10, retries: false, lease: -7, duration: Duration::from_secs(3600) };
    assert_eq!(store.claim("production", claim).await.unwrap().len(), 1);
    sqlx::raw_sql(
        "UPDATE untis_webhook_sets SET worked_at = 1, refused_at = 2, is_refusal_confirmed = TRUE
            WHERE tenant_id = 'probed';
        UPDATE untis_webhook_tenants SET is_refused = TRUE WHERE tenant_id = 'probed'",
    )
    .execute(store.pool())
    .await
    .unwrap();
    of_schools("deactivated", vec![of("deactivated", new, "one"), ends("deactivated", "DEACTIVATION")]).await;
    registry.receive(&verified(Payload::credentials(new).set("tenantId", "replayed"))).await.unwrap();
    of_schools("contested", vec![of("contested", new, "one"), ends("contested", "DEACTIVATION")]).await;
    of_schools("contested", vec![of("contested", again, "one")]).await;

    let other = integration(store.clone()).await;
    let body = credentials(CredentialsEventType::Created, "integration");
    other.receive(&verified_by(&INTEGRATION, body)).await.unwrap();
    other.receive(&verified_by(&INTEGRATION, "nor this")).await.unwrap();
}

/// All that a registry says.
async fn said<S: Store>(registry: &Registry<S>) -> Vec<String> {
    let mut said = Vec::new();
    let entries = registry.list(None, None, 1000).await.unwrap().entries;
    let listed = entries.iter().map(|entry| entry.tenant_id.as_str());
    let unlisted = ["forgotten", "wholly forgotten", "never active", "unreadable"];
    for tenant_id in listed.chain(unlisted) {
        said.push(format!("{:?}", registry.get(tenant_id).await.unwrap()));
        said.push(format!("{:?}", registry.sets(tenant_id).await.unwrap()));
        said.push(format!("{:?}", registry.erasures(tenant_id).await.unwrap()));
        said.push(format!("{:?}", registry.store().tenant(key(tenant_id)).await.unwrap()));
        let profile = registry.profile(tenant_id).await.unwrap();
        said.push(format!("{:?}", profile.and_then(|profile| profile.school_phone_number)));
        let credentials = registry.credentials(tenant_id).await.unwrap();
        said.push(format!("{credentials:?} {:?}", credentials.as_ref().map(|it| it.password.expose())));
    }
    for tenant_id in [Some(TENANT), Some("replayed"), Some("unreadable"), None] {
        for record in registry.records(tenant_id, 0, 100).await.unwrap() {
            let body = registry.body(tenant_id, &record).await.unwrap();
            said.push(format!("{record:?} {:?} {body:?}", record.body.as_bytes()));
        }
    }
    said
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn all_that_is_in_sqlite_is_in_postgresql_and_a_registry_goes_on_with_it() {
    let (source, _folder) = source().await;
    live(&source).await;
    let (target, _database) = fresh().await;
    let copied = target.copy_from(&source).await.unwrap();

    let (before, after) = (of_sqlite(&source).await, of_postgres(&target).await);
    assert_same(&after, &before);
    let mut rows = 0;
    for (table, expected) in &before {
        let empty = rows::columns_without_a_value(expected);
        assert!(empty.is_empty(), "nothing is copied, and so nothing is tested, of {empty:?} of {table}");
        rows += u64::try_from(expected.len()).unwrap();
    }
    // All but the version of the tables.
    assert_eq!(copied, rows - 1);

    let (old, new) = (registry(source.clone()).await, registry(target.clone()).await);
    let (said_before, said_after) = (said(&old).await, said(&new).await);
    assert!(said_before.len() > 230 * 6, "{}", said_before.len());
    assert_eq!(said_before, said_after);
    let (old, other) = (integration(source.clone()).await, integration(target.clone()).await);
    assert_eq!(said(&old).await, said(&other).await);
    assert_eq!(password(&other, TENANT).await.as_deref(), Some("integration"));

    // What comes again is known.
    let expected = [
        (reset("two"), Decision::Nothing),
        (created("one"), Decision::Stale),
        (deactivation(), Decision::Deactivate),
        (deletion(), Decision::Delete),
    ];
    for (delivery, decision) in expected {
        assert_eq!(new.receive(&delivery).await.unwrap().decision, decision);
    }
    assert_eq!(new.get(TENANT).await.unwrap().unwrap().status, Status::Deleted);
    assert_eq!(new.records(Some(TENANT), 0, 1).await.unwrap()[0].count, 2);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn it_is_copied_into_an_unused_database_alone() {
    let (source, _folder) = source().await;
    live(&source).await;
    let expected = of_sqlite(&source).await;
    let (tenants, _database) = fresh().await;
    sqlx::raw_sql(
        "INSERT INTO untis_webhook_tenants
            (environment, tenant_id, status, version, sequence, is_contested, acknowledged)
        VALUES ('other', '1', 'active', 1, 1, FALSE, 0)",
    )
    .execute(tenants.pool())
    .await
    .unwrap();
    let (opened, _database) = fresh().await;
    registry(opened.clone()).await;
    let (copied, _database) = fresh().await;
    copied.copy_from(&source).await.unwrap();
    for used in [tenants, opened, copied] {
        let before = of_postgres(&used).await;
        let error = used.copy_from(&source).await.unwrap_err();
        assert!(matches!(error, StoreError::NotEmpty), "{error:?}");
        assert_same(&of_postgres(&used).await, &before);
    }
    assert_same(&of_sqlite(&source).await, &expected);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn a_copy_that_fails_at_any_table_leaves_nothing() {
    let (source, _folder) = source().await;
    live(&source).await;
    let (target, _database) = fresh().await;
    let empty = of_postgres(&target).await;
    let execute = async |sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(target.pool()).await.unwrap();
    };
    execute(
        "CREATE FUNCTION fail() RETURNS trigger AS 'BEGIN RAISE ''full''; END' LANGUAGE plpgsql".to_owned(),
    )
    .await;
    let mut tables = 0;
    for table in empty.keys().filter(|table| *table != "untis_webhook_schema") {
        // After the last row of a page.
        execute(format!("CREATE TRIGGER fail AFTER INSERT ON {table} EXECUTE FUNCTION fail()")).await;
        let error = target.copy_from(&source).await.unwrap_err();
        assert!(matches!(error, StoreError::Database(_)), "{error:?}");
        execute(format!("DROP TRIGGER fail ON {table}")).await;
        assert_same(&of_postgres(&target).await, &empty);
        tables += 1;
    }
    assert_eq!(tables, 5);
    target.copy_from(&source).await.unwrap();
    assert_same(&of_postgres(&target).await, &of_sqlite(&source).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn tables_of_another_version_are_not_copied() {
    let (source, _folder) = source().await;
    let (target, _database) = fresh().await;
    let later = "UPDATE untis_webhook_schema SET version = version + 1";
    let earlier = "UPDATE untis_webhook_schema SET version = version - 1";
    let refused = async || target.copy_from(&source).await.unwrap_err();
    sqlx::query(later).execute(source.pool()).await.unwrap();
    assert!(matches!(refused().await, StoreError::LaterVersion { .. }));
    sqlx::query(earlier).execute(source.pool()).await.unwrap();
    sqlx::query(later).execute(target.pool()).await.unwrap();
    assert!(matches!(refused().await, StoreError::LaterVersion { .. }));
    sqlx::query(earlier).execute(target.pool()).await.unwrap();
    assert_eq!(target.copy_from(&source).await.unwrap(), 0);
    // The same version, and a column that somebody has added: it would be lost.
    sqlx::query("ALTER TABLE untis_webhook_tenants ADD COLUMN more TEXT")
        .execute(source.pool())
        .await
        .unwrap();
    registry(source.clone()).await.receive(&created("one")).await.unwrap();
    assert!(matches!(refused().await, StoreError::Foreign(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn while_it_is_copied_nobody_writes_to_the_source_nor_to_the_target() {
    let (source, folder) = source().await;
    live(&source).await;
    let (target, database) = fresh().await;
    // The copy stands still before its last table.
    let mut holding = target.pool().begin().await.unwrap();
    let hold = "LOCK TABLE untis_webhook_fingerprint_keys IN ACCESS EXCLUSIVE MODE";
    sqlx::query(hold).execute(&mut *holding).await.unwrap();
    let copying = tokio::spawn({
        let (source, target) = (source.clone(), target.clone());
        async move { target.copy_from(&source).await }
    });
    let waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks
        WHERE NOT granted AND relation = CAST('untis_webhook_fingerprint_keys' AS regclass))";
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut *holding).await.unwrap() {}

    let impatient = SqliteConnectOptions::new().filename(folder.path().join("tenants.db"));
    let mut impatient = impatient.busy_timeout(Duration::ZERO).connect().await.unwrap();
    let busy = impatient.begin_with("BEGIN IMMEDIATE").await.unwrap_err();
    assert!(busy.to_string().contains("locked"), "{busy}");
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query("SET lock_timeout = 1").execute(&mut other).await.unwrap();
    let locked = sqlx::query("DELETE FROM untis_webhook_tenants").execute(&mut other).await.unwrap_err();
    assert!(locked.to_string().contains("lock timeout"), "{locked}");
    holding.rollback().await.unwrap();
    copying.await.unwrap().unwrap();
    assert_same(&of_postgres(&target).await, &of_sqlite(&source).await);
}

/// As docs/guide/src/tenants.md says it.
#[tokio::test]
#[ignore = "needs PostgreSQL: .ci/postgres"]
async fn an_operator_moves() -> Result<(), Box<dyn std::error::Error>> {
    let (used, folder) = source().await;
    registry(used).await.receive(&created("one")).await?;
    let (file, url) = (folder.path().join("tenants.db"), Database::create().await.url);
    let source = SqliteStore::open(&file).await?;
    let target = PgStore::connect(&url).await?;
    let rows = target.copy_from(&source).await?;
    println!("{rows} rows");
    assert_eq!(rows, 4);
    assert_eq!(password(&registry(target).await, TENANT).await.as_deref(), Some("one"));
    Ok(())
}
