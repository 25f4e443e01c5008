//! The commands, one a file.

pub(crate) mod completions;
pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod listen;
pub(crate) mod rewriting;
pub(crate) mod send;
pub(crate) mod sign;
pub(crate) mod verify;
