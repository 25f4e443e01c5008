mod error;
mod foreign;
mod text;

use std::fmt;
use std::str::FromStr;

use rsa::BoxedUint;
use rsa::errors::Error as RsaError;
use rsa::pkcs1::{self, RsaPublicKeyRef};
use rsa::pkcs8::der::{Decode, Header, Reader, SliceReader};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;

pub use self::error::KeyError;
use crate::rsa::PublicKey;
use crate::{Algorithm, Digest, rsassa};

/// A public key of the platform: RSA of 2048 to 8192 bits, with an odd exponent from 3 to 2^33 - 1.
///
/// Untis publishes its keys as X.509 SubjectPublicKeyInfo ([RFC 5280 section 4.1.2.7]), DER in base64,
/// without PEM armour and sometimes with line breaks inside. They are configuration: they differ between
/// environments and have been replaced before.
///
/// ```
/// use untis_webhook::{KeyError, VerifyingKey};
/// # let published = untis_webhook_testkit::SigningKey::generate().public_key_base64();
///
/// let key: VerifyingKey = published.parse()?;
/// assert_eq!(key.bits(), 2048);
///
/// let error = "-----BEGIN PRIVATE KEY-----".parse::<VerifyingKey>().unwrap_err();
/// assert_eq!(error.to_string(), "expected an RSA public key (SubjectPublicKeyInfo), found a private key");
/// # Ok::<(), KeyError>(())
/// ```
///
/// [RFC 5280 section 4.1.2.7]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.7
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(PublicKey);

impl VerifyingKey {
    /// The smallest modulus taken, in bits.
    pub const MIN_BITS: u32 = 2048;

    /// The largest modulus taken, in bits. It bounds what a verification costs.
    pub const MAX_BITS: u32 = 8192;

    /// Reads what a key file may hold: SubjectPublicKeyInfo as DER, or as text in UTF-8 or, with a byte order
    /// mark, UTF-16: see [`from_str`](#impl-FromStr-for-VerifyingKey).
    ///
    /// ```
    /// use untis_webhook::{KeyError, VerifyingKey};
    /// # let key = untis_webhook_testkit::SigningKey::generate();
    /// # let (text, der) = (key.public_key_base64(), key.public_key_der());
    ///
    /// assert_eq!(VerifyingKey::from_bytes(text.as_bytes())?, VerifyingKey::from_bytes(&der)?);
    /// assert_eq!(VerifyingKey::from_bytes(b" \n"), Err(KeyError::Empty));
    /// # Ok::<(), KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`], which says what the input was if it was something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        // The DER of a key begins with 0x30 0x82, and no character of UTF-8 begins with 0x82.
        match str::from_utf8(bytes) {
            Ok(text) => text.parse(),
            Err(_) if bytes.starts_with(&[0x30, 0x82]) => Self::from_der(bytes),
            Err(_) => match text::from_other_encoding(bytes) {
                Some(text) => text.parse(),
                None => Self::from_der(bytes),
            },
        }
    }

    /// Reads SubjectPublicKeyInfo in DER.
    ///
    /// ```
    /// use untis_webhook::{KeyError, VerifyingKey};
    /// # let der = untis_webhook_testkit::SigningKey::generate().public_key_der();
    ///
    /// assert_eq!(VerifyingKey::from_der(&der)?.bits(), 2048);
    ///
    /// let two = [&der[..], &der[..]].concat();
    /// assert!(VerifyingKey::from_der(&two).is_err());
    /// # Ok::<(), KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`], which says what the input was if it was something else.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let spki = match SubjectPublicKeyInfoRef::from_der(der_of_one_value(der)?) {
            Ok(spki) => spki,
            Err(_) => return Err(foreign::recognize(der).map_or(KeyError::NotDer, KeyError::Foreign)),
        };
        if spki.algorithm.oid != pkcs1::ALGORITHM_OID {
            return Err(KeyError::Foreign(foreign::key_type(&spki.algorithm.oid)));
        }
        // RFC 3279 section 2.3.1: the parameters field MUST have ASN.1 type NULL.
        if !spki.algorithm.parameters.is_some_and(|parameters| parameters.is_null()) {
            return Err(KeyError::Malformed);
        }
        let key = spki.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
        let key = RsaPublicKeyRef::from_der(key).map_err(|_| KeyError::Malformed)?;
        Self::from_components(key.modulus.as_bytes(), key.public_exponent.as_bytes())
    }

    fn from_components(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let n = BoxedUint::from_be_slice_vartime(n);
        let e = BoxedUint::from_be_slice_vartime(e);
        let bits = n.bit_width_vartime();
        if !(Self::MIN_BITS..=Self::MAX_BITS).contains(&bits) {
            return Err(KeyError::Size { bits });
        }
        let key = rsa::PublicKey::new(n, e).map_err(|error| match error {
            RsaError::PublicExponentTooSmall
            | RsaError::PublicExponentTooLarge
            | RsaError::InvalidExponent => KeyError::Exponent,
            _ => KeyError::Malformed,
        })?;
        PublicKey::new(key).map(Self).ok_or(KeyError::Exponent)
    }

    /// The size of the modulus in bits.
    pub fn bits(&self) -> u32 {
        self.0.bits()
    }

    /// Whether it is computed with AVX-512 IFMA.
    #[cfg(feature = "__tests")]
    #[doc(hidden)]
    pub fn is_fast(&self) -> bool {
        self.0.is_fast()
    }

    /// The digest that `signature` signs under this key, or `None` if it is not a signature by this key.
    pub(crate) fn recover_digest(&self, algorithm: Algorithm, signature: &[u8]) -> Option<Digest> {
        rsassa::recover_digest(&self.0, algorithm, signature)
    }
}

/// Reads SubjectPublicKeyInfo as PEM ([RFC 7468 section 13]) or as base64 without armour, also as it was pasted
/// from somewhere.
///
/// White space does not matter, wherever it is. There may be text before the key (a label, comments, `NAME=`),
/// quotation marks around it, and `\n` in place of line breaks.
///
/// [RFC 7468 section 13]: https://www.rfc-editor.org/rfc/rfc7468#section-13
impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_der(&text::to_der(text)?)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("bits", &self.bits()).finish_non_exhaustive()
    }
}

/// Checks that the outermost value fills `der`: nothing is missing, and nothing follows.
fn der_of_one_value(der: &[u8]) -> Result<&[u8], KeyError> {
    if der.is_empty() {
        return Err(KeyError::Empty);
    }
    let mut reader = SliceReader::new(der).map_err(|_| KeyError::NotDer)?;
    let header = Header::decode(&mut reader).map_err(|_| KeyError::NotDer)?;
    reader.read_slice(header.length()).map_err(|_| KeyError::Truncated)?;
    let rest = reader.read_slice(reader.remaining_len()).map_err(|_| KeyError::NotDer)?;
    match rest {
        [] => Ok(der),
        rest if SubjectPublicKeyInfoRef::from_der(rest).is_ok() => Err(KeyError::SeveralKeys),
        rest => Err(KeyError::TrailingData { octets: rest.len() }),
    }
}
