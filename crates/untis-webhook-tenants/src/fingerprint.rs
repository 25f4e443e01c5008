use std::fmt;

use getrandom::SysRng;
use getrandom::rand_core::TryRng;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use untis_webhook::event::Credentials;
use zeroize::Zeroizing;

use crate::seal::{length_prefixed, seal_under};
use crate::{KeyRing, Place, SealError};

/// What tells one set of credentials, or one body, from another, and says nothing else of it to whoever has not the
/// key: HMAC-SHA-256 (RFC 2104).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The octets, as they are stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A fingerprint that was stored.
    pub fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprint").finish_non_exhaustive()
    }
}

/// The key of the fingerprints of one environment. It is made once and never changes, so that they stay comparable;
/// what changes is the ring under whose keys it is stored.
#[derive(Clone)]
pub struct FingerprintKey(Zeroizing<[u8; 32]>);

impl FingerprintKey {
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

    /// The key as it is stored: once for each key of the ring, by its name.
    ///
    /// # Errors
    ///
    /// [`SealError::Failed`] if there is no randomness.
    pub fn wrap(&self, environment: &str, ring: &KeyRing) -> Result<Vec<(String, Vec<u8>)>, SealError> {
        let wrapped = ring.all().map(|(name, key)| {
            Ok((name.to_owned(), seal_under(name, key, place(environment, name), &*self.0)?))
        });
        wrapped.collect()
    }

    /// The key that was stored, by the first of these that the ring can open.
    ///
    /// # Errors
    ///
    /// [`SealError::MissingKey`] if the ring has none of the keys, and [`SealError::Failed`] if what was stored is
    /// none.
    pub fn open<'a>(
        environment: &str,
        ring: &KeyRing,
        wrapped: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, SealError> {
        let mut error = SealError::Failed;
        for (name, wrapped) in wrapped {
            match ring.open(place(environment, name), wrapped) {
                Ok(octets) => {
                    let octets = octets.as_slice().try_into().map_err(|_| SealError::Failed)?;
                    return Ok(Self(Zeroizing::new(octets)));
                }
                Err(other) => error = other,
            }
        }
        Err(error)
    }

    /// Of a set of credentials: what of it works, and not whom it is from.
    pub fn of_set(&self, credentials: &Credentials) -> Fingerprint {
        let Credentials { client_id, secret, password, host, .. } = credentials;
        self.of(b"set", &[client_id, secret.expose(), password.expose(), host].map(str::as_bytes))
    }

    /// Of a profile, as it is encoded.
    pub(crate) fn of_profile(&self, encoded: &[u8]) -> Fingerprint {
        self.of(b"profile", &[encoded])
    }

    /// Of a body.
    pub fn of_body(&self, body: &[u8]) -> Fingerprint {
        self.of(b"body", &[body])
    }

    #[allow(clippy::expect_used, reason = "RFC 2104: HMAC takes a key of any length")]
    fn of(&self, purpose: &[u8], parts: &[&[u8]]) -> Fingerprint {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("a key of 32 octets");
        for part in std::iter::once(&purpose).chain(parts) {
            hmac.update(&Zeroizing::new(length_prefixed(part).collect::<Vec<_>>()));
        }
        Fingerprint(hmac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

fn place<'a>(environment: &'a str, key_name: &'a str) -> Place<'a> {
    Place { environment, table: "fingerprint_keys", tenant_id: "", column: "wrapped", row: key_name }
}
