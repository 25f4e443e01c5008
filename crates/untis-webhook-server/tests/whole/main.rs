//! The built daemon between a platform and an application in other languages, with all that happens to them.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod application;
mod daemon;
mod database;
mod disk;
mod instances;
mod killed;
mod languages;
mod platform;
mod schools;
mod stranger;
