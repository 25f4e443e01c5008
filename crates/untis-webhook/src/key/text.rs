//! From the text forms of a key to DER: PEM, and base64 without armour, also as they are pasted.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{KeyError, der_of_one_value, foreign};

pub(super) fn to_der(text: &str) -> Result<Vec<u8>, KeyError> {
    let text = with_line_breaks(text);
    let text = text.trim_matches(is_edge);
    match split_at_begin(text) {
        Some((before, _)) if has_key(before) => Err(KeyError::SeveralKeys),
        // RFC 7468 section 2: text before the begin line is permitted.
        Some((_, rest)) => decode(unarmour(rest)?),
        None => match foreign::recognize_text(text) {
            Some(found) => Err(KeyError::Foreign(found)),
            None => decode_labelled(text),
        },
    }
}

/// What a file holds that is not UTF-8: UTF-16 with a byte order mark, as PowerShell writes it, or a key after text in
/// some other encoding.
pub(super) fn from_other_encoding(bytes: &[u8]) -> Option<String> {
    let utf16 = |text: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, _) = text.as_chunks();
        String::from_utf16_lossy(&units.iter().copied().map(unit).collect::<Vec<_>>())
    };
    match bytes {
        [0xff, 0xfe, text @ ..] => Some(utf16(text, u16::from_le_bytes)),
        [0xfe, 0xff, text @ ..] => Some(utf16(text, u16::from_be_bytes)),
        _ => [BEGIN, KEY_START]
            .iter()
            .any(|start| bytes.windows(start.len()).any(|window| window == start.as_bytes()))
            .then(|| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Splits around the beginning of the begin line: the first that begins a line, since a comment may quote one.
fn split_at_begin(text: &str) -> Option<(&str, &str)> {
    let begins_a_line =
        |at: &usize| text.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
    let mut begins = text.match_indices(BEGIN).map(|(at, _)| at);
    let at = begins.clone().find(begins_a_line).or_else(|| begins.next())?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.strip_prefix(BEGIN)?))
}

/// What stands between the begin line, of which `rest` is the end, and the end line.
fn unarmour(rest: &str) -> Result<&str, KeyError> {
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::PemBegin)?;
    if label != "PUBLIC KEY" {
        return Err(KeyError::Foreign(foreign::pem_label(label)));
    }
    let (base64, rest) = rest.split_once("-----END PUBLIC KEY-----").ok_or(KeyError::PemEnd)?;
    match rest.trim_matches(is_edge) {
        "" => Ok(base64),
        // As `openssl x509 -pubkey` prints it.
        rest if rest.starts_with("-----BEGIN CERTIFICATE-----") && !rest.contains(" KEY-----") => Ok(base64),
        rest if rest.contains(BEGIN) || has_key(rest) => Err(KeyError::SeveralKeys),
        rest => Err(KeyError::TrailingData { octets: rest.len() }),
    }
}

/// Decodes base64 that may have a label before it: a line of its own, `NAME=`, a word.
fn decode_labelled(text: &str) -> Result<Vec<u8>, KeyError> {
    let whole = decode(text);
    let is_one_value = whole.as_ref().is_ok_and(|der| der_of_one_value(der).is_ok());
    match key_start(text) {
        Some((label, key)) if !label.is_empty() && !is_one_value => match decode(key) {
            Err(_) if key.get(KEY_START.len()..).and_then(key_start).is_some() => Err(KeyError::SeveralKeys),
            decoded => decoded,
        },
        _ => whole,
    }
}

/// Whether a word of this is long enough to be the first line of a key.
fn has_key(text: &str) -> bool {
    let is_long =
        |key: &str| key.chars().take_while(|&character| is_base64(character)).count() >= SHORTEST_LINE;
    key_start(text).is_some_and(|(_, key)| is_long(key))
}

/// The text before the first word that begins as the base64 of every RSA key does that is large enough, and the
/// text from there on.
fn key_start(text: &str) -> Option<(&str, &str)> {
    let begins_a_word = |at: &usize| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|character| !is_base64(character))
    };
    let (at, _) = text.match_indices(KEY_START).find(|(at, _)| begins_a_word(at))?;
    text.split_at_checked(at)
}

fn decode(base64: &str) -> Result<Vec<u8>, KeyError> {
    let base64: String = base64.chars().filter(|&character| !is_blank(character)).collect();
    let unpadded = base64.trim_end_matches('=');
    if base64.contains('\0') {
        return Err(KeyError::NotBase64("text with NUL characters: is it UTF-16?"));
    }
    if let Some(stranger) = unpadded.chars().find(|&character| !is_base64(character) && character != '=') {
        return Err(KeyError::NotBase64(foreign::not_base64(stranger)));
    }
    // Padding ends base64, so what follows it can be the next key.
    match unpadded.split_once('=') {
        Some((_, rest)) if rest.trim_start_matches('=').starts_with(KEY_START) => Err(KeyError::SeveralKeys),
        Some(_) => Err(KeyError::NotBase64("text with an = inside")),
        None => BASE64_STANDARD
            .decode(&base64)
            .map_err(|_| KeyError::NotBase64("text whose length or padding is wrong")),
    }
}

/// Line breaks in place of the two characters that stand for one in a quoted text, and of a line continued by a
/// backslash. Neither form of a key has a backslash of its own.
fn with_line_breaks(text: &str) -> Cow<'_, str> {
    match text.contains('\\') {
        true => text
            .replace(r"\n", "\n")
            .replace(r"\r", "\n")
            .replace("\\\r\n", "\n")
            .replace("\\\n", "\n")
            .into(),
        false => text.into(),
    }
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/')
}

/// White space, and the invisible characters that come along from web pages and editors: SOFT HYPHEN, ZERO WIDTH
/// SPACE to RIGHT-TO-LEFT MARK, WORD JOINER, and ZERO WIDTH NO-BREAK SPACE, the byte order mark.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// What may stand around a key that was cut out of a configuration or a program.
fn is_edge(character: char) -> bool {
    is_blank(character)
        || matches!(
            character,
            '"' | '\'' | '`' | ',' | ';' | '\\' | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}'
        )
}

const BEGIN: &str = "-----BEGIN ";

/// Characters in a line of base64, at the least.
const SHORTEST_LINE: usize = 40;

/// Base64 of 0x30 0x82, a SEQUENCE whose length has two octets, as that of 2048 bits and more has.
const KEY_START: &str = "MII";
