use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use untis_webhook::{Algorithm, Digest, KeyId, KeySet, PresentedSignature, Verifier, VerifyingKey};

use super::mangled::{Reading, readings};

/// A signature that one of the keys made, wherever it was found.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) key: String,
    pub(super) digest: Digest,
    pub(super) reading: Reading,
}

/// The signature in this value, if one of the keys made it, however it is written there.
pub(super) fn signer(keys: &KeySet, value: &str) -> Option<Signer> {
    // Shorter than the octets of the shortest signature it is none in any writing. Most values end here.
    if value.len() < keys.iter().map(|(_, key)| octets(key)).min()? {
        return None;
    }
    readings(value).into_iter().find_map(|reading| {
        let (key, digest) =
            keys.iter().find_map(|(id, key)| Some((id.to_string(), digest(id, key, &reading.octets)?)))?;
        Some(Signer { key, digest, reading })
    })
}

/// What this key signed with this signature, with whichever algorithm; `None` if it did not make it.
pub(super) fn digest(id: &KeyId, key: &VerifyingKey, signature: &[u8]) -> Option<Digest> {
    if signature.len() != octets(key) {
        return None;
    }
    let verifier = Verifier::new(KeySet::new([(id, key.clone())]).ok()?);
    let text = BASE64_STANDARD.encode(signature);
    Algorithm::ALL.into_iter().find_map(|algorithm| {
        let presented = PresentedSignature::parse(algorithm.java_name(), &text).ok()?;
        verifier.begin(&presented).ok().map(|pending| *pending.expected_digest())
    })
}

/// Octets of a signature by this key (RFC 8017 section 8.2.1: as many as its modulus has).
pub(super) fn octets(key: &VerifyingKey) -> usize {
    usize::try_from(key.bits().div_ceil(8)).unwrap_or(usize::MAX)
}
