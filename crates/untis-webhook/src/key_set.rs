use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::VerifyingKey;

/// The operator's name for a key, such as `production` or `2026-rollover`.
///
/// 1 to 64 of the ASCII letters and digits, `-`, `_` and `.`, so that it can stand in a log line or a header
/// as it is. It compares with text:
///
/// ```
/// use untis_webhook::{KeySet, VerifyingKey};
/// # let key: VerifyingKey = untis_webhook_testkit::SigningKey::generate().verifying_key();
///
/// let keys = KeySet::new([("production", key)])?;
/// assert!(keys.iter().any(|(id, _)| id == "production"));
/// # Ok::<(), untis_webhook::KeySetError>(())
/// ```
///
/// A name alone, such as one that a tool is given:
///
/// ```
/// use untis_webhook::KeyId;
///
/// assert_eq!("2026-rollover".parse::<KeyId>()?, "2026-rollover");
/// assert!("two words".parse::<KeyId>().is_err());
/// # Ok::<(), untis_webhook::KeySetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for KeyId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// # Errors
///
/// [`KeySetError::Name`] if it is no such name.
impl FromStr for KeyId {
    type Err = KeySetError;

    fn from_str(name: &str) -> Result<Self, KeySetError> {
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
        match name.len() {
            0 => Err(KeySetError::Name("none")),
            1..=64 if name.bytes().all(allowed) => Ok(Self(name.into())),
            1..=64 => Err(KeySetError::Name("one with another character")),
            _ => Err(KeySetError::Name("a longer one")),
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<str> for KeyId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for KeyId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// The keys a receiver trusts, each under a name: at least one, at most [`MAX`](Self::MAX).
///
/// More than one is for a rotation, while the old key and the new one are both in use, or for a receiver of
/// several environments. A delivery says which key signed it ([`Verified::key_id`](crate::Verified::key_id)),
/// and whoever trusts several environments must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet(Vec<(KeyId, VerifyingKey)>);

impl KeySet {
    /// How many keys a set may have. A forged request costs one public-key operation for each key of its
    /// size.
    pub const MAX: usize = 8;

    /// Makes a set of named keys.
    ///
    /// # Errors
    ///
    /// [`KeySetError`] if there is no key, if there are too many, if a name is not a [`KeyId`] or is given
    /// twice, or if a key is there under two names: a delivery would be taken for that of the wrong
    /// environment.
    pub fn new<N: AsRef<str>>(
        keys: impl IntoIterator<Item = (N, VerifyingKey)>,
    ) -> Result<Self, KeySetError> {
        let mut set: Vec<(KeyId, VerifyingKey)> = Vec::new();
        for (name, key) in keys {
            let id = name.as_ref().parse::<KeyId>()?;
            if set.len() == Self::MAX {
                return Err(KeySetError::TooMany);
            }
            for (other_id, other_key) in &set {
                if *other_id == id {
                    return Err(KeySetError::RepeatedName(id));
                }
                if *other_key == key {
                    return Err(KeySetError::RepeatedKey(other_id.clone(), id));
                }
            }
            set.push((id, key));
        }
        match set.is_empty() {
            true => Err(KeySetError::Empty),
            false => Ok(Self(set)),
        }
    }

    /// The keys in the order they were given, in which they are tried.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&KeyId, &VerifyingKey)> {
        self.0.iter().map(|(id, key)| (id, key))
    }
}

/// Why some keys do not make a [`KeySet`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// There is no key: nothing could ever be verified.
    #[error("expected at least one key, found none")]
    Empty,

    /// The name is not 1 to 64 ASCII letters, digits, `-`, `_` and `.`; the text says why. It does not repeat the
    /// name, which may be a key in the wrong place.
    #[error("expected a key name of 1 to 64 ASCII letters, digits, '-', '_' and '.', found {0}")]
    Name(&'static str),

    /// The same key is there under two names.
    #[error("expected different keys, found the same one under the names {0} and {1}")]
    RepeatedKey(KeyId, KeyId),

    /// The same name is there twice.
    #[error("expected different key names, found {0} twice")]
    RepeatedName(KeyId),

    /// There are more than [`KeySet::MAX`] keys.
    #[error("expected at most {} keys, found more", KeySet::MAX)]
    TooMany,
}
