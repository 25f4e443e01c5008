//! What becomes of a verified delivery: a registry of tenants. Unofficial: not affiliated with Untis.

mod arrival;
mod decision;
mod error;
mod fingerprint;
mod key_ring;
mod names;
mod parts;
mod profile;
mod registry;
mod rules;
mod seal;
mod store;
mod stored;
mod tenant;
mod tenant_credentials;
mod timestamp;

pub use arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
pub use decision::{Contest, Decision};
pub use error::SealError;
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use key_ring::{KeyRing, StoreKey};
pub use profile::Profile;
pub use registry::{
    OpenError, Page, Purged, ReceiveError, Received, Registry, RegistryBuilder, RegistryError, Rekeyed,
};
pub use rules::decide;
pub use seal::Place;
pub use store::{Store, StoreError};
pub use stored::{
    Column, Entry, Erasure, ErasureScope, News, Record, SealedCredentials, Selection, StoredTenant, TenantKey,
};
pub use tenant::{
    Answer, Asked, Change, Delivered, EndedAt, OperateError, Refused, Set, SetState, Status, Tenant, Told,
};
pub use tenant_credentials::TenantCredentials;
pub use timestamp::Timestamp;
