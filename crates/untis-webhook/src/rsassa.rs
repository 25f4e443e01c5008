//! RSASSA-PKCS1-V1_5-VERIFY (RFC 8017 section 8.2.2) without the message: what a signature signs.

use crate::rsa::PublicKey;
use crate::{Algorithm, Digest, emsa};

/// The digest that `signature` signs under `key`, or `None` if it is not a signature by that key.
///
/// `Some` is the whole verification but for its last comparison: the message whose hash is this digest, and
/// no other, was signed.
pub(crate) fn recover_digest(key: &PublicKey, algorithm: Algorithm, signature: &[u8]) -> Option<Digest> {
    // 1.  Length checking: If the length of the signature S is not k octets, output "invalid signature" and stop.
    let k = key.size();
    if signature.len() != k {
        return None;
    }

    // 2.  RSA verification:
    //     a.  Convert the signature S to an integer signature representative s: s = OS2IP (S).
    //     b.  Apply the RSAVP1 verification primitive to produce m. If it outputs "signature representative out of
    //         range", output "invalid signature" and stop.
    //     c.  Convert the message representative m to an encoded message EM of length k octets: EM = I2OSP (m, k).
    let em = key.rsavp1(signature)?;

    // 3.  EMSA-PKCS1-v1_5 encoding: Apply the encoding operation to the message M to produce a second encoded
    //     message EM' of length k octets.
    // 4.  Compare the encoded message EM and the second encoded message EM'.
    // (Here all of them but the digest at the end, which `PendingVerification::finish` compares.)
    emsa::recover(algorithm, &em)
}
