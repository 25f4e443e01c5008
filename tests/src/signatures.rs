//! Signatures and encodings as such: how one is built, and what is made of it, here and by `rsa`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rsa::pkcs1v15;
use rsa::signature::Verifier as _;
use sha2::{Digest, Sha256, Sha384, Sha512};
use untis_webhook::{Algorithm, PresentedSignature, Rejection, Verifier};

/// What this library makes of a signature over a body.
///
/// # Errors
///
/// The reason to reject it.
pub fn verdict(
    verifier: &Verifier,
    algorithm: Algorithm,
    signature: &[u8],
    body: &[u8],
) -> Result<(), Rejection> {
    let presented = PresentedSignature::parse(algorithm.java_name(), BASE64_STANDARD.encode(signature))?;
    verifier.verify(&presented, body.to_vec()).map(|_| ())
}

/// What `rsa` makes of it.
pub fn is_genuine_to_rsa(key: &rsa::PublicKey, algorithm: Algorithm, signature: &[u8], body: &[u8]) -> bool {
    let Ok(signature) = pkcs1v15::Signature::try_from(signature) else { return false };
    let key = key.clone();
    match algorithm {
        Algorithm::Sha384WithRsa => pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(body, &signature),
        Algorithm::Sha512WithRsa => pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(body, &signature),
        _ => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(body, &signature),
    }
    .is_ok()
}

/// DigestInfo of a body.
pub fn digest_info(algorithm: Algorithm, body: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha384WithRsa => [&SHA384_PREFIX[..], &Sha384::digest(body)].concat(),
        Algorithm::Sha512WithRsa => [&SHA512_PREFIX[..], &Sha512::digest(body)].concat(),
        _ => [&SHA256_PREFIX[..], &Sha256::digest(body)].concat(),
    }
}

/// The encoded message of `k` octets that ends in `t` (RFC 8017 section 9.2, step 5).
pub fn padded(k: usize, t: &[u8]) -> Vec<u8> {
    [&[0, 1], &vec![0xff; k - t.len() - 3][..], &[0], t].concat()
}

/// RFC 8017 section 9.2, note 1.
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];
const SHA384_PREFIX: [u8; 19] = [
    0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00,
    0x04, 0x30,
];
const SHA512_PREFIX: [u8; 19] = [
    0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00,
    0x04, 0x40,
];
