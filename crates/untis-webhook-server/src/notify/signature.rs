use std::fmt::Write;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use untis_webhook::event::Secret;
use zeroize::Zeroizing;

/// Signs messages as Standard Webhooks has it, with each of the secrets. A clone shares them.
#[derive(Clone)]
pub(crate) struct Signer(Arc<ArcSwap<Vec<Hmac<Sha256>>>>);

/// A secret is none. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretError {
    #[error(
        "expected whsec_ and 24 to 64 octets in base64 for the secret of the application, found something else"
    )]
    NotASecret,
    #[error("expected a secret with which the application is told, found none")]
    None,
}

impl Signer {
    pub(crate) fn new(secrets: &[Secret]) -> Result<Self, SecretError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(all_keyed(secrets)?))))
    }

    /// Signs as the other does, from now on.
    pub(crate) fn replace(&self, other: &Self) {
        self.0.store(other.0.load_full());
    }

    /// The value of `webhook-signature`: that of each secret, with spaces between.
    pub(super) fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut signatures = String::new();
        for keyed in self.0.load().iter() {
            let mut hmac = keyed.clone();
            hmac.update(format!("{id}.{timestamp}.").as_bytes());
            hmac.update(body);
            let space = if signatures.is_empty() { "" } else { " " };
            // A String takes what is written.
            let _ = write!(signatures, "{space}v1,{}", BASE64_STANDARD.encode(hmac.finalize().into_bytes()));
        }
        signatures
    }
}

fn all_keyed(secrets: &[Secret]) -> Result<Vec<Hmac<Sha256>>, SecretError> {
    match secrets.is_empty() {
        true => Err(SecretError::None),
        false => secrets.iter().map(keyed).collect(),
    }
}

fn keyed(secret: &Secret) -> Result<Hmac<Sha256>, SecretError> {
    let base64 = secret.expose().trim().strip_prefix("whsec_").ok_or(SecretError::NotASecret)?;
    let key = BASE64.decode(base64).map(Zeroizing::new).map_err(|_| SecretError::NotASecret)?;
    let hmac = Hmac::new_from_slice(&key).map_err(|_| SecretError::NotASecret)?;
    (24..=64).contains(&key.len()).then_some(hmac).ok_or(SecretError::NotASecret)
}

/// Whoever made the secret may have left out its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the reference libraries of Standard Webhooks have in their tests.
    #[test]
    fn a_signature_is_the_one_of_the_reference_libraries() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signer = Signer::new(&[secret.clone(), secret]).unwrap();
        let signature =
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature, format!("{one} {one}"));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        let good = format!("whsec_{}", BASE64_STANDARD.encode([7; 32]));
        assert!(Signer::new(&[Secret::new(&good)]).is_ok());
        assert!(Signer::new(&[Secret::new(good.trim_end_matches('='))]).is_ok());
        assert_eq!(Signer::new(&[]).err(), Some(SecretError::None));
        for wrong in [
            "whsec_".to_owned(),
            good.replace("whsec_", ""),
            good.replace("whsec_", "whpk_"),
            format!("{good}!"),
            format!("whsec_{}", BASE64_STANDARD.encode([7; 23])),
            format!("whsec_{}", BASE64_STANDARD.encode([7; 65])),
        ] {
            let error = Signer::new(&[Secret::new(&good), Secret::new(&wrong)]).err().unwrap();
            assert_eq!(error, SecretError::NotASecret, "{wrong}");
        }
    }
}
