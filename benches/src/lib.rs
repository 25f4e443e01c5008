//! What the benches share: keys and deliveries, the other verifiers that a receiver could use, and how two things
//! are compared on a machine that does other things as well.
#![allow(clippy::expect_used, clippy::panic, reason = "a bench stops where it is surprised")]

mod bounds;
mod compare;
mod peers;
mod service;
mod signed;
mod svg;

pub use bounds::Bounds;
pub use compare::{Timed, compare, time};
pub use peers::{Peer, peers, peers_of};
pub use service::{Handler, call};
pub use signed::{BODY, Signed};
pub use svg::Bars;
