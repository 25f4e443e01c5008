//! What an input is that is not an RSA public key, for the error to say so.

use rsa::pkcs8::ObjectIdentifier;
use rsa::pkcs8::der::asn1::AnyRef;
use rsa::pkcs8::der::{Decode, Reader, SliceReader, Tag, Tagged};

const CERTIFICATE: &str =
    "an X.509 certificate or certificate request: its key is printed by `openssl x509 -pubkey -noout`";
const PKCS1_PUBLIC_KEY: &str = "a PKCS#1 RSAPublicKey: `openssl rsa -RSAPublicKey_in -pubout` converts it";
const PRIVATE_KEY: &str = "a private key";
const SSH_KEY: &str = "an SSH key";

/// The kind of PEM that has this label (RFC 7468).
pub(super) fn pem_label(label: &str) -> &'static str {
    match label {
        "RSA PUBLIC KEY" => PKCS1_PUBLIC_KEY,
        _ if label.contains("PRIVATE KEY") => PRIVATE_KEY,
        _ if label.contains("CERTIFICATE") => CERTIFICATE,
        _ => "PEM of another kind",
    }
}

/// The kind of text this is if it is not even meant to be base64 of DER.
pub(super) fn recognize_text(text: &str) -> Option<&'static str> {
    if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("---- BEGIN SSH2") {
        Some(SSH_KEY)
    } else if text.starts_with('{') {
        Some("JSON (a JSON Web Key?)")
    } else if text.starts_with('<') {
        Some("XML or HTML")
    } else if text.starts_with("LS0tLS1CRUdJTi") {
        Some("PEM that was encoded in base64 once more: decode it once")
    } else if text.starts_with("3082")
        && text.chars().all(|c| c.is_ascii_hexdigit() || c.is_whitespace() || c == ':')
    {
        Some("hexadecimal: `xxd -r -p` makes DER of it")
    } else if text.contains("Modulus") {
        Some("the numbers of a key as text: openssl prints the key itself with -pubout")
    } else {
        None
    }
}

/// What text is that has this character and so is not base64. The character is not repeated.
pub(super) fn not_base64(stranger: char) -> &'static str {
    match stranger {
        '-' | '_' => {
            "text with - or _ inside: is it base64 of the URL-safe alphabet, or PEM whose begin line is damaged?"
        }
        '"' | '\'' | '`' => "text with a quotation mark inside",
        '\\' => "text with a backslash inside",
        '\u{fffd}' => "text with characters that were lost in a conversion",
        _ if stranger.is_control() => "text with a control character inside",
        _ if !stranger.is_ascii() => "text with a character outside ASCII",
        _ => "text with a character that is not of the base64 alphabet",
    }
}

/// The kind of DER this is, by what its outermost SEQUENCE holds.
pub(super) fn recognize(der: &[u8]) -> Option<&'static str> {
    use Tag::{BitString, Integer, OctetString, Sequence};

    match member_tags(der)?.as_slice() {
        // RFC 5208 PrivateKeyInfo; RFC 5915 ECPrivateKey; RFC 8017 RSAPrivateKey; RFC 5208
        // EncryptedPrivateKeyInfo
        [Integer, Sequence, OctetString, ..]
        | [Integer, OctetString, ..]
        | [Integer, Integer, Integer, ..]
        | [Sequence, OctetString] => Some(PRIVATE_KEY),
        // RFC 8017 RSAPublicKey
        [Integer, Integer] => Some(PKCS1_PUBLIC_KEY),
        // RFC 5280 Certificate; RFC 2986 CertificationRequest
        [Sequence, Sequence, BitString] => Some(CERTIFICATE),
        _ => None,
    }
}

/// The kind of SubjectPublicKeyInfo that has this algorithm.
pub(super) fn key_type(oid: &ObjectIdentifier) -> &'static str {
    match oid.to_string().as_str() {
        "1.2.840.10045.2.1" => "an EC key",
        "1.2.840.113549.1.1.10" => "an RSA key restricted to PSS signatures",
        "1.2.840.10040.4.1" => "a DSA key",
        "1.3.101.110" | "1.3.101.111" => "an X25519 or X448 key",
        "1.3.101.112" | "1.3.101.113" => "an Ed25519 or Ed448 key",
        _ => "a public key of another algorithm",
    }
}

fn member_tags(der: &[u8]) -> Option<Vec<Tag>> {
    let outer = AnyRef::from_der(der).ok().filter(|value| value.tag() == Tag::Sequence)?;
    let mut members = SliceReader::new(outer.value()).ok()?;
    let mut tags = Vec::new();
    while !members.is_finished() {
        tags.push(AnyRef::decode(&mut members).ok()?.tag());
    }
    Some(tags)
}
