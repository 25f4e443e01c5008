use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use untis_webhook_tenants::{
    Changes, Claim, Column, Entry, Erasure, Fingerprint, Listed, Message, Record, SealedCredentials,
    Selection, Store, StoreError, StoredTenant, Summary, TenantKey, Timestamp,
};

/// A store that fails at one call, and works before and after.
#[derive(Clone)]
pub struct Faulty<S> {
    inner: S,
    calls_left: Arc<AtomicI64>,
    has_committed: Arc<AtomicBool>,
}

impl<S> Faulty<S> {
    pub fn new(inner: S) -> Self {
        let (calls_left, has_committed) = (Arc::new(AtomicI64::new(-1)), Arc::default());
        Self { inner, calls_left, has_committed }
    }

    /// The call after so many fails.
    pub fn fail_at(&self, n: i64) {
        self.calls_left.store(n, Ordering::SeqCst);
        self.has_committed.store(false, Ordering::SeqCst);
    }

    pub fn heal(&self) {
        self.calls_left.store(-1, Ordering::SeqCst);
    }

    /// Whether something was committed since it was told to fail.
    pub fn has_committed(&self) -> bool {
        self.has_committed.load(Ordering::SeqCst)
    }

    fn call(&self) -> Result<(), StoreError> {
        match self.calls_left.fetch_sub(1, Ordering::SeqCst) {
            0 => Err(StoreError::database("down")),
            _ => Ok(()),
        }
    }
}

/// Each method asks whether it is its turn to fail, and is otherwise the inner store's.
macro_rules! faulty {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $output:ty;)+) => {
        $(async fn $name(&self, $($arg: $type),*) -> Result<$output, StoreError> {
            self.call()?;
            self.inner.$name($($arg),*).await
        })+
    };
}

impl<S: Store> Store for Faulty<S> {
    type Connection = S::Connection;
    type Transaction = S::Transaction;

    async fn commit(&self, transaction: S::Transaction) -> Result<(), StoreError> {
        self.call()?;
        self.inner.commit(transaction).await?;
        self.has_committed.store(true, Ordering::SeqCst);
        Ok(())
    }

    faulty! {
        fn begin() -> S::Transaction;
        fn lock(
            connection: &mut S::Connection, key: TenantKey<'_>, body: Option<&Fingerprint>
        ) -> (StoredTenant, Option<Record>);
        fn save(connection: &mut S::Connection, key: TenantKey<'_>, changes: &Changes<'_>) -> ();
        fn save_sealed(
            connection: &mut S::Connection, key: TenantKey<'_>, column: Column, sealed: Option<&[u8]>
        ) -> ();
        fn sealed(connection: &mut S::Connection, key: TenantKey<'_>) -> Vec<(Column, Vec<u8>)>;
        fn expire_bodies(connection: &mut S::Connection, key: TenantKey<'_>, until: Timestamp) -> u64;
        fn remove(connection: &mut S::Connection, key: TenantKey<'_>) -> ();
        fn save_erasure(connection: &mut S::Connection, environment: &str, erasure: &Erasure) -> ();
        fn lock_fingerprint_keys(
            connection: &mut S::Connection, environment: &str
        ) -> Vec<(String, Vec<u8>)>;
        fn save_fingerprint_key(
            connection: &mut S::Connection, environment: &str, name: &str, wrapped: Option<&[u8]>
        ) -> ();
        fn tenant(key: TenantKey<'_>) -> Option<StoredTenant>;
        fn credentials(key: TenantKey<'_>) -> Option<SealedCredentials>;
        fn read_sealed(key: TenantKey<'_>, column: Column) -> Option<Vec<u8>>;
        fn list(environment: &str, listed: Listed<'_>, limit: u32) -> Vec<Entry>;
        fn summary(environment: &str) -> Summary;
        fn profiles(environment: &str, after: &str, limit: u32) -> Vec<(String, Vec<u8>)>;
        fn records(key: TenantKey<'_>, after: u64, limit: u32) -> Vec<Record>;
        fn select(
            environment: &str, selection: Selection<'_>, after: Option<&str>, limit: u32
        ) -> Vec<String>;
        fn erasures(key: TenantKey<'_>) -> Vec<Erasure>;
        fn claim(environment: &str, claim: Claim) -> Vec<Message>;
        fn acknowledge(key: TenantKey<'_>, lease: i64, version: u64) -> bool;
        fn postpone(key: TenantKey<'_>, lease: i64, version: u64, pause: Option<Duration>) -> ();
        fn redrive(key: TenantKey<'_>) -> bool;
        fn claim_probe(environment: &str, now: Timestamp, again: Timestamp) -> Option<String>;
        fn scrub() -> ();
    }
}
