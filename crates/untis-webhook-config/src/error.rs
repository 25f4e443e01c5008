use std::io;

use untis_webhook::{KeyError, KeySetError};

use crate::KEYS;

/// Why a receiver cannot be configured. It is for whoever starts it, and repeats nothing that may be a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// What this variable or option says is not the name of a header; the text says what was found.
    #[error("{0}: expected the name of a header, found {1}")]
    HeaderName(&'static str, &'static str),

    /// The keys are none, or no set.
    #[error("{KEYS}: {0}")]
    Keys(#[from] KeysError),

    /// No keys are configured.
    #[error("{KEYS} is not set: expected the keys to trust, as NAME=FILE with commas between")]
    NoKeys,

    /// This variable is not UTF-8.
    #[error("{0}: expected text in UTF-8, found other octets")]
    NotUnicode(&'static str),

    /// The signature and its algorithm would be read from the same header, as these two variables or options say.
    #[error("{0}, {1}: expected two headers, found the same one twice")]
    SameHeader(&'static str, &'static str),
}

/// Why some entries `NAME=FILE` are not keys to trust.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// An entry has no name or no file; the text says what was found.
    #[error("expected NAME=FILE such as production=production.txt, found {0}")]
    Entry(&'static str),

    /// A key's file cannot be read.
    #[error("cannot read {file}: {error}")]
    File {
        /// The file, or that its name is not repeated.
        file: String,
        /// Why it cannot be read.
        error: io::Error,
    },

    /// An entry has a key in the place of its file, which is not one to trust.
    #[error("a key in place of a file's name: {0}")]
    Inline(KeyError),

    /// A key's file holds something else.
    #[error("{file}: {error}")]
    Key {
        /// The file, or that its name is not repeated.
        file: String,
        /// What it holds.
        error: KeyError,
    },

    /// The keys are no set.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
}
