/// Why some input is not a [`VerifyingKey`](super::VerifyingKey).
///
/// It is for whoever configures the receiver. It never repeats the input: what was given in place of a public
/// key may be a private one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is nothing but white space.
    #[error("expected an RSA public key (SubjectPublicKeyInfo), found nothing")]
    Empty,

    /// The public exponent is even, less than 3, or more than 33 bits long.
    #[error("expected an odd public exponent from 3 to 2^33 - 1")]
    Exponent,

    /// It is a key or a certificate of another kind; the text says of which.
    #[error("expected an RSA public key (SubjectPublicKeyInfo), found {0}")]
    Foreign(&'static str),

    /// It says that it is an RSA public key, and inside it is not one.
    #[error("expected an RSA public key (SubjectPublicKeyInfo), found one that is malformed inside")]
    Malformed,

    /// It is neither text that could be a key nor DER.
    #[error("expected an RSA public key (SubjectPublicKeyInfo) as DER, PEM or base64, found none of these")]
    NotDer,

    /// The text has a character that is not of the base64 alphabet, or its length or padding is wrong; the text
    /// says which kind of character.
    #[error("expected the base64 of an RSA public key (SubjectPublicKeyInfo), found {0}")]
    NotBase64(&'static str),

    /// The PEM text has no whole begin line.
    #[error("expected PEM that begins with -----BEGIN PUBLIC KEY-----, found a part of such a line")]
    PemBegin,

    /// The PEM text has no end line that fits its begin line.
    #[error("expected PEM that ends with -----END PUBLIC KEY-----, found no such line")]
    PemEnd,

    /// There is more than one key.
    #[error("expected one key, found several run together: give each key a name and a file of its own")]
    SeveralKeys,

    /// The modulus is too small to be safe or too large to be cheap.
    #[error("expected an RSA key of 2048 to 8192 bits, found {bits}")]
    Size {
        /// The size that was found, in bits.
        bits: u32,
    },

    /// Something follows the key.
    #[error("expected nothing after the key, found {octets} more octets")]
    TrailingData {
        /// How much follows, in octets.
        octets: usize,
    },

    /// The DER says that it is longer than it is.
    #[error("expected a whole key, found one whose end is missing")]
    Truncated,
}
