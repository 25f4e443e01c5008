//! What happens to a signature in a header: each undone, alone and after others.

use std::collections::HashSet;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

use crate::commands::rewriting::{hexadecimal, without_entities};

/// A signature's octets as they may be in a value, and how they are in it.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) octets: Vec<u8>,
    /// What is to be said of each change, the outermost first. None if the value is as the platform sends it.
    pub(super) how: Vec<&'static str>,
}

impl Reading {
    /// How the signature is written, as the end of a sentence about it.
    pub(super) fn how(&self) -> String {
        self.how.iter().map(|how| format!(", {how}")).collect()
    }
}

/// The readings of a value, those with the fewest changes first.
pub(super) fn readings(value: &str) -> Vec<Reading> {
    let mut readings = vec![];
    let mut seen = HashSet::new();
    let mut texts = vec![(value.to_owned(), vec![])];
    for changes in 0..=MOST_CHANGES {
        let mut next = vec![];
        for (text, how) in texts {
            let reading = |octets, last: Option<&'static str>| Reading {
                octets,
                how: how.iter().copied().chain(last).collect(),
            };
            readings.extend(BASE64_STANDARD.decode(&text).ok().map(|octets| reading(octets, None)));
            readings.extend(hexadecimal(text.as_bytes()).map(|octets| reading(octets, Some(HEXADECIMAL))));
            readings
                .extend(loose(&text).map(|octets| reading(octets, Some("in base64 that is not canonical"))));
            if changes < MOST_CHANGES {
                for (change, text) in undone(&text) {
                    if text.len() <= LONGEST && seen.len() < MOST_TEXTS && seen.insert(text.clone()) {
                        next.push((text, how.iter().copied().chain([change]).collect()));
                    }
                }
            }
        }
        texts = next;
    }
    readings.retain(|reading| !reading.octets.is_empty());
    readings.sort_by_key(|reading| reading.how.len());
    readings
}

fn undone(text: &str) -> Vec<(&'static str, String)> {
    let mut undone = vec![];
    let mut push = |change, before: String| {
        if before != text {
            undone.push((change, before));
        }
    };
    push("with white space around it", text.trim().to_owned());
    let quotes: &[char] = &['"', '\'', '`'];
    push("in quotes", text.trim_matches(quotes).to_owned());
    push("as Python writes bytes", text.strip_prefix('b').unwrap_or(text).trim_matches('\'').to_owned());
    push("between colons, as a structured field", text.trim_matches(':').to_owned());
    if text.contains(' ') {
        push("with spaces in the place of +", text.replace(' ', "+"));
    }
    push("with line ends or other white space in it", text.split_whitespace().collect());
    if text.contains("\\n") {
        push("with line ends in it, written as \\n", text.replace("\\r", "").replace("\\n", ""));
    }
    push("with JSON escapes in it", text.replace("\\/", "/").replace("\\u002b", "+").replace("\\u003d", "="));
    push("escaped for HTML", without_entities(text));
    if let Some(elements) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        push("in a list of JSON", elements.trim().to_owned());
    }
    if text.bytes().all(|octet| octet.is_ascii_hexdigit() || octet == b':') {
        push("with colons between its octets", text.replace(':', ""));
    }
    if text.contains(['-', '_']) {
        push("in the URL-safe alphabet of base64 (- and _)", text.replace('-', "+").replace('_', "/"));
    }
    if text.contains('%') {
        push("percent-encoded", percent_decode_str(text).decode_utf8_lossy().into_owned());
    }
    push("without its padding", padded(text));
    let is_word =
        |word: &str| word.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.:".contains(&octet));
    if let Some((_, rest)) =
        text.split_once(' ').filter(|(word, _)| word.len() <= LONGEST_WORD && is_word(word))
    {
        push("after a scheme word", rest.trim().to_owned());
    }
    for parameter in text.split([',', ';', ' ']).take(MOST_PARAMETERS) {
        push("in a list", parameter.trim().to_owned());
        if let Some((_, value)) =
            parameter.split_once(['=', ':']).filter(|(name, _)| name.len() <= LONGEST_WORD)
        {
            push("as a parameter", value.trim().to_owned());
        }
    }
    let twice = BASE64_STANDARD.decode(padded(text)).ok().and_then(|octets| String::from_utf8(octets).ok());
    twice.into_iter().for_each(|text| push("in base64 twice", text.trim().to_owned()));
    undone
}

/// With the padding that base64 of this length has.
fn padded(text: &str) -> String {
    let digits = text.trim_end_matches('=');
    format!("{digits}{}", "=".repeat(digits.len().wrapping_neg() % 4))
}

/// Base64 whose last digit holds bits that mean nothing: canonical base64 has zeros there.
fn loose(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true);
    BASE64_STANDARD.decode(text).is_err().then(|| GeneralPurpose::new(&STANDARD, config).decode(text).ok())?
}

/// How octets in hexadecimal are said to be.
pub(super) const HEXADECIMAL: &str = "in hexadecimal";

/// Changes undone after one another: more in one header is no accident.
const MOST_CHANGES: usize = 3;

/// Texts looked at for one header.
const MOST_TEXTS: usize = 200;

/// Octets of a text that is looked at. A signature by the largest key has 1,368 in base64, and 2,736 in base64 twice.
const LONGEST: usize = 8 * 1024;

/// Characters of the name of a scheme or of a parameter.
pub(super) const LONGEST_WORD: usize = 32;

/// Parts of a list that are looked at.
const MOST_PARAMETERS: usize = 8;
