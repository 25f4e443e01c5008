//! What is put around a body: an encoding into text, a form, more JSON, the framing of a protocol.

use std::borrow::Cow;
use std::ops::ControlFlow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

use super::change::{Change, Kind};
use super::json::Json;
use super::python;
use super::search::{Found, Stage};

pub(super) fn undo(body: &[u8], found: &mut Found<'_>) -> ControlFlow<()> {
    for before in str::from_utf8(body).into_iter().flat_map(pluses) {
        let change = Kind::Wrapped.change("it was decoded as a form is, and plus signs became spaces");
        // Seldom, so not among what is undone after many others.
        found(Stage::Lines, Change { usual: false, ..change }, before.into_bytes())?;
    }
    let mut found = |what, original: Option<Vec<u8>>| match original {
        Some(original) => found(Stage::Wrapping, Kind::Wrapped.change(what), original),
        None => ControlFlow::Continue(()),
    };
    found("it was encoded in base64", base64(body))?;
    found("it was encoded in hexadecimal", hexadecimal(body))?;
    found("the framing of its chunks was left in it", dechunked(body))?;
    found("it was put into a part of a multipart form", part(body))?;
    if body.contains(&b'%') {
        found("it was percent-encoded", Some(percent_decode(body).collect()))?;
        found("it was percent-encoded, as a form is", Some(percent_decode(&spaces(body)).collect()))?;
    }
    for field in body.split(|octet| *octet == b'&').take(MOST_FIELDS) {
        let Some(equals) = field.iter().position(|octet| *octet == b'=') else { break };
        let (name, value) = field.split_at(equals);
        let value = value.strip_prefix(b"=").unwrap_or_default();
        // A body that is taken for a form as it is becomes a name without a value.
        let field = if value.is_empty() { name } else { value };
        found("it was put into a field of a form", Some(field.to_vec()))?;
        found("it was put into a field of a form", Some(percent_decode(&spaces(field)).collect()))?;
    }
    let Ok(text) = str::from_utf8(body) else { return ControlFlow::Continue(()) };
    let text = text.trim_ascii();
    found("it was made a text of JSON", json_text(text))?;
    if text.contains("\\\"") {
        found("its quotes were escaped", json_text(&format!("\"{text}\"")))?;
        found("its quotes were escaped", Some(without_backslashes(text).into_bytes()))?;
    }
    if text.contains('&') && text.contains(';') {
        found("it was escaped for HTML", Some(without_entities(text).into_bytes()))?;
    }
    if text.starts_with("{'") {
        found("it was written as Python writes a dict", python::json(text).map(String::into_bytes))?;
    }
    let python = text.strip_prefix("b'").and_then(|text| text.strip_suffix('\''));
    found("it was written as Python writes bytes", python.map(|text| text.as_bytes().to_vec()))?;
    let Some(json) = Json::read(text) else { return ControlFlow::Continue(()) };
    if let Some([only]) = json.elements().as_deref() {
        found("it was put into a list", Some(only.value().trim_ascii().into()))?;
    }
    found("it was taken out of a list", Some(format!("[{text}]").into_bytes()))?;
    for field in json.fields().unwrap_or_default().iter().take(MOST_FIELDS) {
        let value = field.value();
        let value = value.trim_ascii();
        let inner = if value.starts_with('"') { json_text(value) } else { Some(value.into()) };
        found("it was put into a field of a JSON object", inner)?;
    }
    ControlFlow::Continue(())
}

/// The whole body in base64: either alphabet, with or without padding and line ends.
fn base64(body: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text: Vec<u8> = body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let alphabets = [alphabet::STANDARD, alphabet::URL_SAFE];
    alphabets.iter().find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(&text).ok())
}

/// The octets of which these are the hexadecimal digits.
pub(crate) fn hexadecimal(body: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = body.trim_ascii().as_chunks::<2>() else { return None };
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// The body of HTTP/1.1's chunks (RFC 9112 section 7.1), if it is a whole one.
pub(crate) fn dechunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut rest = body;
    let mut whole = Vec::new();
    loop {
        let (line, after) = line(rest)?;
        let size = line.split(|octet| *octet == b';').next()?.trim_ascii();
        let size = usize::from_str_radix(str::from_utf8(size).ok()?, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        let (chunk, after) = after.split_at_checked(size)?;
        whole.extend_from_slice(chunk);
        let (end, after) = self::line(after)?;
        rest = end.is_empty().then_some(after)?;
    }
}

/// A line without its end, and what follows.
fn line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = octets.iter().position(|octet| *octet == b'\n')?;
    let (line, rest) = octets.split_at(end);
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest.strip_prefix(b"\n")?))
}

/// The first part of a multipart body (RFC 2046 section 5.1).
fn part(body: &[u8]) -> Option<Vec<u8>> {
    let (boundary, rest) = line(body)?;
    boundary.strip_prefix(b"--")?;
    let find = |octets: &[u8], what: &[u8]| octets.windows(what.len()).position(|window| window == what);
    let head = find(rest, b"\r\n\r\n")?;
    let (_, rest) = rest.split_at_checked(head.checked_add(4)?)?;
    rest.get(..find(rest, &[b"\r\n", boundary].concat())?).map(<[u8]>::to_vec)
}

/// With a space for every `+`, as in a form.
fn spaces(field: &[u8]) -> Vec<u8> {
    field.iter().map(|octet| if *octet == b'+' { b' ' } else { *octet }).collect()
}

/// The texts in which some of the spaces were plus signs: all of them, or those with which a text begins, as a telephone number.
fn pluses(text: &str) -> impl Iterator<Item = String> {
    let inner = [":\"", ": \""]
        .iter()
        .fold(text.to_owned(), |text, quote| text.replace(&format!("{quote} "), &format!("{quote}+")));
    [text.replace(' ', "+"), inner].into_iter().filter(move |before| before != text)
}

/// As PHP's `stripslashes`.
fn without_backslashes(text: &str) -> String {
    let mut chars = text.chars();
    std::iter::from_fn(|| chars.next().and_then(|c| if c == '\\' { chars.next() } else { Some(c) })).collect()
}

fn json_text(text: &str) -> Option<Vec<u8>> {
    serde_json::from_str(text).ok().map(String::into_bytes)
}

/// `&amp;` last: it may have been written twice, and only one is undone.
pub(crate) fn without_entities(text: &str) -> String {
    let entities = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#43;", "+"),
        ("&#x2B;", "+"),
        ("&#x2F;", "/"),
        ("&#61;", "="),
        ("&#x3D;", "="),
        ("&amp;", "&"),
    ];
    let plain = |text: Cow<'_, str>, (entity, plain): &(&str, &str)| text.replace(entity, plain).into();
    entities.iter().fold(Cow::from(text), plain).into_owned()
}

/// Fields of a form or of an object that are looked into: the documented payloads have 13.
const MOST_FIELDS: usize = 16;
