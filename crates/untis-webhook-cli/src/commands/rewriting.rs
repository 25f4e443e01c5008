//! What may have happened to a body on its way. Each usual rewriting is undone, alone and after others, until one gives the
//! digest that was signed: what is said then is a fact. What can only be suspected is said with "perhaps".

mod change;
mod charset;
mod compression;
mod json;
mod lines;
mod python;
mod search;
mod suspicion;
#[cfg(test)]
mod tests;
mod wrapping;

pub(crate) use change::sentence;
pub(crate) use search::{Explained, explain};
pub(crate) use suspicion::suspect;
pub(crate) use wrapping::{dechunked, hexadecimal, without_entities};
