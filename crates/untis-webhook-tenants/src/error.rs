use std::error::Error;

/// Why something could not be encrypted or decrypted. It repeats neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It was not sealed for this place, was changed, or could not be sealed for want of randomness.
    #[error("expected what was sealed for this place, found something else")]
    Failed,

    /// It was sealed under a key that is not in the ring.
    #[error("expected the store key {0:?}, found no such key")]
    MissingKey(String),

    /// A key's name is there twice, or not 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
    #[error("expected different names of 1 to 64 ASCII letters, digits, '-', '_' and '.' for the store keys")]
    Name,

    /// The text is not base64 of 32 octets.
    #[error("expected a store key, base64 of 32 octets, found something else")]
    NotAKey,
}

/// What an error says, and what those say that it came of.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
