//! What the tests share: one throw-away platform, bodies that misbehave, the vectors, a client that writes
//! raw bytes, and what is fuzzed.
//!
//! A test stops where it is surprised.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

pub mod behaviour;
pub mod bodies;
pub mod fuzz;
pub mod hidden;
pub mod log;
pub mod paths;
pub mod platform;
pub mod port;
pub mod process;
pub mod receiver;
pub mod signatures;
pub mod vectors;
pub mod wait;
pub mod wire;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
