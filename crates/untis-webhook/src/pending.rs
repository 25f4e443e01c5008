use std::fmt;

use crate::digest::Hasher;
use crate::{Algorithm, Digest, KeyId, PendingBody, Rejection, Verified};

/// A signature by a trusted key, and a body that is yet to be hashed.
///
/// That key signed *some* message with the [expected digest](Self::expected_digest). It need not be the body
/// that comes with it: an old signature sent with a new body gets this far, so nothing may act on this, and
/// limits on the body still matter.
///
/// The body is either only hashed ([`update`](Self::update), [`finish`](Self::finish)) or hashed and kept
/// ([`collect`](Self::collect)).
#[derive(Clone)]
#[must_use = "nothing is verified until it has been finished"]
pub struct PendingVerification {
    key_id: KeyId,
    expected: Digest,
    hasher: Hasher,
}

impl PendingVerification {
    pub(crate) fn new(key_id: KeyId, expected: Digest) -> Self {
        Self { key_id, expected, hasher: Hasher::new(expected.algorithm()) }
    }

    /// The key that made the signature.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The algorithm it was made with.
    pub fn algorithm(&self) -> Algorithm {
        self.expected.algorithm()
    }

    /// The digest of the body that was signed.
    pub fn expected_digest(&self) -> &Digest {
        &self.expected
    }

    /// Hashes the next part of the body.
    pub fn update(&mut self, data: &[u8]) {
        self.hasher.update(data);
    }

    /// Compares the digest of what was hashed with what was signed.
    ///
    /// # Errors
    ///
    /// [`Rejection::DigestMismatch`] if the signature is over another body.
    pub fn finish(self) -> Result<Verified<()>, Rejection> {
        match self.hasher.finish() == self.expected {
            true => Ok(Verified::new(self.key_id, self.expected)),
            false => Err(Rejection::DigestMismatch),
        }
    }

    /// Goes on to hash and to keep a body of at most `limit` octets.
    pub fn collect(self, limit: usize) -> PendingBody {
        PendingBody::new(self, limit)
    }
}

/// The state of the hash is left out: it is the body's.
impl fmt::Debug for PendingVerification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingVerification")
            .field("key_id", &self.key_id)
            .field("expected_digest", &format_args!("{}", self.expected))
            .finish_non_exhaustive()
    }
}
