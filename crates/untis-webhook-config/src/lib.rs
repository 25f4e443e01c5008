#![doc = include_str!("../README.md")]
//!
//! # What can be set
//!
//! ```no_run
//! use untis_webhook_config::Config;
//!
//! // UNTIS_WEBHOOK_KEYS=production=production.txt,2026-rollover=next.txt
//! let verifier = Config::from_env()?.into_verifier();
//! # Ok::<(), untis_webhook_config::ConfigError>(())
//! ```
//!
//! | environment variable | what |
//! |---|---|
//! | `UNTIS_WEBHOOK_KEYS` | the keys to trust, as `NAME=FILE` with commas between; in place of a file, the public key itself |
//! | `UNTIS_WEBHOOK_SIGNATURE_HEADER` | the header of the signature, `Authorization` unless set |
//! | `UNTIS_WEBHOOK_ALGORITHM_HEADER` | the header of the algorithm's name, `Algorithm` unless set |
//!
//! An empty variable is one that is not set. There is no default that trusts: without a key there is no
//! configuration.
//!
//! A key's file holds one public key, in any form that [`VerifyingKey`](untis_webhook::VerifyingKey) reads. It is
//! a regular file or a pipe of at most 64 KiB.
//!
//! A key is replaced by replacing its file: [`Config::into_watched_verifier`].
//!
//! # What an error shows
//!
//! What was given in place of a public key may be a private one. So no error repeats an entry, or a file's name
//! that does not look like one; it says what was found.

mod config;
mod entry;
mod error;
mod file;
mod shown;
mod watch;

pub use config::{ALGORITHM_HEADER, Config, KEYS, SIGNATURE_HEADER, header_names};
pub use entry::keys;
pub use error::{ConfigError, KeysError};
pub use file::{read_file, read_key};
pub use shown::{may_be_key, shown};
pub use watch::FileWatch;
