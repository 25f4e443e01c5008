use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use untis_webhook::VerifyingKey;

/// What an operator configures as a key: a key within the limits or an error, the same with white space around
/// it, and in DER none that `rsa` does not take.
pub fn key(input: &[u8]) {
    let key = VerifyingKey::from_bytes(input);
    match &key {
        Ok(key) => assert!((VerifyingKey::MIN_BITS..=VerifyingKey::MAX_BITS).contains(&key.bits())),
        Err(error) => assert!(error.to_string().starts_with("expected ")),
    }
    if let Ok(text) = str::from_utf8(input) {
        assert_eq!(format!("\u{feff} {text}\r\n\n").parse(), key);
    }
    if let Ok(key) = VerifyingKey::from_der(input) {
        let peer = rsa::PublicKey::from_public_key_der(input).expect("a key to rsa as well");
        assert_eq!(key.bits(), peer.n().bit_width_vartime());
    }
}
