use bytes::Bytes;
use rsa::PublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use untis_webhook::{Algorithm, KeySet, PresentedSignature, Verifier};
use untis_webhook_testkit::{Delivery, Payload, SigningKey};

/// Octets in the body of a delivery: somewhat more than the platform sends today.
pub const BODY: usize = 600;

/// A key, and a delivery that it signed.
#[derive(Debug)]
pub struct Signed {
    /// The key.
    pub key: SigningKey,
    /// The delivery: credentials of [`BODY`] octets.
    pub delivery: Delivery,
    /// Its signature.
    pub signature: Vec<u8>,
}

impl Signed {
    /// With a key of this size and exponent.
    pub fn by(bits: usize, exponent: u64) -> Self {
        let key = SigningKey::generate_with(bits, exponent);
        let delivery = Delivery::sign(&key, body());
        let signature = key.sign(Algorithm::Sha256WithRsa, delivery.body());
        Self { key, delivery, signature }
    }

    /// A body that a stranger signed, to refuse which costs the operation: the signature is below this key's modulus.
    pub fn forged(&self, body: impl Into<Bytes>) -> Delivery {
        let body = body.into();
        let forged = || {
            let stranger = SigningKey::generate();
            let signature = stranger.sign(Algorithm::Sha256WithRsa, &body);
            is_below_modulus(&signature, &self.key).then_some(signature)
        };
        let signature = std::iter::repeat_with(forged).flatten().next().expect("half of them are");
        Delivery::from_signature(Algorithm::Sha256WithRsa, signature, body)
    }

    /// Keys of 2048 bits that cost the operation before the signer's: this signature is below their moduli.
    pub fn strangers(&self, count: usize) -> Vec<SigningKey> {
        let keys = std::iter::repeat_with(SigningKey::generate);
        keys.filter(|key| is_below_modulus(&self.signature, key)).take(count).collect()
    }

    /// Trusts this key, and strangers of the same size before it.
    pub fn verifier(&self, strangers: &[&SigningKey]) -> Verifier {
        let names: Vec<_> = (0..strangers.len()).map(|i| format!("stranger-{i}")).collect();
        let keys =
            names.iter().map(String::as_str).zip(strangers.iter().copied()).chain([("signer", &self.key)]);
        Verifier::new(KeySet::new(keys.map(|(name, key)| (name, key.verifying_key()))).expect("good names"))
    }

    /// Its headers, read.
    pub fn presented(&self) -> PresentedSignature {
        PresentedSignature::from_headers(&self.delivery.headers(), &Default::default()).expect("good headers")
    }
}

/// Credentials with a school's name that makes them long enough.
fn body() -> String {
    let payload =
        |name: &str| Payload::every().next().expect("a payload").set("schoolName", name).to_string();
    let missing = BODY.saturating_sub(payload("").len());
    payload(&"x".repeat(missing))
}

fn is_below_modulus(signature: &[u8], key: &SigningKey) -> bool {
    let key = PublicKey::from_public_key_der(&key.public_key_der()).expect("a key");
    *signature < *key.n_bytes()
}
