//! What becomes of a verified delivery: a registry of tenants. Unofficial: not affiliated with Untis.

mod arrival;
mod decision;
mod error;
mod key_ring;
mod rules;
mod seal;

pub use arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
pub use decision::{Contest, Decision};
pub use error::SealError;
pub use key_ring::{KeyRing, StoreKey};
pub use rules::decide;
pub use seal::Place;
