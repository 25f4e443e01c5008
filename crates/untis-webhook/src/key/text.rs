//! From the text forms of a key to DER: PEM, and base64 without armour.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{KeyError, foreign};

pub(super) fn to_der(text: &str) -> Result<Vec<u8>, KeyError> {
    let text = text.trim_matches(is_blank);
    match text.strip_prefix("-----BEGIN ") {
        Some(rest) => decode(unarmour(rest)?),
        None => match foreign::recognize_text(text) {
            Some(found) => Err(KeyError::Foreign(found)),
            None => decode(text),
        },
    }
}

/// What stands between the begin line, of which `rest` is the end, and the end line.
fn unarmour(rest: &str) -> Result<&str, KeyError> {
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::NotBase64)?;
    if label != "PUBLIC KEY" {
        return Err(KeyError::Foreign(foreign::pem_label(label)));
    }
    let (base64, rest) = rest.split_once("-----END PUBLIC KEY-----").ok_or(KeyError::PemEnd)?;
    match rest.trim_matches(is_blank) {
        "" => Ok(base64),
        rest if rest.contains("-----BEGIN ") => Err(KeyError::SeveralKeys),
        rest => Err(KeyError::TrailingData { octets: rest.len() }),
    }
}

fn decode(base64: &str) -> Result<Vec<u8>, KeyError> {
    let base64: String = base64.chars().filter(|&character| !is_blank(character)).collect();
    // Padding ends base64, so what follows it is the next key.
    if base64.trim_end_matches('=').contains('=') {
        return Err(KeyError::SeveralKeys);
    }
    BASE64_STANDARD.decode(base64).map_err(|_| KeyError::NotBase64)
}

/// White space, and the two invisible characters that come along from web pages and editors: ZERO WIDTH SPACE
/// and ZERO WIDTH NO-BREAK SPACE, the byte order mark.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}' | '\u{feff}')
}
