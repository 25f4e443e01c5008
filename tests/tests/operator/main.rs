//! What an operator says: keys in files, which may change, and the names of headers.

mod config;
mod watched;
