use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;

use crate::{HeaderNames, KeySet, PendingVerification, PresentedSignature, Rejection, Verified};

/// Checks signatures against the trusted keys.
///
/// A clone shares the keys: [`replace_keys`](Self::replace_keys) on one is seen by all.
///
/// ```
/// use untis_webhook::{KeySet, PresentedSignature, Rejection, Verifier};
/// # use untis_webhook_testkit::{Delivery, SigningKey};
/// # let old = SigningKey::generate();
/// # let new = SigningKey::generate();
/// # let delivery = Delivery::sign(&new, "{}");
/// # let presented = PresentedSignature::from_headers(&delivery.headers(), &Default::default())?;
///
/// let verifier = Verifier::new(KeySet::new([("2025", old.verifying_key())])?);
/// assert_eq!(verifier.begin(&presented).unwrap_err(), Rejection::UntrustedSignature);
///
/// verifier.replace_keys(KeySet::new([("2025", old.verifying_key()), ("2026", new.verifying_key())])?);
/// assert_eq!(verifier.begin(&presented)?.key_id(), "2026");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Arc<ArcSwap<KeySet>>,
    header_names: HeaderNames,
}

impl Verifier {
    /// Trusts these keys, and reads the headers that the platform sends.
    pub fn new(keys: KeySet) -> Self {
        Self { keys: Arc::new(ArcSwap::from_pointee(keys)), header_names: HeaderNames::default() }
    }

    /// Reads other headers, for a front end that renames them.
    ///
    /// ```
    /// use http::HeaderName;
    /// use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Rejection, Verifier};
    /// # use untis_webhook_testkit::{Delivery, SigningKey};
    /// # let key = SigningKey::generate();
    /// # let keys = KeySet::new([("production", key.verifying_key())])?;
    /// # let headers = Delivery::sign(&key, "{}").headers();
    ///
    /// let signature = HeaderName::from_static("x-forwarded-authorization");
    /// let verifier = Verifier::new(keys).with_header_names(HeaderNames { signature, ..HeaderNames::default() });
    ///
    /// // What comes under the platform's own name is not looked at any more.
    /// let presented = PresentedSignature::from_headers(&headers, verifier.header_names());
    /// assert_eq!(presented.unwrap_err(), Rejection::MissingHeader);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_header_names(self, header_names: HeaderNames) -> Self {
        Self { header_names, ..self }
    }

    /// The names of the headers that carry the signature.
    pub fn header_names(&self) -> &HeaderNames {
        &self.header_names
    }

    /// Trusts other keys from now on: rotation without a restart.
    ///
    /// It never waits, and makes nobody wait. A verification that has begun ends under the keys it began
    /// with.
    pub fn replace_keys(&self, keys: KeySet) {
        self.keys.store(Arc::new(keys));
    }

    /// Checks the signature, before the body is known.
    ///
    /// Costs one RSA public-key operation for each trusted key of the signature's length, until one fits.
    ///
    /// # Errors
    ///
    /// [`Rejection::UntrustedSignature`] if no trusted key made this signature with the algorithm it claims.
    pub fn begin(&self, presented: &PresentedSignature) -> Result<PendingVerification, Rejection> {
        self.keys
            .load()
            .iter()
            .find_map(|(id, key)| {
                let expected = key.recover_digest(presented.algorithm(), presented.octets())?;
                Some(PendingVerification::new(id.clone(), expected))
            })
            .ok_or(Rejection::UntrustedSignature)
    }

    /// Checks the signature over a body that is there already.
    ///
    /// # Errors
    ///
    /// [`Rejection::UntrustedSignature`] as [`begin`](Self::begin), and [`Rejection::DigestMismatch`] if the
    /// signature is over another body.
    pub fn verify(
        &self,
        presented: &PresentedSignature,
        body: impl Into<Bytes>,
    ) -> Result<Verified<Bytes>, Rejection> {
        let body = body.into();
        let mut pending = self.begin(presented)?;
        pending.update(&body);
        Ok(pending.finish()?.attach(body))
    }
}
