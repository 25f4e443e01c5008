//! Ciphertext that is good in one place alone: XChaCha20-Poly1305 under a named key, bound to where it stands.
//!
//! ```text
//! version ‖ length of the key's name ‖ name ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//! ```

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::{KeyRing, SealError, StoreKey};

/// Where a ciphertext stands. It can be read there and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The registry's environment.
    pub environment: &'a str,
    /// The table.
    pub table: &'a str,
    /// The tenant.
    pub tenant_id: &'a str,
    /// The column.
    pub column: &'a str,
    /// What never changes of the row, such as a set's number.
    pub row: &'a str,
}

impl KeyRing {
    /// Encrypts for this place, under the primary key.
    ///
    /// # Errors
    ///
    /// [`SealError::Failed`] if there is no randomness.
    pub fn seal(&self, place: Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let (name, key) = self.primary();
        seal_under(name, key, place, plaintext)
    }

    /// Decrypts what was sealed for this place, under whichever key of the ring.
    ///
    /// # Errors
    ///
    /// [`SealError::MissingKey`] if the key is not in the ring, and [`SealError::Failed`] if it was sealed for
    /// another place, was changed, or is none.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (name, rest) = split_header(sealed)?;
        let key = self.get(name).ok_or_else(|| SealError::MissingKey(name.to_owned()))?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(SealError::Failed)?;
        let header = header(name).ok_or(SealError::Failed)?;
        let aad = associated_data(&header, place);
        cipher(key)
            .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SealError::Failed)
    }

    /// Whether this was sealed under the primary key, so that a rotation may leave it as it is.
    pub fn is_under_primary(&self, sealed: &[u8]) -> bool {
        self.primary_header().is_some_and(|header| sealed.starts_with(&header))
    }

    /// The key that this was sealed under, if it is not in the ring.
    pub(crate) fn missing<'a>(&self, sealed: &'a [u8]) -> Option<&'a str> {
        let (name, _) = split_header(sealed).ok()?;
        self.get(name).is_none().then_some(name)
    }

    /// What everything begins with that is sealed under the primary key, and nothing else.
    pub(crate) fn primary_header(&self) -> Option<Vec<u8>> {
        header(self.primary().0)
    }
}

/// Encrypts for this place, under this key of a ring.
pub(crate) fn seal_under(
    name: &str,
    key: &StoreKey,
    place: Place<'_>,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let nonce = XNonce::try_generate().map_err(|_| SealError::Failed)?;
    let header = header(name).ok_or(SealError::Failed)?;
    let aad = associated_data(&header, place);
    let ciphertext =
        cipher(key).encrypt(&nonce, Payload { msg: plaintext, aad: &aad }).map_err(|_| SealError::Failed)?;
    Ok([&header[..], &nonce, &ciphertext].concat())
}

fn cipher(key: &StoreKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.derive(b"seal")).into())
}

fn header(name: &str) -> Option<Vec<u8>> {
    let len = u8::try_from(name.len()).ok()?;
    Some([&[VERSION, len], name.as_bytes()].concat())
}

fn split_header(sealed: &[u8]) -> Result<(&str, &[u8]), SealError> {
    let [VERSION, len, rest @ ..] = sealed else { return Err(SealError::Failed) };
    let (name, rest) = rest.split_at_checked(usize::from(*len)).ok_or(SealError::Failed)?;
    Ok((str::from_utf8(name).map_err(|_| SealError::Failed)?, rest))
}

/// The place, each of its parts after its length, so that no two places are the same octets; and the header, which
/// names the version and the key.
fn associated_data(header: &[u8], place: Place<'_>) -> Vec<u8> {
    let Place { environment, table, tenant_id, column, row } = place;
    let mut data = Vec::new();
    for part in [
        header,
        environment.as_bytes(),
        table.as_bytes(),
        tenant_id.as_bytes(),
        column.as_bytes(),
        row.as_bytes(),
    ] {
        data.extend(length_prefixed(part));
    }
    data
}

/// A part after its length in octets, as eight octets, big-endian.
pub(crate) fn length_prefixed(part: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let len = u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes();
    len.into_iter().chain(part.iter().copied())
}

/// Of the format.
const VERSION: u8 = 1;
