use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use getrandom::SysRng;
use getrandom::rand_core::TryRng;
use hkdf::Hkdf;
use sha2::Sha256;
use untis_webhook::KeyId;
use zeroize::Zeroizing;

use crate::SealError;

/// A key that encrypts what is stored: 32 octets.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// Makes a key.
    ///
    /// # Errors
    ///
    /// [`SealError::Failed`] if there is no randomness.
    pub fn generate() -> Result<Self, SealError> {
        let mut octets = Zeroizing::new([0; 32]);
        SysRng.try_fill_bytes(&mut *octets).map_err(|_| SealError::Failed)?;
        Ok(Self(octets))
    }

    /// Reads a key from base64 (RFC 4648 section 4) of its 32 octets, as [`to_base64`](Self::to_base64) writes it.
    ///
    /// # Errors
    ///
    /// [`SealError::NotAKey`] if it is anything else. It is not repeated.
    pub fn from_base64(text: &str) -> Result<Self, SealError> {
        let mut octets = Zeroizing::new([0; 32]);
        match BASE64_STANDARD.decode_slice(text.trim(), &mut *octets) {
            Ok(32) => Ok(Self(octets)),
            _ => Err(SealError::NotAKey),
        }
    }

    /// The key as base64, to be kept in a file that its owner alone can read.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(*self.0))
    }

    /// The key for one purpose (RFC 5869), so that no two uses share one.
    #[allow(
        clippy::expect_used,
        reason = "RFC 5869 section 2.3: 32 octets are no more than 255 times the hash"
    )]
    pub(crate) fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        let hkdf = Hkdf::<Sha256>::new(Some(b"untis-webhook-tenants"), &*self.0);
        hkdf.expand(purpose, &mut *derived).expect("32 octets");
        derived
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The keys that decrypt what is stored, each under a name, and the one that encrypts.
///
/// A rotation while running: add a key everywhere; make it the primary; re-encrypt until nothing is left under the
/// old one; take that away.
///
/// ```
/// use untis_webhook_tenants::{KeyRing, Place, SealError, StoreKey};
///
/// let old = StoreKey::generate()?;
/// let place =
///     Place { environment: "production", table: "sets", tenant_id: "12345", column: "secret", row: "1" };
/// let sealed = KeyRing::new("2026", old.clone())?.seal(place, b"a secret")?;
///
/// let ring = KeyRing::new("2027", StoreKey::generate()?)?.with("2026", old)?;
/// assert_eq!(*ring.open(place, &sealed)?, b"a secret");
/// assert!(!ring.is_under_primary(&sealed));
///
/// // In another tenant's row it is nothing.
/// assert_eq!(ring.open(Place { tenant_id: "67890", ..place }, &sealed), Err(SealError::Failed));
/// # Ok::<(), SealError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    primary: (String, StoreKey),
    others: Vec<(String, StoreKey)>,
}

impl KeyRing {
    /// A ring of one key, which encrypts.
    ///
    /// # Errors
    ///
    /// [`SealError::Name`] if the name is not 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
    pub fn new(name: &str, key: StoreKey) -> Result<Self, SealError> {
        Ok(Self { primary: (checked(name)?, key), others: Vec::new() })
    }

    /// With one more key, which decrypts.
    ///
    /// # Errors
    ///
    /// [`SealError::Name`] as [`new`](Self::new), or if the name is there already.
    pub fn with(mut self, name: &str, key: StoreKey) -> Result<Self, SealError> {
        let name = checked(name)?;
        if self.get(&name).is_some() {
            return Err(SealError::Name);
        }
        self.others.push((name, key));
        Ok(self)
    }

    /// The names of all keys; the primary is the first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(name, _)| name)
    }

    pub(crate) fn primary(&self) -> (&str, &StoreKey) {
        (&self.primary.0, &self.primary.1)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&StoreKey> {
        self.all().find(|(other, _)| *other == name).map(|(_, key)| key)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &StoreKey)> {
        std::iter::once(&self.primary).chain(&self.others).map(|(name, key)| (name.as_str(), key))
    }
}

/// A store key is named as a key that is trusted is.
fn checked(name: &str) -> Result<String, SealError> {
    name.parse::<KeyId>().map(|name| name.to_string()).map_err(|_| SealError::Name)
}
