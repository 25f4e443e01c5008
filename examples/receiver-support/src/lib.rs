//! What the example receivers share, whatever they are built with: how they are configured, what they do with
//! an event, how they are run and told to stop.

mod config;
mod handle;
mod run;
mod serve;

pub use config::{Config, Error};
pub use handle::{handle, route};
pub use run::{Stop, run};
pub use serve::serve;
