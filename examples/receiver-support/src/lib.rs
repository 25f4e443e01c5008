//! What the example receivers share, whatever they are built with: how they are configured, what they do with
//! an event, how they are served, run and told to stop.
//!
//! # What can be set
//!
//! | environment variable | what |
//! |---|---|
//! | `UNTIS_WEBHOOK_KEYS` | the keys to trust, see [`untis_webhook_config`]; nothing starts without |
//! | `UNTIS_WEBHOOK_SIGNATURE_HEADER` | the header of the signature, `Authorization` unless set |
//! | `UNTIS_WEBHOOK_ALGORITHM_HEADER` | the header of the algorithm's name, `Algorithm` unless set |
//! | `LISTEN` | the address to listen on, `127.0.0.1:8080` unless set |
//! | `RUST_LOG` | what is logged, `info` unless set: a level, or levels by target such as `info,untis_webhook_tower=debug`, in the [syntax of `tracing-subscriber`](tracing_subscriber::EnvFilter); `h2`, which strangers can make warn at will, is heard only if it is named |
//!
//! An empty variable is one that is not set. What is wrong is said before anything listens.
//!
//! # What is logged
//!
//! At the level `INFO` each delivery, and what was refused: the first of each reason in a minute as a line, the
//! others as a number. At `WARN` a genuine delivery that could not be used. At `DEBUG` each refusal, and what
//! became of connections. Nothing secret at any level.

mod config;
mod handle;
mod run;

pub use config::{Config, Error};
pub use handle::{handle, respond, route};
pub use run::{Stop, run};
pub use untis_webhook_serve::{causes, connections, serve, shown};
