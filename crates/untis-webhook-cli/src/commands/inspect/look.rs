//! What is in a header in the place of a signature: of which kind it is, and nothing of its value.

use untis_webhook::{Algorithm, Digest, KeyError, KeySet, VerifyingKey};

use super::algorithm;
use super::mangled::{HEXADECIMAL, LONGEST_WORD, readings};
use super::signer::octets;

/// What a value looks like that no key here signed, as the end of a sentence about its header.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) what: String,
    /// Octets of what it holds, if that may be meant for a signature.
    pub(super) octets: Option<usize>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    /// Credentials of another scheme.
    Foreign,
    /// A signature, or what may be left of one.
    Mangled,
    /// As the platform sends it, as far as can be seen without its key.
    Whole,
}

pub(super) fn look(keys: &KeySet, value: &[u8], body: Option<&[u8]>) -> Look {
    let is = |kind, what: &str| Look { what: what.to_owned(), octets: None, kind };
    let Ok(text) = str::from_utf8(value) else { return is(Kind::Foreign, "holds octets that are no text") };
    let text = text.trim();
    if text.is_empty() {
        return is(Kind::Empty, "is empty");
    }
    if algorithm::names_one(text) {
        return is(Kind::Foreign, "holds an algorithm's name in the place of the signature");
    }
    if is_placeholder(text) {
        return is(
            Kind::Foreign,
            "holds a placeholder that something on the way did not fill, in the place of the signature",
        );
    }
    if let Some(scheme) = SCHEMES.iter().find(|scheme| begins_with_word(text, scheme)) {
        return is(
            Kind::Foreign,
            &format!("holds credentials of another scheme, {scheme}, in the place of the signature"),
        );
    }
    if text.starts_with("eyJ") && text.split('.').count() == 3 {
        return is(Kind::Foreign, "holds a JSON Web Token in the place of the signature");
    }
    match text.parse::<VerifyingKey>() {
        Ok(key) => {
            let own = keys.iter().find(|(_, other)| **other == key);
            let what = own.map_or("a public key".to_owned(), |(id, _)| format!("the public key {id} itself"));
            return is(Kind::Foreign, &format!("holds {what} in the place of the signature"));
        }
        Err(KeyError::Foreign(what)) => {
            return is(Kind::Foreign, &format!("holds {what} in the place of the signature"));
        }
        Err(_) => {}
    }
    if let Some(look) = digest(text, body) {
        return look;
    }
    signature(keys, text).unwrap_or_else(|| match text.split_once(' ') {
        None if readings(text).first().is_some_and(|reading| reading.how.is_empty()) => {
            is(Kind::Foreign, "holds a word that is too short for a signature")
        }
        Some((word, _)) if word.len() <= LONGEST_WORD => is(
            Kind::Foreign,
            "begins with a word, as credentials of another scheme do, in the place of the signature",
        ),
        _ => is(Kind::Foreign, "holds what is not base64 in the place of the signature"),
    })
}

/// What may be meant for a signature: that has as many octets as one, or is in base64 or hexadecimal at least.
fn signature(keys: &KeySet, text: &str) -> Option<Look> {
    let lengths: Vec<_> = keys.iter().map(|(_, key)| octets(key)).collect();
    let mut readings = readings(text);
    let fits = readings.iter().position(|reading| lengths.contains(&reading.octets.len()));
    let is_digit = |octet: u8| octet.is_ascii_alphanumeric() || b"+/".contains(&octet);
    if fits.is_none() && text.len() >= FEWEST && !text.len().is_multiple_of(4) && text.bytes().all(is_digit) {
        let what = "holds base64 that was cut: its length is no multiple of four";
        return Some(Look { what: what.into(), octets: Some(text.len() * 3 / 4), kind: Kind::Mangled });
    }
    let reading = match fits {
        Some(fits) => readings.swap_remove(fits),
        // A short word of another language is base64 too, once enough is taken off it.
        None => readings
            .into_iter()
            .next()
            .filter(|reading| reading.how.len() <= 1 && reading.octets.len() >= FEWEST)?,
    };
    let len = reading.octets.len();
    let how = reading.how();
    let has_capitals = text.bytes().any(|octet| octet.is_ascii_uppercase());
    let what = match (fits, lengths.iter().min().is_some_and(|shortest| len < *shortest)) {
        (Some(_), _) if !has_capitals => {
            format!(
                "holds what has the length of a signature{how}, and no capital letter: its case was changed"
            )
        }
        (Some(_), _) => format!("holds what has the length of a signature{how}"),
        (None, true) => {
            format!("holds fewer octets than a signature by these keys{how}: it may have been cut")
        }
        (None, false) => format!("holds more octets than a signature by these keys{how}"),
    };
    let kind =
        if fits.is_some() && reading.how.is_empty() && has_capitals { Kind::Whole } else { Kind::Mangled };
    Some(Look { what, octets: Some(len), kind })
}

/// The body's digest, or what is as long as one.
fn digest(text: &str, body: Option<&[u8]>) -> Option<Look> {
    // Hexadecimal first: the digits of a digest are base64 of something longer.
    let mut readings: Vec<_> = readings(text).into_iter().filter(|reading| reading.how.len() <= 2).collect();
    readings.sort_by_key(|reading| reading.how.last() != Some(&HEXADECIMAL));
    let (octets, name) = readings.into_iter().find_map(|reading| {
        let (name, _) = DIGESTS.iter().find(|(_, len)| *len == reading.octets.len())?;
        Some((reading.octets, name))
    })?;
    let bodys = body.and_then(|body| {
        Algorithm::ALL.into_iter().find(|algorithm| Digest::of(*algorithm, body).as_octets() == octets)
    });
    let what = match bodys {
        Some(_) => format!("holds the {name} digest of the body in the place of the signature"),
        None => format!("holds as many octets as a {name} digest or HMAC has, in the place of the signature"),
    };
    Some(Look { what, octets: Some(octets.len()), kind: Kind::Foreign })
}

fn begins_with_word(text: &str, word: &str) -> bool {
    let (start, rest) = text.split_at_checked(word.len()).unwrap_or((text, ""));
    start.eq_ignore_ascii_case(word) && (rest.is_empty() || rest.starts_with([' ', '\t', ',']))
}

/// What a configuration has for a value, as it is written in Caddy, in a shell, in Envoy, httpd and HAProxy, in nginx.
fn is_placeholder(text: &str) -> bool {
    let name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.:()".contains(&octet))
    };
    let between =
        |before, after| text.strip_prefix(before).and_then(|text| text.strip_suffix(after)).is_some_and(name);
    between("{", "}")
        || between("{{", "}}")
        || between("${", "}")
        || between("%{", "}")
        || between("%{", "}i")
        || between("%[", "]")
        || between("%", "%")
        || between("$", "")
}

/// Schemes of <https://www.iana.org/assignments/http-authschemes>, and usual ones beside them.
const SCHEMES: [&str; 29] = [
    "Apikey",
    "AWS",
    "AWS4-HMAC-SHA256",
    "AWS4-ECDSA-P256-SHA256",
    "Basic",
    "Bearer",
    "Concealed",
    "Digest",
    "DPoP",
    "GNAP",
    "GoogleLogin",
    "Hawk",
    "HMAC",
    "HMAC-SHA256",
    "HOBA",
    "JWT",
    "Key",
    "Mutual",
    "Negotiate",
    "NTLM",
    "OAuth",
    "PrivateToken",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SharedKey",
    "SharedAccessSignature",
    "Signature",
    "Token",
    "vapid",
];

const DIGESTS: [(&str, usize); 5] =
    [("MD5", 16), ("SHA-1", 20), ("SHA-256", 32), ("SHA-384", 48), ("SHA-512", 64)];

/// Octets below which base64 is just a word.
const FEWEST: usize = 24;
