#![doc = include_str!("../README.md")]
//!
//! # A registry
//!
//! ```
//! use untis_webhook_tenants::{KeyRing, Registry, StoreKey};
//! use untis_webhook_tenants_sqlx::SqliteStore;
//! # use untis_webhook::KeySet;
//! # use untis_webhook_testkit::SigningKey;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let keys = KeySet::new([("2026", SigningKey::shared().verifying_key())])?;
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("tenants.db");
//! # let ring = KeyRing::new("2026", StoreKey::generate()?)?;
//!
//! let registry = Registry::builder(&keys, ring).open(SqliteStore::open(file).await?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # In a transaction of the application's own
//!
//! With a pool of the application's, [`Registry::receive_in`](untis_webhook_tenants::Registry::receive_in) takes any
//! connection on which sqlx has begun a transaction, so that a delivery and what the application does about it happen
//! together or not at all. On SQLite it is best begun with `BEGIN IMMEDIATE`: one that has read before it writes can
//! fail. On PostgreSQL any isolation will do; under a stricter one than `READ COMMITTED` two deliveries for a tenant at
//! once can make one of them fail, and the platform sends it again. Whoever else needs that tenant waits until such a
//! transaction ends: a pool of the application's own should have a `lock_timeout`, as that of `PgStore::connect` has.
//! There, a transaction in which a statement has failed stores nothing, and sqlx's `commit` does not say so: let no error
//! of a statement pass.
//!
//! # The tables
//!
//! They begin with `untis_webhook_`, and are made and brought up to date when a store opens, once, however many open at
//! the same time. Their version is in a table of their own. A library that finds a later version than it knows refuses
//! it, also while it runs.
//!
//! `PgStore::copy_from`, with both features, moves all that is in them from SQLite to PostgreSQL. How to back up either
//! is in [the guide](https://untis-webhook.github.io/untis-webhook/tenants.html).
//!
//! What is secret or personal is encrypted before it comes here. The fingerprints are keyed hashes. What stands in the
//! clear: ids of schools, client ids, hosts, states, numbers, times.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(
    clippy::duplicate_mod,
    reason = "the statements are the same, the types of rows and connections are not"
)]

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::PgStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
