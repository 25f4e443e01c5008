//! What the operator does besides serving.

pub(crate) mod check;
pub(crate) mod keygen;
pub(crate) mod quickstart;
pub(crate) mod tenants;
