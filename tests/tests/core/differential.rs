//! The same verdict as `rsa`'s and as aws-lc-rs's, whatever is done to a signature.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_lc_rs::signature as aws_lc;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use num_bigint::BigUint;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use untis_webhook::{Algorithm, Verifier};
use untis_webhook_testkit::SigningKey;
use untis_webhook_tests::platform::keys;
use untis_webhook_tests::signatures::{digest_info, is_genuine_to_rsa, padded, verdict};

/// None, one of a block of every hash, and one of several.
const BODIES: [&[u8]; 3] = [b"", br#"{"tenantId":"12345"}"#, &[0xa5; 600]];

/// A key, and the three verifiers of its signatures.
struct Signer {
    name: String,
    key: SigningKey,
    ours: Verifier,
    rsa: rsa::PublicKey,
    n: BigUint,
    k: usize,
    /// By algorithm and by body: to sign takes some hundred times as long as to verify.
    genuine: Vec<[Vec<u8>; BODIES.len()]>,
}

/// Every size with every exponent. The last is the largest that all three take.
static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(|| {
    let sizes = [2048, 2056, 3072, 4096];
    let exponents = [3, 17, 65537, (1 << 33) - 1];
    let signer = |(bits, e): (usize, u64)| {
        let key = SigningKey::generate_with(bits, e);
        let rsa = rsa::PublicKey::from_public_key_der(&key.public_key_der()).unwrap();
        let n = BigUint::from_bytes_be(&rsa.n().to_be_bytes());
        let genuine = Algorithm::ALL.map(|algorithm| BODIES.map(|body| key.sign(algorithm, body)));
        Signer {
            name: format!("{bits} bits, e = {e}"),
            ours: Verifier::new(keys("k", &key)),
            k: bits / 8,
            genuine: genuine.to_vec(),
            key,
            rsa,
            n,
        }
    };
    // To make a large key takes a second or more.
    std::thread::scope(|scope| {
        let pairs = sizes.into_iter().flat_map(|bits| exponents.map(|e| (bits, e)));
        let threads: Vec<_> = pairs.map(|pair| scope.spawn(move || signer(pair))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
});

impl Signer {
    /// What this library says, after it was found that the two others say the same.
    fn verdict(&self, algorithm: Algorithm, signature: &[u8], body: &[u8]) -> Result<bool, TestCaseError> {
        let ours = verdict(&self.ours, algorithm, signature, body).is_ok();
        let rsa = is_genuine_to_rsa(&self.rsa, algorithm, signature, body);
        let aws_lc_algorithm = match algorithm {
            Algorithm::Sha384WithRsa => &aws_lc::RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Sha512WithRsa => &aws_lc::RSA_PKCS1_2048_8192_SHA512,
            _ => &aws_lc::RSA_PKCS1_2048_8192_SHA256,
        };
        let der = self.key.public_key_der();
        let aws_lc = aws_lc::UnparsedPublicKey::new(aws_lc_algorithm, &der).verify(body, signature).is_ok();
        prop_assert_eq!(
            [ours, ours],
            [rsa, aws_lc],
            "this library's verdict, and those of rsa and aws-lc-rs: {}, {}, key {}, signature {}, body {:?}",
            self.name,
            algorithm,
            BASE64_STANDARD.encode(&der),
            BASE64_STANDARD.encode(signature),
            body
        );
        Ok(ours)
    }

    /// The integer in `k` octets, or in as many more as it needs.
    fn octets(&self, value: &BigUint) -> Vec<u8> {
        let octets = value.to_bytes_be();
        [vec![0; self.k.saturating_sub(octets.len())], octets].concat()
    }

    fn sign(&self, algorithm: Algorithm, body: usize) -> &[u8] {
        &self.genuine[index(algorithm)][body]
    }

    fn sign_encoded(&self, em: &[u8]) -> Vec<u8> {
        self.key.sign_encoded(&self.octets(&(BigUint::from_bytes_be(em) % &self.n)))
    }
}

/// What is presented in place of a genuine signature.
#[derive(Clone, Debug)]
enum Presented {
    Genuine,
    /// With one octet changed.
    Octet {
        at: usize,
        xor: u8,
    },
    Truncated {
        start: usize,
        end: usize,
    },
    Extended {
        zeros_before: usize,
        after: Vec<u8>,
    },
    /// s + `times` n: the same number modulo n.
    PlusModulus {
        times: u8,
    },
    /// n - s.
    Negated,
    /// n + `n_plus`.
    AroundModulus {
        n_plus: i8,
    },
    /// A small number.
    Small(u8),
    Octets(Vec<u8>),
    /// An encoded message that is not the right one, signed.
    Encoded(Encoded),
}

#[derive(Clone, Debug)]
enum Encoded {
    /// The right one with one octet changed.
    Octet {
        at: usize,
        xor: u8,
    },
    NullAbsent,
    /// The digest without DigestInfo around it.
    Bare,
    /// DigestInfo of another hash over the same body.
    Of(Algorithm),
    /// A length in two octets, as BER allows.
    LongLength,
    /// Octets after the digest, with PS as much shorter.
    Trailing(Vec<u8>),
    /// PS of this many octets, and zeros after the digest to fill up.
    ShortPadding(usize),
}

impl Presented {
    fn signature(&self, signer: &Signer, algorithm: Algorithm, body: usize) -> Vec<u8> {
        let genuine = signer.sign(algorithm, body);
        let s = || BigUint::from_bytes_be(genuine);
        match self {
            Self::Genuine => genuine.to_vec(),
            Self::Octet { at, xor } => with_octet(genuine, *at, *xor),
            Self::Truncated { start, end } => genuine[*start..signer.k - end].to_vec(),
            Self::Extended { zeros_before, after } => [&vec![0; *zeros_before], genuine, after].concat(),
            Self::PlusModulus { times } => signer.octets(&(s() + &signer.n * *times)),
            Self::Negated => signer.octets(&(&signer.n - s())),
            Self::AroundModulus { n_plus } => {
                let distance = n_plus.unsigned_abs();
                signer.octets(&if *n_plus < 0 { &signer.n - distance } else { &signer.n + distance })
            }
            Self::Small(value) => signer.octets(&BigUint::from(*value)),
            Self::Octets(octets) => octets.clone(),
            Self::Encoded(encoded) => signer.sign_encoded(&encoded.em(signer.k, algorithm, BODIES[body])),
        }
    }
}

impl Encoded {
    fn em(&self, k: usize, algorithm: Algorithm, body: &[u8]) -> Vec<u8> {
        let t = digest_info(algorithm, body);
        match self {
            Self::Octet { at, xor } => with_octet(&padded(k, &t), *at, *xor),
            Self::NullAbsent => {
                let h = &t[19..];
                let head = [&[0x30, t[1] - 2, 0x30, 0x0b][..], &t[4..15], &t[17..19]].concat();
                padded(k, &[&head[..], h].concat())
            }
            Self::Bare => padded(k, &t[19..]),
            Self::Of(other) => padded(k, &digest_info(*other, body)),
            Self::LongLength => padded(k, &[&[0x30, 0x81], &t[1..]].concat()),
            Self::Trailing(octets) => padded(k, &[&t[..], octets].concat()),
            Self::ShortPadding(ps) => {
                let em = [&[0, 1], &vec![0xff; *ps][..], &[0], &t].concat();
                [&em[..], &vec![0; k - em.len()]].concat()
            }
        }
    }
}

fn index(algorithm: Algorithm) -> usize {
    Algorithm::ALL.iter().position(|other| *other == algorithm).unwrap()
}

fn with_octet(octets: &[u8], at: usize, xor: u8) -> Vec<u8> {
    let mut octets = octets.to_vec();
    let at = at % octets.len();
    octets[at] ^= xor;
    octets
}

fn presented() -> impl Strategy<Value = Presented> {
    let at = 0..512_usize;
    prop_oneof![
        2 => Just(Presented::Genuine),
        2 => (at, 1..=255_u8).prop_map(|(at, xor)| Presented::Octet { at, xor }),
        1 => (0..4_usize, 0..4_usize).prop_map(|(start, end)| Presented::Truncated { start, end }),
        1 => (0..4_usize, vec(any::<u8>(), 0..4))
            .prop_map(|(zeros_before, after)| Presented::Extended { zeros_before, after }),
        1 => (1..=255_u8).prop_map(|times| Presented::PlusModulus { times }),
        1 => Just(Presented::Negated),
        1 => any::<i8>().prop_map(|n_plus| Presented::AroundModulus { n_plus }),
        1 => any::<u8>().prop_map(Presented::Small),
        1 => vec(any::<u8>(), 0..600).prop_map(Presented::Octets),
        6 => encoded().prop_map(Presented::Encoded),
    ]
}

fn encoded() -> impl Strategy<Value = Encoded> {
    prop_oneof![
        4 => (0..512_usize, 1..=255_u8).prop_map(|(at, xor)| Encoded::Octet { at, xor }),
        1 => Just(Encoded::NullAbsent),
        1 => Just(Encoded::Bare),
        1 => algorithm().prop_map(Encoded::Of),
        1 => Just(Encoded::LongLength),
        1 => vec(any::<u8>(), 0..100).prop_map(Encoded::Trailing),
        1 => (0..140_usize).prop_map(Encoded::ShortPadding),
    ]
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::ALL.to_vec())
}

#[test]
fn the_verdict_is_that_of_rsa_and_of_aws_lc() {
    const CASES: u32 = 8192;
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let case = (0..SIGNERS.len(), algorithm(), algorithm(), 0..BODIES.len(), presented());
    let counts = std::cell::RefCell::new(BTreeMap::new());
    let result = TestRunner::new(config).run(&case, |(signer, signed, claimed, body, presented)| {
        let signer = &SIGNERS[signer];
        // To claim another algorithm is fault enough for a genuine one.
        let claimed = if matches!(presented, Presented::Genuine) { claimed } else { signed };
        let signature = presented.signature(signer, signed, body);
        let verdict = signer.verdict(claimed, &signature, BODIES[body])?;
        *counts.borrow_mut().entry((signer.name.clone(), verdict)).or_insert(0_u32) += 1;
        if matches!(presented, Presented::Genuine) {
            prop_assert_eq!(verdict, signed == claimed);
        }
        Ok(())
    });
    result.unwrap();
    let counts = counts.into_inner();
    let total = |verdict| counts.iter().filter(|((_, v), _)| *v == verdict).map(|(_, n)| n).sum::<u32>();
    assert_eq!(total(true) + total(false), CASES);
    assert!(counts.len() == 2 * SIGNERS.len(), "every key has verified and refused: {counts:?}");
    println!("{CASES} signatures, {} keys: {} genuine, {} not", SIGNERS.len(), total(true), total(false));
}

#[test]
fn no_octet_of_a_signature_or_of_its_encoding_may_change_and_all_three_say_so() {
    let body = BODIES[1];
    let mut cases = 0;
    for (signer, algorithm) in SIGNERS.iter().zip(Algorithm::ALL.into_iter().cycle()) {
        let genuine = signer.sign(algorithm, 1);
        let em = padded(signer.k, &digest_info(algorithm, body));
        assert_eq!(signer.sign_encoded(&em), genuine, "{}", signer.name);
        assert!(signer.verdict(algorithm, genuine, body).unwrap());
        for at in 0..signer.k {
            let xor = 1 << (at % 8);
            let signature = with_octet(genuine, at, xor);
            assert!(!signer.verdict(algorithm, &signature, body).unwrap(), "{} octet {at}", signer.name);
            cases += 1;
            // The private operation of a large key takes its time.
            if signer.k < 300 {
                let signature = signer.sign_encoded(&with_octet(&em, at, xor));
                assert!(
                    !signer.verdict(algorithm, &signature, body).unwrap(),
                    "{} EM octet {at}",
                    signer.name
                );
                cases += 1;
            }
        }
    }
    println!("{cases} signatures, one octet changed in each, in every position under {} keys", SIGNERS.len());
}
