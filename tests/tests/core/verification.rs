//! The core's verdict over signatures: genuine ones, and every way to be none.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use num_bigint::BigUint;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use untis_webhook::{
    Algorithm, HeaderNames, KeySet, PresentedSignature, Rejection, Verified, Verifier, VerifyingKey,
};
use untis_webhook_testkit::{Delivery, SigningKey};
use untis_webhook_tests::platform::{PLATFORM, STRANGER, keys, verifier};
use untis_webhook_tests::signatures::{digest_info, padded, verdict};

const BODY: &[u8] = br#"{"tenantId":"12345","eventType":"DELETION"}"#;

/// 2050 bits: `k` is 257 octets, whose first holds two bits. There is room for `s + 60 n`.
static ODD_SIZED: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_with(2050, 65537));

fn verify(key: &SigningKey, delivery: &Delivery) -> Result<Verified<bytes::Bytes>, Rejection> {
    let presented = PresentedSignature::from_headers(&delivery.headers(), &HeaderNames::default())?;
    Verifier::new(keys("production", key)).verify(&presented, delivery.body().clone())
}

fn verify_signature(key: &SigningKey, signature: &[u8]) -> Result<(), Rejection> {
    verdict(&Verifier::new(keys("production", key)), Algorithm::Sha256WithRsa, signature, BODY)
}

#[test]
fn a_genuine_delivery_is_verified_and_says_by_what() {
    for (bits, exponent) in [
        (2048, 65537),
        (2048, 3),
        (2049, 17),
        (2056, 65537),
        (3072, 4_294_967_297),
        (4096, 65537),
        (2048, 0b1101_1011_1011),
    ] {
        let key = SigningKey::generate_with(bits, exponent);
        for algorithm in Algorithm::ALL {
            let verified = verify(&key, &Delivery::sign_with(&key, algorithm, BODY)).unwrap();
            assert_eq!(*verified, BODY, "{bits} bits, e = {exponent}, {algorithm}");
            assert_eq!(verified.key_id(), "production");
            assert_eq!(verified.algorithm(), algorithm);
            let digest = match algorithm {
                Algorithm::Sha384WithRsa => Sha384::digest(BODY).to_vec(),
                Algorithm::Sha512WithRsa => Sha512::digest(BODY).to_vec(),
                _ => Sha256::digest(BODY).to_vec(),
            };
            assert_eq!(verified.digest().as_octets(), digest);
        }
    }
}

#[test]
fn an_empty_body_can_be_signed() {
    assert!(verify(&PLATFORM, &Delivery::sign(&PLATFORM, "")).unwrap().is_empty());
}

#[test]
fn no_single_bit_of_the_signature_may_change() {
    let genuine = PLATFORM.sign(Algorithm::Sha256WithRsa, BODY);
    for octet in 0..genuine.len() {
        let mut signature = genuine.clone();
        signature[octet] ^= 1 << (octet % 8);
        assert_eq!(
            verify_signature(&PLATFORM, &signature),
            Err(Rejection::UntrustedSignature),
            "octet {octet}"
        );
    }
    assert_eq!(verify_signature(&PLATFORM, &genuine), Ok(()));
}

#[test]
fn no_single_bit_of_the_body_may_change() {
    let signature = PLATFORM.sign(Algorithm::Sha256WithRsa, BODY);
    let verdict = |body: Vec<u8>| {
        let delivery = Delivery::from_signature(Algorithm::Sha256WithRsa, signature.clone(), body);
        verify(&PLATFORM, &delivery).map(|_| ())
    };
    assert_eq!(verdict(BODY.to_vec()), Ok(()));
    for octet in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[octet] ^= 1 << (octet % 8);
        assert_eq!(verdict(body), Err(Rejection::DigestMismatch), "octet {octet}");
    }
    // Nor may an octet be added or lost at either end, whatever it is.
    for added in 0..=255 {
        assert_eq!(verdict([BODY, &[added]].concat()), Err(Rejection::DigestMismatch), "{added} after it");
        assert_eq!(verdict([&[added], BODY].concat()), Err(Rejection::DigestMismatch), "{added} before it");
    }
    for lost in [&BODY[1..], &BODY[..BODY.len() - 1], &[]] {
        assert_eq!(verdict(lost.to_vec()), Err(Rejection::DigestMismatch), "{} octets", lost.len());
    }
    // Nor is it enough that a digest begins or ends as that of the body does.
    let signed = Sha256::digest(BODY);
    for octet in [0, 31] {
        let alike =
            (0..).map(|i: u32| i.to_string()).find(|body| Sha256::digest(body)[octet] == signed[octet]);
        assert_eq!(verdict(alike.unwrap().into()), Err(Rejection::DigestMismatch), "octet {octet}");
    }
}

#[test]
fn a_long_body_is_verified_to_its_last_octet() {
    let body = vec![b'x'; 1 << 20];
    assert_eq!(*verify(&PLATFORM, &Delivery::sign(&PLATFORM, body.clone())).unwrap(), body);
    let signature = PLATFORM.sign(Algorithm::Sha256WithRsa, &body);
    let delivery = Delivery::from_signature(Algorithm::Sha256WithRsa, signature, [&body[1..], b"y"].concat());
    assert_eq!(verify(&PLATFORM, &delivery).unwrap_err(), Rejection::DigestMismatch);
}

#[test]
fn the_algorithm_claimed_must_be_the_one_that_signed() {
    for signed in Algorithm::ALL {
        for claimed in Algorithm::ALL {
            let delivery = Delivery::from_signature(claimed, PLATFORM.sign(signed, BODY), BODY);
            let verdict = verify(&PLATFORM, &delivery).map(|_| ());
            let expected = if signed == claimed { Ok(()) } else { Err(Rejection::UntrustedSignature) };
            assert_eq!(verdict, expected, "signed with {signed}, claimed {claimed}");
        }
    }
}

/// RFC 8017 section 8.2.2 step 1, and section 5.2.2 step 1: the length of S is k octets, and s is from 0 to n
/// - 1.
#[test]
fn a_signature_of_another_length_or_out_of_range_is_refused() {
    for (key, zeros) in [(&*PLATFORM, 0), (&*ODD_SIZED, 1)] {
        let verifier = Verifier::new(keys("production", key));
        // Of an odd-sized key every second begins with a zero octet: the same number to whoever drops it.
        let (body, genuine) = (0..)
            .map(|i: u32| i.to_string())
            .map(|body| (body.clone(), key.sign(Algorithm::Sha256WithRsa, body.as_bytes())))
            .find(|(_, signature)| signature.iter().take_while(|octet| **octet == 0).count() >= zeros)
            .unwrap();
        let verdict =
            |signature: &[u8]| verdict(&verifier, Algorithm::Sha256WithRsa, signature, body.as_bytes());
        let (n, s) = (modulus(key), BigUint::from_bytes_be(&genuine));
        let k = genuine.len();
        let octets = |value: BigUint| left_padded(&value, k);
        assert_eq!(verdict(&genuine), Ok(()));

        for (what, signature) in [
            ("zero-prefixed", [&[0], &genuine[..]].concat()),
            ("zero-prefixed a hundred times", [&[0; 100], &genuine[..]].concat()),
            ("zero-suffixed", [&genuine[..], &[0]].concat()),
            ("truncated at the start", genuine[1..].to_vec()),
            ("truncated at the end", genuine[..k - 1].to_vec()),
            ("extended", [&genuine[..], &[0xff]].concat()),
            ("twice", [&genuine[..], &genuine[..]].concat()),
            ("one octet", vec![1]),
            ("all 0x00", vec![0; k]),
            ("all 0xff", vec![0xff; k]),
            ("1", octets(1u8.into())),
            ("n - 1", octets(&n - 1u8)),
            ("n", octets(n.clone())),
            ("n + 1", octets(&n + 1u8)),
            ("n - s", octets(&n - &s)),
            // The same number modulo n; with the odd-sized key, in k octets.
            ("s + n", octets(&s + &n)),
            ("s + 2 n", octets(&s + &n * 2u8)),
            ("s + 60 n", octets(&s + &n * 60u8)),
        ] {
            assert_eq!(verdict(&signature), Err(Rejection::UntrustedSignature), "{what}, {zeros} zeros");
        }
        assert_eq!(verdict(&[]), Err(Rejection::MalformedSignature), "empty");
    }
}

/// RFC 8017 section 9.2: each encoding that is wrong in one place is refused, and the right one built by the
/// same code is accepted.
#[test]
fn an_encoding_that_is_wrong_in_one_place_is_refused() {
    let k = 256;
    let h = Sha256::digest(BODY).to_vec();
    let t = digest_info(Algorithm::Sha256WithRsa, BODY);
    let padded = |t: &[u8]| padded(k, t);
    let right = padded(&t);
    let verdict = |em: &[u8]| {
        assert_eq!(em.len(), k);
        verify_signature(&PLATFORM, &PLATFORM.sign_encoded(em))
    };
    assert_eq!(verdict(&right), Ok(()), "the right encoding");

    let sha384 = digest_info(Algorithm::Sha384WithRsa, BODY);
    let sha512 = digest_info(Algorithm::Sha512WithRsa, BODY);
    let sha1_with_this_digest =
        [&[0x30, 0x2d, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x20], &h[..]].concat();
    // SHA-256 without the NULL parameters, lengths adjusted.
    let null_absent = [&[0x30, 0x2f, 0x30, 0x0b], &t[4..15], &[0x04, 0x20], &h[..]].concat();
    // In BER, a length may be written in two octets.
    let ber_length = [&[0x30, 0x81, 0x31], &t[2..]].concat();
    let short_ps = |ps: usize| {
        let garbage = vec![0xa5; k - 3 - ps - t.len()];
        [&[0, 1], &vec![0xff; ps][..], &[0], &t, &garbage].concat()
    };
    let with = |at: usize, octet: u8| {
        let mut em = right.clone();
        em[at] = octet;
        em
    };

    for (what, em) in [
        ("NULL parameters absent", padded(&null_absent)),
        ("the OID of SHA-384, for SHA-256 claimed", padded(&sha384)),
        ("the OID of SHA-512, for SHA-256 claimed", padded(&sha512)),
        ("the OID of SHA-1 over this digest", padded(&sha1_with_this_digest)),
        ("no DigestInfo around the digest", padded(&h)),
        ("a BER length", padded(&ber_length)),
        ("one octet after the digest", padded(&[&t[..], &[0]].concat())),
        ("ten octets after the digest, inside its SEQUENCE", {
            let longer = [&t[..], &[0; 10]].concat();
            padded(&[&[0x30, 0x3b], &longer[2..]].concat())
        }),
        ("PS of 0 octets, garbage after the digest", short_ps(0)),
        ("PS of 7 octets, garbage after the digest", short_ps(7)),
        ("PS of 8 octets, garbage after the digest", short_ps(8)),
        ("PS one octet short, garbage after the digest", short_ps(k - 3 - t.len() - 1)),
        ("block type 00", with(1, 0)),
        ("block type 02", with(1, 2)),
        ("leading octet 01 dropped", with(1, 0)),
        ("first octet of PS not ff", with(2, 0xfe)),
        ("last octet of PS not ff", with(k - t.len() - 2, 0xfe)),
        ("PS ended early by a zero", with(100, 0)),
        ("separator not zero", with(k - t.len() - 1, 1)),
        ("NULL with a value", with(k - 32 - 3, 1)),
        ("digest of other bytes", with(k - 1, h[31] ^ 1)),
    ] {
        let rejection = verdict(&em).unwrap_err();
        let expected = if what == "digest of other bytes" {
            Rejection::DigestMismatch
        } else {
            Rejection::UntrustedSignature
        };
        assert_eq!(rejection, expected, "{what}");
    }
}

/// Bleichenbacher's forgery of 2006: with e = 3 and a verifier that parses the padding and ignores what
/// follows the digest, a cube root is a signature, and no private key is needed.
#[test]
fn a_cube_root_forgery_is_refused() {
    let key = SigningKey::generate_with(2048, 3);
    let k = 256;
    let start = [&[0, 1], &[0xff; 8][..], &[0], &digest_info(Algorithm::Sha256WithRsa, BODY)].concat();
    // The least cube at or above EM = start 00 … 00 differs from it only in the octets that nobody looks at.
    let em = BigUint::from_bytes_be(&[&start[..], &vec![0; k - start.len()]].concat());
    let s = (em - 1u8).cbrt() + 1u8;

    // It is a forgery: to the verifier that it is for, it is genuine.
    let recovered = left_padded(&s.modpow(&3u8.into(), &modulus(&key)), k);
    let separator = recovered[2..].iter().position(|&octet| octet != 0xff).unwrap() + 2;
    assert!(separator >= 10 && recovered[separator + 1..].starts_with(&start[11..]));

    assert_eq!(verify_signature(&key, &left_padded(&s, k)), Err(Rejection::UntrustedSignature));
    assert_eq!(verify_signature(&key, &key.sign(Algorithm::Sha256WithRsa, BODY)), Ok(()));
}

#[test]
fn the_key_that_signed_is_found_among_all_and_no_other_is_named() {
    let signers: Vec<_> = (0..8).map(|i| SigningKey::generate_with(2048 + 8 * (i % 3), 65537)).collect();
    let names: Vec<_> = (0..8).map(|i| format!("key-{i}")).collect();
    let set = KeySet::new(names.iter().zip(&signers).map(|(name, key)| (name, key.verifying_key()))).unwrap();
    let verifier = Verifier::new(set);
    for (name, signer) in names.iter().zip(&signers) {
        let delivery = Delivery::sign(signer, BODY);
        let presented =
            PresentedSignature::from_headers(&delivery.headers(), &HeaderNames::default()).unwrap();
        assert_eq!(verifier.verify(&presented, BODY).unwrap().key_id(), name.as_str());
    }
    let stranger = Delivery::sign(&STRANGER, BODY);
    let presented = PresentedSignature::from_headers(&stranger.headers(), &HeaderNames::default()).unwrap();
    assert_eq!(verifier.begin(&presented).unwrap_err(), Rejection::UntrustedSignature);
}

#[test]
fn what_has_begun_ends_under_the_keys_it_began_with() {
    let verifier = verifier();
    let old =
        PresentedSignature::from_headers(&Delivery::sign(&PLATFORM, BODY).headers(), verifier.header_names())
            .unwrap();
    let new =
        PresentedSignature::from_headers(&Delivery::sign(&STRANGER, BODY).headers(), verifier.header_names())
            .unwrap();
    let mut in_flight = verifier.begin(&old).unwrap();

    verifier.clone().replace_keys(keys("next", &STRANGER));

    in_flight.update(BODY);
    assert_eq!(in_flight.finish().unwrap().key_id(), "production");
    assert_eq!(verifier.begin(&old).unwrap_err(), Rejection::UntrustedSignature);
    assert_eq!(verifier.begin(&new).unwrap().key_id(), "next");
}

#[test]
fn a_renamed_header_is_read_in_place_of_the_original() {
    let renamed = |name| HeaderName::from_static(name);
    for names in [
        HeaderNames { signature: renamed("x-untis-signature"), ..HeaderNames::default() },
        HeaderNames { algorithm: renamed("x-untis-algorithm"), ..HeaderNames::default() },
        HeaderNames { signature: renamed("x-untis-signature"), algorithm: renamed("x-untis-algorithm") },
    ] {
        let original = Delivery::sign(&PLATFORM, BODY).headers();
        let verifier = verifier().with_header_names(names.clone());
        let verdict = |headers: &HeaderMap| {
            let presented = PresentedSignature::from_headers(headers, verifier.header_names())?;
            verifier.verify(&presented, BODY).map(|_| ())
        };
        // The original does for neither of them.
        assert_eq!(verdict(&original), Err(Rejection::MissingHeader), "{names:?}");
        let mut copied = original.clone();
        copied.insert(&names.signature, original["authorization"].clone());
        copied.insert(&names.algorithm, original["algorithm"].clone());
        assert_eq!(verdict(&copied), Ok(()), "{names:?}");
        // What the front end itself has in the original does not matter.
        for (original, name) in [("authorization", &names.signature), ("algorithm", &names.algorithm)] {
            if name != original {
                copied.insert(original, HeaderValue::from_static("Basic dXNlcjpwYXNz"));
            }
        }
        assert_eq!(verdict(&copied), Ok(()), "{names:?}");
    }
}

#[test]
fn nothing_on_the_way_shows_the_body_or_the_signature() {
    let delivery = Delivery::sign(&PLATFORM, r#"{"tenantId":"top-secret","eventType":"DELETION"}"#);
    let headers = delivery.headers();
    let signature = headers["authorization"].to_str().unwrap();
    let presented = PresentedSignature::from_headers(&headers, &HeaderNames::default()).unwrap();
    let verifier = verifier();
    let pending = verifier.begin(&presented).unwrap();
    let mut body = pending.clone().collect(1024);
    body.push(delivery.body().clone()).unwrap();
    let shown = [
        format!("{presented:?} {verifier:?} {pending:?} {body:?} {delivery:?}"),
        format!("{:?}", body.finish().unwrap()),
    ];
    for shown in shown {
        for hidden in ["top-secret", &signature[..16], "DELETION"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
}

/// The modulus, read from the key as it is published.
fn modulus(key: &SigningKey) -> BigUint {
    let der = key.public_key_der();
    let k = usize::try_from(VerifyingKey::from_der(&der).unwrap().bits().div_ceil(8)).unwrap();
    // After the modulus there is the exponent: 02 03 01 00 01, or 02 01 03.
    let exponent = if der.ends_with(&[0x02, 0x01, 0x03]) { 3 } else { 5 };
    BigUint::from_bytes_be(&der[der.len() - exponent - k..der.len() - exponent])
}

/// In `len` octets, or in as many more as it needs.
fn left_padded(value: &BigUint, len: usize) -> Vec<u8> {
    let octets = value.to_bytes_be();
    [vec![0; len.saturating_sub(octets.len())], octets].concat()
}
