use aws_lc_rs::signature as aws_lc;
use ring::signature as ring;
use rsa::PublicKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs1v15;
use rsa::pkcs8::DecodePublicKey;
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use sha2::Sha256;

use crate::Signed;

/// Another verifier of RSASSA-PKCS1-v1_5 with SHA-256, with a key that it has read.
pub struct Peer {
    /// The name of its crate.
    pub name: &'static str,
    verify: Verify,
}

type Verify = Box<dyn Fn(&[u8], &[u8]) -> bool + Send + Sync>;

impl Peer {
    /// Whether this signature is genuine over this body.
    pub fn verify(&self, body: &[u8], signature: &[u8]) -> bool {
        (self.verify)(body, signature)
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All of them that take it, with the key of this delivery; `rsa` first.
pub fn peers(signed: &Signed) -> Vec<Peer> {
    peers_of(&signed.key.public_key_der())
}

/// All of them that take it, with this key, which is SubjectPublicKeyInfo in DER.
pub fn peers_of(spki: &[u8]) -> Vec<Peer> {
    let public = PublicKey::from_public_key_der(spki).expect("a key");
    let rsa = pkcs1v15::VerifyingKey::<Sha256>::new(public.clone());
    let aws_lc = aws_lc::ParsedPublicKey::new(&aws_lc::RSA_PKCS1_2048_8192_SHA256, spki).expect("a key");
    // It reads its key each time, from these.
    let (n, e) = (public.n_bytes(), public.e_bytes());
    let graviola = public.to_pkcs1_der().expect("a key");
    let graviola = graviola::signing::rsa::VerifyingKey::from_pkcs1_der(graviola.as_bytes());
    let mut peers = vec![
        Peer {
            name: "rsa",
            verify: Box::new(move |body, signature| {
                pkcs1v15::Signature::try_from(signature)
                    .is_ok_and(|signature| rsa.verify(body, &signature).is_ok())
            }),
        },
        Peer {
            name: "aws-lc-rs",
            verify: Box::new(move |body, signature| aws_lc.verify_sig(body, signature).is_ok()),
        },
        Peer {
            name: "ring",
            verify: Box::new(move |body, signature| {
                let key = ring::RsaPublicKeyComponents { n: &n, e: &e };
                key.verify(&ring::RSA_PKCS1_2048_8192_SHA256, body, signature).is_ok()
            }),
        },
    ];
    if let Ok(graviola) = graviola {
        let verify =
            move |body: &[u8], signature: &[u8]| graviola.verify_pkcs1_sha256(signature, body).is_ok();
        peers.push(Peer { name: "graviola", verify: Box::new(verify) });
    }
    peers
}
