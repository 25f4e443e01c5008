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
///
/// ```
/// use untis_webhook::Rejection;
/// # use untis_webhook::{KeySet, PresentedSignature, Verifier};
/// # use untis_webhook_testkit::{Delivery, SigningKey};
/// # let key = SigningKey::generate();
/// # let delivery = Delivery::sign(&key, "a genuine body");
/// # let presented = PresentedSignature::from_headers(&delivery.headers(), &Default::default())?;
/// # let verifier = Verifier::new(KeySet::new([("production", key.verifying_key())])?);
///
/// let pending = verifier.begin(&presented)?;
/// let expected = pending.expected_digest().clone();
///
/// let mut genuine = pending.clone();
/// genuine.update(b"a genuine ");
/// genuine.update(b"body");
/// assert_eq!(genuine.finish()?.digest(), &expected);
///
/// let mut other = pending;
/// other.update(b"another body");
/// assert_eq!(other.finish().unwrap_err(), Rejection::DigestMismatch);
///
/// // Kept as well as hashed:
/// let mut body = verifier.begin(&presented)?.collect(1024);
/// body.push(&b"a genuine body"[..])?;
/// assert_eq!(body.finish()?.as_ref(), b"a genuine body");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
