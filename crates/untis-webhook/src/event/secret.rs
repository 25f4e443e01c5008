use std::fmt;

use zeroize::Zeroizing;

/// A text that must not be shown: it has no `Display` and no `Serialize`, its `Debug` is `[redacted]`, and it
/// is wiped from memory when dropped.
///
/// The wiping covers this copy. The body that it was decoded from is in memory for as long as the request is.
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// A copy of this text. Whoever had it before wipes the original.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
