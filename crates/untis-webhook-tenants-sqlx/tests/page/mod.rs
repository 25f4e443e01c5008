//! What docs/guide/src/tenants.md says is run: each of its blocks of Rust stands in a test, here or in `copy/mod.rs`.

use std::error::Error;
use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sqlx::Row;
use untis_webhook::KeySet;
use untis_webhook::event::{Credentials, CredentialsEventType, Secret};
use untis_webhook_tenants::{
    Answer, CredentialSet, ErasureScope, Failed, KeyRing, Message, Probe, Registry, Retry, SetState, Status,
    StoreKey,
};
use untis_webhook_tenants_sqlx::SqliteStore;
use untis_webhook_testkit::SigningKey;

use crate::contract::{
    TENANT, created, credentials, deactivation, foreign, password, registry, reset, verified,
};
use crate::fresh;

type Done = Result<(), Box<dyn Error>>;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Without what rustfmt puts before them.
fn lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn every_block_of_rust_on_the_page_stands_in_a_test() {
    let sources = lines(&(read("tests/page/mod.rs") + &read("tests/copy/mod.rs")));
    let page = lines(&read("../../docs/guide/src/tenants.md"));
    let blocks: Vec<_> =
        page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let missing: Vec<_> = blocks.iter().filter(|block| !sources.contains(*block)).collect();
    assert!(blocks.len() >= 10 && missing.is_empty(), "{missing:#?}");
}

#[tokio::test]
async fn an_operator_looks_and_decides() -> Done {
    let (store, _folder) = fresh().await;
    let registry = registry(store).await;
    registry.receive(&created("own")).await?;
    registry.receive(&foreign("foreign")).await?;
    let number = 2;
    for entry in registry.list(None, None, 100).await?.entries {
        println!("{} {} contested: {}", entry.tenant_id, entry.status.as_str(), entry.is_contested);
    }
    for set in registry.sets("12345").await? {
        println!("{} {} {} {}", set.number, set.state.as_str(), set.client_id, set.host);
    }

    let numbers = registry.contested("12345").await?; // As `tenants show` notes.
    assert_eq!(numbers, [number]);

    registry.accept("12345", number).await?; // It is current from now on, and the tenant active, held to its client id.
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("foreign"));

    registry.receive(&reset("own again")).await?;
    let number = 3;
    assert_eq!(registry.contested("12345").await?, [number]);
    registry.reject("12345", number).await?; // It is destroyed. A replay is only taken for one.
    assert!(registry.contested("12345").await?.is_empty());
    assert_eq!(registry.sets(TENANT).await?.last().unwrap().state, SetState::Dead);

    registry.receive(&deactivation()).await?;
    registry.restore("12345").await?;
    assert_eq!(registry.get(TENANT).await?.unwrap().status, Status::Active);
    Ok(())
}

struct Works;

impl Probe for Works {
    async fn probe(&self, _: &str, _: CredentialSet<'_>) -> Answer {
        Answer::Works
    }
}

#[tokio::test]
async fn the_application_is_told_and_told_again() -> Done {
    let (store, _folder) = fresh().await;
    let registry = registry(store).await;
    registry.receive(&created("one")).await?;
    let fails = registry.worker(async |_: Message| Err(Failed::new("not now", Retry::Never)));
    fails.tell_due().await?;
    assert!(registry.get(TENANT).await?.unwrap().is_given_up);
    registry.redrive("12345").await?;

    let (told, has_told) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    let handler = move |message: Message| {
        let _ = told.lock().unwrap().take().unwrap().send(message.version);
        ready(Ok(()))
    };
    let (probe, stop) = (Works, async { assert_eq!(has_told.await, Ok(1)) });
    let worker = registry.worker(handler).probe(probe);
    let running = tokio::spawn(worker.run_until(stop));
    running.await?;
    assert_eq!(registry.get(TENANT).await?.unwrap().acknowledged, 1);
    Ok(())
}

#[tokio::test]
async fn a_store_key_is_replaced() -> Done {
    let (store, _folder) = fresh().await;
    let keys = KeySet::new([("2026", SigningKey::shared().verifying_key())])?;
    let (old, new) = (StoreKey::generate()?.to_base64(), StoreKey::generate()?.to_base64());
    let before = KeyRing::new("old", StoreKey::from_base64(&old)?)?;
    let before = Registry::builder(&keys, before).open(store.clone()).await?;
    before.receive(&created("one")).await?;
    let opened_later = store.clone();

    let ring =
        KeyRing::new("new", StoreKey::from_base64(&new)?)?.with("old", StoreKey::from_base64(&old)?)?;
    let registry = Registry::builder(&keys, ring).open(store).await?;
    let rekeyed = registry.rekey().await?;
    println!("{} left, keys that are missing: {:?}", rekeyed.left, rekeyed.missing);
    assert_eq!((rekeyed.tenants, rekeyed.left), (1, 0));

    let after = KeyRing::new("new", StoreKey::from_base64(&new)?)?;
    let after = Registry::builder(&keys, after).open(opened_later.clone()).await?;
    after.rekey().await?;
    assert_eq!(password(&after, TENANT).await.as_deref(), Some("one"));
    let old_alone = KeyRing::new("old", StoreKey::from_base64(&old)?)?;
    assert!(Registry::builder(&keys, old_alone).open(opened_later).await.is_err());
    Ok(())
}

/// While deliveries come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_has_all_that_was_acknowledged_before_it_was_begun() -> Done {
    let (store, folder) = fresh().await;
    let receiving = registry(store.clone()).await;
    let (acknowledged, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let receiver = tokio::spawn({
        let (acknowledged, is_over) = (Arc::clone(&acknowledged), Arc::clone(&is_over));
        async move {
            while !is_over.load(Ordering::SeqCst) {
                let n = acknowledged.load(Ordering::SeqCst);
                let delivery = credentials(CredentialsEventType::Created, &format!("password {n}"));
                receiving.receive(&verified(delivery.set("tenantId", n.to_string()))).await.unwrap();
                acknowledged.store(n + 1, Ordering::SeqCst);
            }
        }
    });
    for round in 1..=3 {
        while acknowledged.load(Ordering::SeqCst) < round * 20 {
            tokio::task::yield_now().await;
        }
        let expected = acknowledged.load(Ordering::SeqCst);
        let backup = folder.path().join(format!("backup {round}.db")).to_str().unwrap().to_owned();
        sqlx::query("VACUUM INTO $1").bind(&backup).execute(store.pool()).await?;
        let restored = registry(SqliteStore::open(&backup).await?).await;
        for n in 0..expected {
            let found = password(&restored, &n.to_string()).await;
            assert_eq!(found, Some(format!("password {n}")), "of {expected}");
        }
        // It goes on from there.
        restored.receive(&created("new")).await?;
    }
    is_over.store(true, Ordering::SeqCst);
    receiver.await?;
    Ok(())
}

#[tokio::test]
async fn a_school_is_forgotten() -> Done {
    let (store, _folder) = fresh().await;
    let registry = registry(store).await;
    registry.receive(&created("one")).await?;
    registry.forget("12345", ErasureScope::Secrets).await?;
    assert_eq!(registry.get(TENANT).await?, None);
    assert_eq!(registry.erasures(TENANT).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_table_of_plain_text_is_taken_over() -> Done {
    let (store, _folder) = fresh().await;
    let application = store.pool().clone();
    sqlx::raw_sql(
        "CREATE TABLE schools (tenant_id TEXT, client_id TEXT, secret TEXT, password TEXT, host TEXT);
        INSERT INTO schools VALUES
            ('12345', 'test-client-id', 'test-secret', 'older', 'localhost'),
            ('67890', 'test-client-id', 'another secret', 'another password', 'localhost')",
    )
    .execute(&application)
    .await?;
    let registry = registry(store).await;
    registry.receive(&reset("newer")).await?;

    let schools = sqlx::query("SELECT tenant_id, client_id, secret, password, host FROM schools");
    for school in schools.fetch_all(&application).await? {
        let secret = |column| school.try_get(column).map(Secret::new);
        let (tenant_id, client_id, host): (&str, &str, &str) =
            (school.try_get("tenant_id")?, school.try_get("client_id")?, school.try_get("host")?);
        let credentials =
            Credentials::new(tenant_id, client_id, secret("secret")?, secret("password")?, host);
        let imported = registry.import(&credentials).await?;
        println!("{tenant_id}: {imported:?}");
    }
    assert_eq!(password(&registry, TENANT).await.as_deref(), Some("newer"));
    let taken_over = registry.credentials("67890").await?.unwrap();
    assert_eq!(
        (taken_over.secret.expose(), taken_over.password.expose()),
        ("another secret", "another password")
    );
    Ok(())
}
