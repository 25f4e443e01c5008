//! What becomes of a verified delivery: a registry of tenants. Unofficial: not affiliated with Untis.

mod arrival;
mod decision;
mod error;
mod fingerprint;
mod key_ring;
mod rules;
mod seal;
mod tenant;
mod timestamp;

pub use arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
pub use decision::{Contest, Decision};
pub use error::SealError;
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use key_ring::{KeyRing, StoreKey};
pub use rules::decide;
pub use seal::Place;
pub use tenant::{
    Answer, Asked, Change, Delivered, EndedAt, OperateError, Refused, Set, SetState, Status, Tenant, Told,
};
pub use timestamp::Timestamp;
