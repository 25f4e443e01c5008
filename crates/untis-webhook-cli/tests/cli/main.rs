//! The built program: what it prints, and its exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it is surprised"
)]

mod answers;
mod body;
mod forward;
mod headers;
mod https;
mod inspect;
mod listen;
mod masking;
mod proxy;
mod saved;
