use std::error::Error;
use std::future::Future;
use std::ops::DerefMut;
use std::time::Duration;

use crate::{
    Changes, Claim, Column, Entry, Erasure, Fingerprint, Listed, Message, Record, SealedCredentials,
    Selection, StoredTenant, Summary, TenantKey, Timestamp,
};

/// A database that keeps tenants. `untis-webhook-tenants-sqlx` has two.
///
/// It stores what it is given, knows no rule and sees no secret: what is secret comes encrypted. What it promises:
///
/// - A transaction is all or nothing, and what is committed is durable. One that is dropped is rolled back.
/// - From [`lock`](Self::lock) on, nobody else locks that tenant before the transaction has ended.
/// - It never retries a transaction by itself.
/// - What is destroyed, its files no longer hold, as far as it can see to it.
///
/// Each `async fn` of an implementation gives a future that is `Send`.
pub trait Store: Send + Sync {
    /// A connection on which a transaction has begun.
    type Connection: Send;
    /// A transaction of the registry's own.
    type Transaction: DerefMut<Target = Self::Connection> + Send;

    /// Begins a transaction.
    fn begin(&self) -> impl Future<Output = Result<Self::Transaction, StoreError>> + Send;

    /// Commits. What comes after it is answered with a success, and what came before it is not.
    fn commit(&self, transaction: Self::Transaction) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Locks a tenant until the transaction ends, and reads it, and the record of this body. A tenant that is not there
    /// is made, and locked as well.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoTransaction`] if the connection has not begun one.
    fn lock(
        &self,
        connection: &mut Self::Connection,
        key: TenantKey<'_>,
        body: Option<&Fingerprint>,
    ) -> impl Future<Output = Result<(StoredTenant, Option<Record>), StoreError>> + Send;

    /// Writes what has changed of a tenant that is locked. What the worker has written of [`News`](crate::News) stays as
    /// it is, unless the version rises: that is due at once.
    fn save(
        &self,
        connection: &mut Self::Connection,
        key: TenantKey<'_>,
        changes: &Changes<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes what is encrypted into a row that is there, or destroys it.
    fn save_sealed(
        &self,
        connection: &mut Self::Connection,
        key: TenantKey<'_>,
        column: Column,
        sealed: Option<&[u8]>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// All of a tenant that is encrypted.
    fn sealed(
        &self,
        connection: &mut Self::Connection,
        key: TenantKey<'_>,
    ) -> impl Future<Output = Result<Vec<(Column, Vec<u8>)>, StoreError>> + Send;

    /// Destroys the bodies that were kept until this time or before, and says how many.
    fn expire_bodies(
        &self,
        connection: &mut Self::Connection,
        key: TenantKey<'_>,
        until: Timestamp,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Removes all of a tenant.
    fn remove(
        &self,
        connection: &mut Self::Connection,
        key: TenantKey<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes that a tenant was forgotten.
    fn save_erasure(
        &self,
        connection: &mut Self::Connection,
        environment: &str,
        erasure: &Erasure,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Locks the wrapped fingerprint keys of an environment until the transaction ends, and reads them with the names
    /// of the store keys that they are wrapped under.
    fn lock_fingerprint_keys(
        &self,
        connection: &mut Self::Connection,
        environment: &str,
    ) -> impl Future<Output = Result<Vec<(String, Vec<u8>)>, StoreError>> + Send;

    /// Writes the fingerprint key wrapped under the store key of this name, or removes it.
    fn save_fingerprint_key(
        &self,
        connection: &mut Self::Connection,
        environment: &str,
        name: &str,
        wrapped: Option<&[u8]>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads a tenant. Like all that follow, in no transaction of the caller's, and without a lock.
    fn tenant(
        &self,
        key: TenantKey<'_>,
    ) -> impl Future<Output = Result<Option<StoredTenant>, StoreError>> + Send;

    /// The current set of a tenant, if that is active: both as of one moment.
    fn credentials(
        &self,
        key: TenantKey<'_>,
    ) -> impl Future<Output = Result<Option<SealedCredentials>, StoreError>> + Send;

    /// What is encrypted in this column.
    fn read_sealed(
        &self,
        key: TenantKey<'_>,
        column: Column,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// So many tenants, in the order of their ids as octets: those of which there is an [`Entry`].
    fn list(
        &self,
        environment: &str,
        listed: Listed<'_>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// How many of them there are.
    fn summary(&self, environment: &str) -> impl Future<Output = Result<Summary, StoreError>> + Send;

    /// The encrypted profiles of so many of them after this id, with their ids, in the same order.
    fn profiles(
        &self,
        environment: &str,
        after: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(String, Vec<u8>)>, StoreError>> + Send;

    /// So many records of a tenant after the one that came first as this delivery, in that order.
    fn records(
        &self,
        key: TenantKey<'_>,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Record>, StoreError>> + Send;

    /// The ids of so many tenants after this one, in the order of their ids as octets. The empty id is selected by an
    /// `after` of `None` alone.
    fn select(
        &self,
        environment: &str,
        selection: Selection<'_>,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// That this tenant was forgotten, each time, the oldest first.
    fn erasures(&self, key: TenantKey<'_>) -> impl Future<Output = Result<Vec<Erasure>, StoreError>> + Send;

    /// Takes tenants with a version above what was acknowledged that are due, not given up, and not taken by another, and
    /// counts the attempt. Those that were never tried come first, and of these and of the others those that have waited
    /// longest.
    ///
    /// # Errors
    ///
    /// [`StoreError::LaterVersion`], as from [`lock`](Self::lock).
    fn claim(
        &self,
        environment: &str,
        claim: Claim,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>> + Send;

    /// Writes that the application acknowledged this version, and gives the tenant back. Says whether it was still taken
    /// under this lease; otherwise nothing is written.
    fn acknowledge(
        &self,
        key: TenantKey<'_>,
        lease: i64,
        version: u64,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Gives a tenant back, if it is still taken under this lease. Unless the version has risen, it is due after this
    /// pause, or given up.
    fn postpone(
        &self,
        key: TenantKey<'_>,
        lease: i64,
        version: u64,
        pause: Option<Duration>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes a tenant due at once, whoever has taken it, and says whether there is something to tell.
    fn redrive(&self, key: TenantKey<'_>) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Takes one tenant of which [`probe_at`](StoredTenant::probe_at) has come, the longest ago first, and puts it off
    /// until then.
    fn claim_probe(
        &self,
        environment: &str,
        now: Timestamp,
        again: Timestamp,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Leaves nothing in the database's files of what was destroyed.
    fn scrub(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why a database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It refused, or could not be reached.
    #[error("expected the database to answer")]
    Database(#[source] Box<dyn Error + Send + Sync>),

    /// What is stored is not what this library stores.
    #[error("expected {0} in the database, found something else")]
    Foreign(&'static str),

    /// The tables are those of a later version of this library.
    #[error("expected tables of version {expected} at most, found {found}: a later version has been here")]
    LaterVersion {
        /// The latest that this version of the library knows.
        expected: i64,
        /// What is there.
        found: i64,
    },

    /// A transaction was to have begun.
    #[error("expected a connection on which a transaction has begun")]
    NoTransaction,

    /// There is something in the database into which was to be copied.
    #[error("expected a database in which no registry was opened yet, found one with tenants or keys")]
    NotEmpty,

    /// A connection is not set up as it must be.
    #[error("expected the setting {expected} of each connection, found {found}")]
    Setting {
        /// As it must be.
        expected: &'static str,
        /// As it is.
        found: String,
    },
}

impl StoreError {
    /// An error of the database itself. What it says must not repeat what is stored.
    pub fn database(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Database(error.into())
    }
}
