//! What is fuzzed: from any octets to a claim that must hold. The targets under `fuzz/` and the test over
//! their corpora call these; each panics where its claim does not hold.

mod event;
mod key;
mod layer;
mod presented;
mod verify;

pub use event::event;
pub use key::key;
pub use layer::layer;
pub use presented::presented;
pub use verify::verify;

/// Panics if what it claims does not hold of this input.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 5] =
    [("event", event), ("key", key), ("layer", layer), ("presented", presented), ("verify", verify)];
