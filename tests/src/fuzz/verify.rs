use std::collections::HashMap;
use std::sync::LazyLock;

use rsa::pkcs8::DecodePublicKey;
use untis_webhook::Algorithm;

use crate::platform::{BODY, PLATFORM, verifier};
use crate::signatures::{digest_info, is_genuine_to_rsa, padded, verdict};

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
    let body = BODY.as_bytes();
    let genuine = &GENUINE[&signed];
    let signature = match what & 1 {
        0 => changed(genuine, *at, change),
        _ => {
            let mut em = changed(&padded(genuine.len(), &digest_info(signed, body)), *at, change);
            // As an integer it must be below the modulus, which begins with a bit that is set.
            em.truncate(genuine.len());
            em[0] &= 0x7f;
            PLATFORM.sign_encoded(&em)
        }
    };

    let ours = verdict(&verifier(), claimed, &signature, body);
    assert_eq!(ours.is_ok(), signature == *genuine && signed == claimed, "{ours:?}");
    let rsa = rsa::PublicKey::from_public_key_der(&PLATFORM.public_key_der()).expect("a key");
    assert_eq!(ours.is_ok(), is_genuine_to_rsa(&rsa, claimed, &signature, body));
}

/// To sign takes some hundred times as long as to verify.
static GENUINE: LazyLock<HashMap<Algorithm, Vec<u8>>> = LazyLock::new(|| {
    Algorithm::ALL.map(|algorithm| (algorithm, PLATFORM.sign(algorithm, BODY.as_bytes()))).into()
});

fn changed(octets: &[u8], at: u8, change: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    let at = usize::from(at) % octets.len();
    octets.resize(octets.len().max(at + change.len()), 0);
    octets[at..].iter_mut().zip(change).for_each(|(octet, change)| *octet ^= change);
    octets
}
