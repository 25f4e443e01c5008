use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::event::decode;
use crate::{Algorithm, DecodeError, Digest, Event, KeyId};

/// The proof that a delivery is genuine: the value is, or was decoded from, bytes that a trusted key signed.
///
/// Only this crate makes one, and only after the last comparison: there is no constructor, no `From`, no
/// `Default`, no `Deserialize`, no `&mut` to the value inside, and no feature that adds one. A test makes
/// one by signing, with a throw-away key (`untis-webhook-testkit`).
///
/// The proof is about the value as it was decoded. A type of the caller's own that can be changed through `&`
/// ([`json`](Self::json) into a `Mutex`, a `Cell`) can be changed in here as well, and says no more of what was
/// signed then than the caller makes of it.
///
/// ```compile_fail,E0451
/// use untis_webhook::Verified;
///
/// fn forge(genuine: Verified<&'static str>) -> Verified<&'static str> {
///     Verified { value: "forged", ..genuine }
/// }
/// ```
///
/// ```compile_fail,E0624
/// use untis_webhook::{Digest, KeyId, Verified};
///
/// fn forge(key_id: KeyId, digest: Digest) -> Verified<()> {
///     Verified::new(key_id, digest)
/// }
/// ```
///
/// ```compile_fail,E0277
/// let forged: untis_webhook::Verified<()> = Default::default();
/// ```
///
/// # What it does not prove
///
/// The signature covers the body and nothing else: no time, no delivery id, no address, no recipient.
///
/// - **Replay.** A delivery that was captured verifies for ever, and a retry is byte for byte the same as a
///   replay. Handlers must be idempotent. "This signature was seen before" must not swallow a delivery: a
///   second, legitimate deactivation of a school can be identical to the first.
/// - **Audience.** One key per environment signs for every application of the platform, so another
///   application can forward what was signed for it. Compare `clientId` in credentials with what is known for
///   the tenant; a deactivation carries only the tenant.
/// - **Endpoint.** A credentials body can be sent to the deactivation address and the other way round.
///   [`Event`] goes by the body.
/// - **Environment.** [`key_id`](Self::key_id) says which trusted key signed. A receiver that trusts several
///   must look.
#[derive(Clone)]
pub struct Verified<T> {
    key_id: KeyId,
    digest: Digest,
    value: T,
}

impl Verified<()> {
    pub(crate) fn new(key_id: KeyId, digest: Digest) -> Self {
        Self { key_id, digest, value: () }
    }
}

impl<T> Verified<T> {
    /// The same proof over a value that follows from the signed bytes.
    pub(crate) fn attach<U>(&self, value: U) -> Verified<U> {
        Verified { key_id: self.key_id.clone(), digest: self.digest, value }
    }

    /// The trusted key that made the signature.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The algorithm that it was made with.
    pub fn algorithm(&self) -> Algorithm {
        self.digest.algorithm()
    }

    /// The digest of the signed bytes. It is the same for a retry, for a replay and for an identical later
    /// delivery.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The value, without the proof.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl Verified<Bytes> {
    /// Decodes the platform's event from the signed bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are not JSON, or are not what the platform documents for the event they
    /// name. An event of a name that is not known is no error, but [`Event::Unknown`].
    pub fn event(&self) -> Result<Verified<Event>, DecodeError> {
        Ok(self.attach(Event::decode(self)?))
    }

    /// Decodes a type of the caller's own from the signed bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are not JSON, or do not fit the type. It does not repeat the input.
    pub fn json<T: DeserializeOwned>(&self) -> Result<Verified<T>, DecodeError> {
        Ok(self.attach(decode::from_json(self)?))
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The value is left out: it is a body, which may hold secrets.
impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("key_id", &self.key_id)
            .field("digest", &format_args!("{}", self.digest))
            .finish_non_exhaustive()
    }
}
