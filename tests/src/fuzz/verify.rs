use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rsa::pkcs1v15;
use rsa::pkcs8::DecodePublicKey;
use rsa::signature::Verifier as _;
use rsa::traits::PublicKeyParts;
use sha2::{Sha256, Sha384, Sha512};
use untis_webhook::{Algorithm, Digest, PresentedSignature, Rejection};

use crate::platform::{BODY, PLATFORM, verifier};

/// A change to a genuine signature, or to the encoded message that it signs: the verdict is `rsa`'s, and no
/// change is genuine.
///
/// The first octet says what is changed and which algorithms signed and are claimed, the second where; the
/// others are added there by exclusive or, and what goes beyond the end makes it longer. So an input means the
/// same under any key.
pub fn verify(input: &[u8]) {
    let [what, at, change @ ..] = input else { return };
    let algorithm = |bits: u8| Algorithm::ALL[usize::from(bits % 3)];
    let (signed, claimed) = (algorithm(what >> 1 & 3), algorithm(what >> 3 & 3));
    let genuine = PLATFORM.sign(signed, BODY.as_bytes());
    let signature = match what & 1 {
        0 => changed(&genuine, *at, change),
        _ => {
            let mut em = changed(&encoded(signed, genuine.len()), *at, change);
            // As an integer it must be below the modulus, which begins with a bit that is set.
            em.truncate(genuine.len());
            em[0] &= 0x7f;
            PLATFORM.sign_encoded(&em)
        }
    };

    let ours = verdict(claimed, &signature);
    assert_eq!(ours.is_ok(), signature == genuine && signed == claimed, "{ours:?}");
    assert_eq!(ours.is_ok(), is_genuine_to_rsa(claimed, &signature));
}

fn changed(octets: &[u8], at: u8, change: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    let at = usize::from(at) % octets.len();
    octets.resize(octets.len().max(at + change.len()), 0);
    octets[at..].iter_mut().zip(change).for_each(|(octet, change)| *octet ^= change);
    octets
}

/// RFC 8017 section 9.2.
fn encoded(algorithm: Algorithm, k: usize) -> Vec<u8> {
    let h = Digest::of(algorithm, BODY.as_bytes());
    let h = h.as_octets();
    let (oid, len) = match algorithm {
        Algorithm::Sha384WithRsa => (2, 48),
        Algorithm::Sha512WithRsa => (3, 64),
        _ => (1, 32),
    };
    let prefix = [0x30, len + 17, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, oid, 5, 0, 4, len];
    [&[0, 1][..], &vec![0xff; k - 3 - prefix.len() - h.len()], &[0], &prefix, h].concat()
}

fn verdict(algorithm: Algorithm, signature: &[u8]) -> Result<(), Rejection> {
    let presented = PresentedSignature::parse(algorithm.java_name(), BASE64_STANDARD.encode(signature))?;
    verifier().verify(&presented, BODY).map(|_| ())
}

fn is_genuine_to_rsa(algorithm: Algorithm, signature: &[u8]) -> bool {
    let key = rsa::PublicKey::from_public_key_der(&PLATFORM.public_key_der()).expect("a key");
    assert_eq!(key.size(), 256);
    let Ok(signature) = pkcs1v15::Signature::try_from(signature) else { return false };
    let verdict = match algorithm {
        Algorithm::Sha384WithRsa => {
            pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(BODY.as_bytes(), &signature)
        }
        Algorithm::Sha512WithRsa => {
            pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(BODY.as_bytes(), &signature)
        }
        _ => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(BODY.as_bytes(), &signature),
    };
    verdict.is_ok()
}
