use std::fmt;
use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use getrandom::SysRng;
use rsa::hazmat::rsa_decrypt;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey, PublicKey};
use sha2::{Digest, Sha256, Sha384, Sha512};
use untis_webhook::{Algorithm, VerifyingKey};
use zeroize::Zeroizing;

/// A throw-away key that signs as the platform does.
///
/// It is for tests: nothing here keeps it secret or stores it.
///
/// ```
/// use untis_webhook_testkit::SigningKey;
///
/// let platform = SigningKey::generate();
/// let kept = platform.to_pkcs8_pem();
/// let same = SigningKey::from_pkcs8_pem(&kept)?;
/// assert_eq!(same.verifying_key(), platform.verifying_key());
///
/// assert!(SigningKey::from_pkcs8_pem(&platform.public_key_base64()).is_err());
/// # Ok::<(), untis_webhook_testkit::SigningKeyError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Makes a key of the size of the platform's: 2048 bits, public exponent 65537.
    pub fn generate() -> Self {
        Self::generate_with(2048, 65537)
    }

    /// The key of this process: made when it is first asked for, and the same from then on.
    ///
    /// To make a key takes a fraction of a second, or some seconds without optimisation; a test binary does
    /// it once.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
        &SHARED
    }

    /// The key of nobody in this process.
    pub(crate) fn stranger() -> &'static Self {
        static STRANGER: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
        &STRANGER
    }

    /// Makes a key of another size, in bits, and with another public exponent.
    ///
    /// ```
    /// use untis_webhook_testkit::SigningKey;
    ///
    /// // The smallest exponent that a receiver takes.
    /// assert_eq!(SigningKey::generate_with(2048, 3).verifying_key().bits(), 2048);
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such RSA key, or no randomness.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn generate_with(bits: usize, exponent: u64) -> Self {
        let key = PrivateKey::new_with_exp(&mut SysRng, bits, BoxedUint::from(exponent));
        Self(key.expect("an RSA key of this size and exponent"))
    }

    /// Reads a key from PKCS#8 in PEM (RFC 5958), as [`to_pkcs8_pem`](Self::to_pkcs8_pem) and openssl write it.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] if it is anything else; an encrypted key is.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, SigningKeyError> {
        PrivateKey::from_pkcs8_pem(pem).map(Self).map_err(|_| SigningKeyError)
    }

    /// The key as PKCS#8 in PEM, to be kept for a development platform. The text is wiped when it is dropped.
    #[allow(clippy::expect_used, reason = "the key is a valid one")]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        self.0.to_pkcs8_pem(LineEnding::LF).expect("an RSA key has an encoding")
    }

    /// The public half, as a receiver trusts it.
    ///
    /// # Panics
    ///
    /// If a receiver would not: its size or exponent is out of [`VerifyingKey`]'s limits.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_der(&self.public_key_der()).expect("a key within the limits of a receiver")
    }

    /// The public half as SubjectPublicKeyInfo in DER.
    #[allow(clippy::expect_used, reason = "the key is a valid one")]
    pub fn public_key_der(&self) -> Vec<u8> {
        let der = PublicKey::from(&self.0).to_public_key_der();
        der.expect("an RSA key has an encoding").into_vec()
    }

    /// The public half in the form in which Untis publishes keys: base64 of SubjectPublicKeyInfo, without PEM
    /// armour.
    pub fn public_key_base64(&self) -> String {
        BASE64_STANDARD.encode(self.public_key_der())
    }

    /// The signature over `body`: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.1) with the algorithm's hash.
    ///
    /// # Panics
    ///
    /// If the key is too short for the hash, which none is that a receiver trusts.
    #[allow(
        clippy::expect_used,
        clippy::panic,
        reason = "the digest is of the scheme's length, the key large enough"
    )]
    pub fn sign(&self, algorithm: Algorithm, body: &[u8]) -> Vec<u8> {
        let (scheme, digest) = match algorithm {
            Algorithm::Sha256WithRsa => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(body).to_vec()),
            Algorithm::Sha384WithRsa => (Pkcs1v15Sign::new::<Sha384>(), Sha384::digest(body).to_vec()),
            Algorithm::Sha512WithRsa => (Pkcs1v15Sign::new::<Sha512>(), Sha512::digest(body).to_vec()),
            other => panic!("{other} is not known here"),
        };
        self.0.sign(scheme, &digest).expect("a digest of the scheme's length")
    }

    /// RSASP1 (RFC 8017 section 5.2.1) over any encoded message, well-formed or not: for what a receiver must
    /// refuse.
    ///
    /// ```
    /// use untis_webhook::Algorithm;
    /// use untis_webhook_testkit::{Delivery, SigningKey};
    ///
    /// // Bytes that are no encoding of any digest.
    /// let mut em = [0xff; 256];
    /// (em[0], em[1]) = (0, 2);
    /// let signature = SigningKey::shared().sign_encoded(&em);
    /// let to_be_refused = Delivery::from_signature(Algorithm::Sha256WithRsa, signature, "{}");
    /// ```
    ///
    /// # Panics
    ///
    /// If the encoded message, as an integer, is not below the modulus.
    #[allow(clippy::expect_used, reason = "documented, and a test wants to stop here")]
    pub fn sign_encoded(&self, em: &[u8]) -> Vec<u8> {
        let m = BoxedUint::from_be_slice(em, self.0.n_bits_precision())
            .expect("an encoded message below the modulus");
        let s = rsa_decrypt(None::<&mut SysRng>, &self.0, &m).expect("an encoded message below the modulus");
        let octets = s.to_be_bytes();
        octets.get(octets.len().saturating_sub(self.0.size())..).unwrap_or_default().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// The input is not an RSA private key in PKCS#8 PEM. It is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an RSA private key as PKCS#8 in PEM, found something else")]
#[non_exhaustive]
pub struct SigningKeyError;
