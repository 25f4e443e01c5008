#![doc = include_str!("../README.md")]
//!
//! # A receiver
//!
//! A whole one, with axum and SQLite:
//!
//! ```
//! use axum::{Router, routing::post_service};
//! use tower::Layer;
//! use untis_webhook_tenants::{KeyRing, Message, Registry, StoreKey};
//! use untis_webhook_tenants_sqlx::SqliteStore;
//! use untis_webhook_tower::{KeySet, Verifier, VerifyLayer, VerifyingKey};
//! # use axum::{body::Body, http::StatusCode};
//! # use tower::ServiceExt;
//! # use untis_webhook_testkit::{Delivery, Payload, SigningKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = SigningKey::shared();
//! # let published_key = platform.public_key_base64();
//! # let store_key = StoreKey::generate()?.to_base64();
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("tenants.db");
//! let keys = KeySet::new([("2026", published_key.parse::<VerifyingKey>()?)])?;
//! let ring = KeyRing::new("first", StoreKey::from_base64(&store_key)?)?;
//! let registry = Registry::builder(&keys, ring)
//!     .client_ids(["test-client-id"])
//!     .open(SqliteStore::open(file).await?)
//!     .await?;
//! let receiver = VerifyLayer::new(Verifier::new(keys)).layer(registry.clone().into_service());
//! let app: Router = Router::new().route("/webhook", post_service(receiver));
//!
//! # let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
//! // Beside it: every change is told, again and again until this succeeds.
//! let worker = registry.worker(move |message: Message| {
//!     println!("{} is {}", message.tenant_id, message.status.as_str());
//! #   tell.send(message).unwrap();
//!     async { Ok(()) }
//! });
//! tokio::spawn(worker.run());
//!
//! # let delivery = Delivery::sign(platform, Payload::credentials_v1()).into_request("/webhook");
//! # assert_eq!(app.oneshot(delivery.map(Body::from)).await?.status(), StatusCode::NO_CONTENT);
//! // Wherever credentials are used:
//! if let Some(credentials) = registry.credentials("12345").await? {
//!     println!("{} at {}", credentials.client_id, credentials.host);
//! }
//! # assert!(registry.credentials("12345").await?.is_some());
//! # assert_eq!(told.recv().await.unwrap().version, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//!
//! - What a delivery does is one table, [`decide`]. Each is answered with a success once that is durable, whatever it is,
//!   so that the platform does not go on sending.
//! - From a deactivation on nobody is given the tenant's credentials. They are kept for a grace, so that one that another
//!   partner forwarded can be undone: [`Registry::restore`].
//! - Credentials of another client id than the tenant's are never taken by themselves: [`Registry::accept`].
//! - Of every change the application is told at least once, of a tenant's in order, and of the last one alone: [`Worker`].
//!   What has to be told is written with the change, so that nobody who dies can lose it.
//! - Credentials prove themselves: with a [`Probe`] the worker finds out which set the platform takes, whatever order
//!   deliveries came in, and which tenants are still alive.
//!
//! # What must be done
//!
//! - Say which keys belong to the environment, if there are several, and say the application's own client ids.
//! - Run a [`Worker`], which also destroys what is over; or else [`Registry::purge`] every hour or so.
//! - Keep the store keys apart from the database and its backups: whoever has both has all.
//!
//! The rest of what an operator has to know is in [the guide](https://untis-webhook.github.io/untis-webhook/tenants.html):
//! contested sets, the replacement of keys, backups, erasure, and how to take over a table of plain text
//! ([`Registry::import`]).
//!
//! # What is encrypted
//!
//! Secrets, client id and host of each set, the profile of a school, and bodies that nobody could read: with
//! XChaCha20-Poly1305, bound to their place, under a [`KeyRing`]. Ids of schools, client ids, hosts, states and times stand
//! in the clear as well.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod arrival;
mod decision;
mod error;
mod fingerprint;
mod handler;
mod key_ring;
mod message;
mod names;
mod parts;
mod probe;
mod profile;
mod registry;
mod rules;
mod seal;
mod service;
mod store;
mod stored;
mod tenant;
mod tenant_credentials;
mod timestamp;
mod worker;

pub use arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
pub use decision::{Contest, Decision};
pub use error::SealError;
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use handler::{Failed, Handler, Retry};
pub use key_ring::{KeyRing, StoreKey};
pub use message::Message;
pub use probe::{CredentialSet, Probe};
#[cfg(feature = "probe")]
pub use probe::{Inconclusive, TokenProbe, TokenProbeError};
pub use profile::Profile;
pub use registry::{
    Imported, OpenError, Page, Purged, ReceiveError, Received, Registry, RegistryBuilder, RegistryError,
    Rekeyed,
};
pub use rules::decide;
pub use seal::Place;
pub use service::ReceiveService;
pub use store::{Store, StoreError};
pub use stored::{
    Changes, Claim, Column, Entry, Erasure, ErasureScope, Filter, Listed, News, Record, SealedCredentials,
    Selection, StoredTenant, Summary, TenantKey,
};
pub use tenant::{
    Answer, Asked, Change, Delivered, EndedAt, OperateError, Probed, Refused, Set, SetState, Status, Tenant,
    Told,
};
pub use tenant_credentials::TenantCredentials;
pub use timestamp::Timestamp;
pub use worker::Worker;
