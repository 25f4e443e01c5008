//! What a receiver may be configured with, and what it says of everything else.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use untis_webhook::{KeyError, KeySet, KeySetError, VerifyingKey};
use untis_webhook_testkit::SigningKey;
use untis_webhook_tests::platform::{PLATFORM, STRANGER};
use untis_webhook_tests::vectors;

#[test]
fn every_genuine_form_gives_the_same_key() {
    let der = VerifyingKey::from_der(&vectors::read("keys/genuine/der")).unwrap();
    let forms = vectors::names("keys/genuine");
    assert_eq!(forms.len(), 8);
    for form in forms {
        let key = VerifyingKey::from_bytes(&vectors::read(&format!("keys/genuine/{form}")));
        assert_eq!(key, Ok(der.clone()), "{form}");
    }
}

/// What stands around a key, or in it, when it is copied out of something.
#[test]
fn a_key_loads_as_it_is_pasted() {
    let base64 = PLATFORM.public_key_base64();
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let on_one_line = pem.replace('\n', "\\n");
    for text in [
        format!("subject=CN = platform\nissuer=CN = ca\n{pem}"),
        format!("# production, since 2026\r\n\r\n{}", pem.replace('\n', "\r\n")),
        format!("Bag Attributes\n    friendlyName: key={}\n{pem}", "x".repeat(500)),
        on_one_line.clone(),
        format!("\"{on_one_line}\""),
        format!("'{pem}'"),
        format!("UNTIS_KEY=\"{on_one_line}\"\n"),
        pem.replace('\n', "\\\n"),
        format!("\"{base64}\""),
        format!("\u{201c}{base64}\u{201d}"),
        format!("UNTIS_KEY={base64}"),
        format!("export UNTIS_KEY='{base64}';"),
        format!("  key: {base64}"),
        format!("Public key of the platform (production), valid from now on:\n\n{}\n", lines.join("\n")),
        format!("Production\n{base64}"),
        format!("MAIN\n{}", lines.join("\r\n\t")),
        format!("{}\u{ad}{}", lines[0], lines[1..].concat()),
    ] {
        assert_eq!(VerifyingKey::from_bytes(text.as_bytes()), Ok(PLATFORM.verifying_key()), "{text}");
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        for bytes in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            assert_eq!(VerifyingKey::from_bytes(&bytes), Ok(PLATFORM.verifying_key()), "UTF-16: {text}");
        }
    }
    // A comment in another encoding.
    let latin1 = [b"Schl\xfcssel\n", pem.as_bytes()].concat();
    assert_eq!(VerifyingKey::from_bytes(&latin1), Ok(PLATFORM.verifying_key()));
}

/// What is pasted and cannot be a key is named, and not repeated.
#[test]
fn what_was_pasted_in_place_of_a_key_is_named() {
    let base64 = PLATFORM.public_key_base64();
    let other = STRANGER.public_key_base64();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
    let hex: String = PLATFORM.public_key_der().iter().map(|octet| format!("{octet:02x}")).collect();
    let utf16: String = base64.chars().flat_map(|character| [character, '\0']).collect();
    let half = base64.len() / 2;
    for (text, found) in [
        (format!("[a]\n{base64}\n\n[b]\n{other}\n"), "several"),
        (format!("a={base64}\nb={other}\n"), "several"),
        (format!("{base64}\n{pem}"), "several"),
        (format!("{pem}\n{other}"), "several"),
        (format!("{pem}{pem}"), "several"),
        (base64[..half / 4 * 4 + 1].into(), "length or padding"),
        (format!("{}={}", &base64[..half], &base64[half..]), "an = inside"),
        (base64.replacen('A', "-", 1), "URL-safe"),
        (base64.replacen('A', "Ä", 1), "outside ASCII"),
        (format!("{}\u{fffd}{}", &base64[..half], &base64[half..]), "lost in a conversion"),
        (format!("{}\"+\"{}", &base64[..half], &base64[half..]), "a quotation mark"),
        (format!("{}\\x{}", &base64[..half], &base64[half..]), "a backslash"),
        (utf16, "UTF-16"),
        (hex.clone(), "hexadecimal"),
        (hex.to_uppercase(), "hexadecimal"),
        ("LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0K".into(), "encoded in base64 once more"),
        ("<!DOCTYPE html><p>Sign in</p>".into(), "XML or HTML"),
        ("RSA Public-Key: (2048 bit)\nModulus:\n    00:c2:9a".into(), "-pubout"),
        (format!("subject=x\n{}", pem.replace("PUBLIC", "RSA PRIVATE")), "a private key"),
        (format!("Certificate:\n    Data:\n{}", pem.replace("PUBLIC KEY", "CERTIFICATE")), "certificate"),
        ("-----BEGIN PUBLIC".into(), "a part of such a line"),
    ] {
        let error = VerifyingKey::from_bytes(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(found), "{found}: {error}");
        assert!(!error.contains(&base64[..16]) && !error.contains(&other[half..]), "{error}");
    }
}

#[test]
fn the_published_keys_load_as_they_are_published() {
    for environment in ["integration", "calendar-integration", "production"] {
        let key: VerifyingKey = vectors::published_key(environment).parse().unwrap();
        assert_eq!(key.bits(), 2048, "{environment}");
    }
}

#[test]
fn everything_else_is_an_error_that_names_the_fault() {
    const EXPECTED: &str = "expected an RSA public key (SubjectPublicKeyInfo), found ";
    let certificate =
        "an X.509 certificate or certificate request: its key is printed by `openssl x509 -pubkey -noout`";
    let pkcs1 = "a PKCS#1 RSAPublicKey: `openssl rsa -RSAPublicKey_in -pubout` converts it";
    let found = |what: &str| format!("{EXPECTED}{what}");
    let several =
        "expected one key, found several run together: give each key a name and a file of its own".to_owned();
    let not_base64 = |what: &str| {
        format!("expected the base64 of an RSA public key (SubjectPublicKeyInfo), found text {what}")
    };
    let none_of_these =
        "expected an RSA public key (SubjectPublicKeyInfo) as DER, PEM or base64, found none of these"
            .to_owned();
    let truncated = "expected a whole key, found one whose end is missing".to_owned();
    let size = |bits| format!("expected an RSA key of 2048 to 8192 bits, found {bits}");

    let expected = [
        ("1024-bits", size(1024)),
        ("2040-bits", size(2040)),
        ("a-name", not_base64("whose length or padding is wrong")),
        ("binary", none_of_these),
        ("certificate-der", found(certificate)),
        ("certificate-pem", found(certificate)),
        ("certificate-request-der", found(certificate)),
        ("certificate-request-pem", found(certificate)),
        ("damaged-base64", not_base64("whose length or padding is wrong")),
        ("ec-pem", found("an EC key")),
        ("ed25519-pem", found("an Ed25519 or Ed448 key")),
        ("empty", found("nothing")),
        ("json-web-key", found("JSON (a JSON Web Key?)")),
        ("pkcs1-der", found(pkcs1)),
        ("pkcs1-pem", found(pkcs1)),
        ("private-ec-der", found("a private key")),
        ("private-ec-pem", found("a private key")),
        ("private-encrypted-der", found("a private key")),
        ("private-encrypted-pem", found("a private key")),
        ("private-pkcs1-der", found("a private key")),
        ("private-pkcs1-pem", found("a private key")),
        ("private-pkcs8-base64", found("a private key")),
        ("private-pkcs8-der", found("a private key")),
        ("private-pkcs8-pem", found("a private key")),
        ("prose", not_base64("with a character that is not of the base64 alphabet")),
        ("pss-pem", found("an RSA key restricted to PSS signatures")),
        ("ssh", found("an SSH key")),
        ("trailing-octet-der", "expected nothing after the key, found 1 more octets".into()),
        ("trailing-text-pem", "expected nothing after the key, found 7 more octets".into()),
        ("truncated-base64", truncated.clone()),
        ("truncated-der", truncated),
        ("truncated-pem", "expected PEM that ends with -----END PUBLIC KEY-----, found no such line".into()),
        ("two-keys-base64", several.clone()),
        ("two-keys-base64-padded", several.clone()),
        ("two-keys-der", several.clone()),
        ("two-keys-pem", several),
        ("white-space", found("nothing")),
        ("x25519-der", found("an X25519 or X448 key")),
    ];

    assert_eq!(
        vectors::names("keys/wrong"),
        expected.each_ref().map(|(file, _)| *file),
        "a file has no row, or a row no file"
    );
    for (file, message) in expected {
        let error = VerifyingKey::from_bytes(&vectors::read(&format!("keys/wrong/{file}"))).unwrap_err();
        assert_eq!(error.to_string(), message, "{file}");
    }
}

#[test]
fn no_part_of_a_key_file_loads_and_none_panics() {
    let der = vectors::read("keys/genuine/der");
    for len in 0..der.len() {
        assert!(VerifyingKey::from_der(&der[..len]).is_err(), "{len} octets");
    }
    // The head of the DER, up to the modulus, octet by octet: whatever it says, it is no other key.
    let genuine = VerifyingKey::from_der(&der).unwrap();
    for i in 0..33 {
        for flip in 1..=255 {
            let mut der = der.clone();
            der[i] ^= flip;
            assert_ne!(VerifyingKey::from_bytes(&der), Ok(genuine.clone()), "octet {i} xor {flip}");
        }
    }
}

#[test]
fn the_exponent_is_odd_and_from_3_to_2_to_the_33() {
    let key = |exponent| VerifyingKey::from_der(&spki_with_exponent(exponent));
    for exponent in [&[3][..], &[1, 0, 1], &[1, 255, 255, 255, 255]] {
        assert!(key(exponent).is_ok(), "{exponent:?}");
    }
    for exponent in [&[0][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 0, 0, 0, 1]] {
        assert_eq!(key(exponent), Err(KeyError::Exponent), "{exponent:?}");
    }
}

#[test]
fn the_size_is_from_2048_to_8192_bits() {
    for bits in [2048, 2049, 2056, 3072] {
        assert_eq!(
            SigningKey::generate_with(bits, 65537).verifying_key().bits(),
            u32::try_from(bits).unwrap()
        );
    }
    // Too large: an odd number of 8200 bits.
    let error = VerifyingKey::from_der(&spki(&[0xff; 1025], &[1, 0, 1])).unwrap_err();
    assert_eq!(error, KeyError::Size { bits: 8200 });
}

#[test]
fn an_even_modulus_is_malformed() {
    let mut n = [0xff; 256];
    n[255] = 0xfe;
    assert_eq!(VerifyingKey::from_der(&spki(&n, &[1, 0, 1])), Err(KeyError::Malformed));
}

#[test]
fn a_key_set_is_never_empty_and_never_ambiguous() {
    let key = || PLATFORM.verifying_key();
    let set = |keys: Vec<(&str, VerifyingKey)>| {
        KeySet::new(keys).map(|set| set.iter().len()).map_err(|e| e.to_string())
    };
    let long = "n".repeat(65);

    assert_eq!(set(vec![("production", key()), ("2026.roll-over_2", STRANGER.verifying_key())]), Ok(2));
    assert_eq!(set(vec![(&long[..64], key())]), Ok(1));

    assert_eq!(set(vec![]), Err("expected at least one key, found none".into()));
    assert_eq!(
        set(vec![("production", key()), ("production", STRANGER.verifying_key())]),
        Err("expected different key names, found production twice".into())
    );
    assert_eq!(
        set(vec![("production", key()), ("integration", key())]),
        Err("expected different keys, found the same one under the names production and integration".into())
    );
    for (name, found) in [
        ("", "none"),
        (&long, "a longer one"),
        (" ", "one with another character"),
        ("a b", "one with another character"),
        ("a=b", "one with another character"),
        ("a,b", "one with another character"),
        ("ä", "one with another character"),
        ("a\n", "one with another character"),
    ] {
        assert_eq!(KeySet::new([(name, key())]).unwrap_err(), KeySetError::Name(found), "{name:?}");
    }
}

#[test]
fn the_name_of_a_key_is_compared_as_text() {
    let set = KeySet::new([("production", PLATFORM.verifying_key())]).unwrap();
    let (id, key) = set.iter().next().unwrap();
    assert_eq!(*key, PLATFORM.verifying_key());
    assert!(id == "production" && *id == *"production" && *id == "production");
    assert!(id != "integration" && *id != *"integration" && *id != "integration");
    assert_eq!(
        (id.as_str(), id.as_ref(), id.to_string()),
        ("production", "production", "production".to_owned())
    );
}

#[test]
fn a_key_set_has_at_most_eight_keys() {
    let keys: Vec<_> =
        (0..=KeySet::MAX).map(|i| (format!("key-{i}"), SigningKey::generate().verifying_key())).collect();
    assert_eq!(KeySet::new(keys[..8].iter().cloned()).unwrap().iter().len(), 8);
    assert_eq!(KeySet::new(keys).unwrap_err(), KeySetError::TooMany);
}

#[test]
fn debug_of_a_key_shows_its_size_alone() {
    assert_eq!(format!("{:?}", PLATFORM.verifying_key()), "VerifyingKey { bits: 2048, .. }");
}

fn spki_with_exponent(exponent: &[u8]) -> Vec<u8> {
    spki(&[0xff; 256], exponent)
}

/// SubjectPublicKeyInfo of these numbers, big-endian, of which the modulus needs a sign octet.
fn spki(n: &[u8], e: &[u8]) -> Vec<u8> {
    let tlv = |tag: u8, content: &[u8]| {
        let len = u16::try_from(content.len()).unwrap().to_be_bytes();
        let len = match content.len() {
            0..128 => vec![len[1]],
            128..256 => vec![0x81, len[1]],
            _ => [&[0x82], &len[..]].concat(),
        };
        [&[tag], &len[..], content].concat()
    };
    let e = if e[0] >= 0x80 { [&[0], e].concat() } else { e.to_vec() };
    let key = tlv(0x30, &[tlv(0x02, &[&[0], n].concat()), tlv(0x02, &e)].concat());
    let algorithm =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    tlv(0x30, &[&algorithm[..], &tlv(0x03, &[&[0], &key[..]].concat())].concat())
}
