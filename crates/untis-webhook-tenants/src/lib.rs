//! What becomes of a verified delivery: a registry of tenants. Unofficial: not affiliated with Untis.

mod arrival;
mod decision;
mod rules;

pub use arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
pub use decision::{Contest, Decision};
pub use rules::decide;
