use std::fmt;

use bytes::{Buf, Bytes};

use crate::{PendingVerification, Rejection, Verified};

/// A body on its way: hashed and kept, piece by piece, within a limit.
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
/// let mut body = verifier.begin(&presented)?.collect(1024);
/// body.push(&b"a genuine "[..])?;
/// body.push(&b"body"[..])?;
/// assert_eq!(body.finish()?.as_ref(), b"a genuine body");
///
/// let mut body = verifier.begin(&presented)?.collect(10);
/// assert_eq!(body.push(&b"a genuine body"[..]), Err(Rejection::BodyTooLarge));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Memory
///
/// A body in one piece of [`Bytes`] is kept without a copy. Otherwise there is one buffer, which grows with
/// what has arrived and never beyond the limit, whatever the size of the pieces and whatever length was
/// declared.
#[must_use = "nothing is verified until it has been finished"]
pub struct PendingBody {
    pending: PendingVerification,
    limit: usize,
    /// `None` once a piece was refused: nothing more is taken, and nothing will be verified.
    kept: Option<Kept>,
}

enum Kept {
    /// At most one piece so far, not copied.
    Piece(Bytes),
    /// Several pieces, copied together.
    Buffer(Vec<u8>),
}

impl PendingBody {
    pub(crate) fn new(pending: PendingVerification, limit: usize) -> Self {
        Self { pending, limit, kept: Some(Kept::Piece(Bytes::new())) }
    }

    /// The signature that the body must fit.
    pub fn pending(&self) -> &PendingVerification {
        &self.pending
    }

    /// Hashes and keeps the next piece, all of it.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`] if that would be more than the limit, and [`Rejection::BodyIncomplete`] if the
    /// piece does not hold as much as it says. It stays refused: so is whatever is pushed afterwards, and
    /// [`finish`](Self::finish).
    pub fn push(&mut self, mut data: impl Buf) -> Result<(), Rejection> {
        let kept = self.kept.take().ok_or(Rejection::BodyTooLarge)?;
        // Asked for once: what the piece says later need not be the same.
        let remaining = data.remaining();
        let len = kept
            .len()
            .checked_add(remaining)
            .filter(|len| *len <= self.limit)
            .ok_or(Rejection::BodyTooLarge)?;
        self.kept = Some(match kept {
            kept if remaining == 0 => kept,
            Kept::Piece(piece) if piece.is_empty() && data.chunk().len() == remaining => {
                // Of a `Bytes` this is no copy.
                let piece = data.copy_to_bytes(remaining);
                if piece.len() != remaining {
                    return Err(Rejection::BodyIncomplete);
                }
                self.pending.update(&piece);
                Kept::Piece(piece)
            }
            Kept::Piece(piece) => Kept::Buffer(self.append(piece.to_vec(), data, remaining, len)?),
            Kept::Buffer(buffer) => Kept::Buffer(self.append(buffer, data, remaining, len)?),
        });
        Ok(())
    }

    /// Hashes `remaining` octets of `data` and adds them to `buffer`, which will then hold `len`.
    fn append(
        &mut self,
        mut buffer: Vec<u8>,
        mut data: impl Buf,
        mut remaining: usize,
        len: usize,
    ) -> Result<Vec<u8>, Rejection> {
        if len > buffer.capacity() {
            // Doubling keeps the copying linear, and the limit keeps the doubling honest.
            let capacity = len.max(buffer.capacity().saturating_mul(2)).max(MIN_CAPACITY).min(self.limit);
            buffer.reserve_exact(capacity.saturating_sub(buffer.len()));
        }
        while remaining > 0 {
            let chunk = data.chunk();
            // Never more than it said, and never nothing again and again.
            let chunk = match chunk.get(..remaining).unwrap_or(chunk) {
                [] => return Err(Rejection::BodyIncomplete),
                chunk => chunk,
            };
            self.pending.update(chunk);
            buffer.extend_from_slice(chunk);
            let taken = chunk.len();
            remaining = remaining.saturating_sub(taken);
            data.advance(taken);
        }
        Ok(buffer)
    }

    /// Checks the signature over everything that was pushed.
    ///
    /// # Errors
    ///
    /// [`Rejection::DigestMismatch`] if the signature is over another body, and [`Rejection::BodyTooLarge`]
    /// if a piece was refused, for whatever reason.
    pub fn finish(self) -> Result<Verified<Bytes>, Rejection> {
        let body = match self.kept.ok_or(Rejection::BodyTooLarge)? {
            Kept::Piece(piece) => piece,
            Kept::Buffer(buffer) => buffer.into(),
        };
        Ok(self.pending.finish()?.attach(body))
    }
}

impl Kept {
    fn len(&self) -> usize {
        match self {
            Self::Piece(piece) => piece.len(),
            Self::Buffer(buffer) => buffer.len(),
        }
    }
}

/// The body is left out: it may hold secrets.
impl fmt::Debug for PendingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingBody")
            .field("pending", &self.pending)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Octets in the first buffer: a real delivery in several pieces fits without growing it.
const MIN_CAPACITY: usize = 1024;
