//! What may have happened to a body on its way: each usual rewriting undone, until one has the digest that was signed.

use std::io::Read;

use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};
use untis_webhook::Digest;

/// The rewriting that makes of what was signed this body, if it is a usual one.
pub(crate) fn explain(signed: &Digest, body: &[u8]) -> Option<&'static str> {
    let is_signed = |original: &[u8]| Digest::of(signed.algorithm(), original) == *signed;
    undone(body).into_iter().find(|(_, original)| is_signed(original)).map(|(what, _)| what)
}

/// What the body may have been, and what happened to it then.
fn undone(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    const NEWLINE_ADDED: &str = "a line end was added to it";
    const NEWLINE_LOST: &str = "its last line end was lost";
    const CRLF_TO_LF: &str = "its line ends were changed from CRLF to LF";
    const LF_TO_CRLF: &str = "its line ends were changed from LF to CRLF";
    const BOM_ADDED: &str = "a byte order mark was added to it";
    const BOM_LOST: &str = "its byte order mark was lost";
    const COMPRESSED: &str = "it was compressed (gzip)";
    const DECOMPRESSED: &str = "it was decompressed (gzip)";

    let mut undone = vec![
        (NEWLINE_LOST, [body, b"\n"].concat()),
        (NEWLINE_LOST, [body, b"\r\n"].concat()),
        (BOM_LOST, [BOM, body].concat()),
    ];
    undone.extend(body.strip_suffix(b"\n").map(|rest| (NEWLINE_ADDED, rest.to_vec())));
    undone.extend(body.strip_suffix(b"\r\n").map(|rest| (NEWLINE_ADDED, rest.to_vec())));
    undone.extend(body.strip_prefix(BOM).map(|rest| (BOM_ADDED, rest.to_vec())));
    if let Ok(text) = str::from_utf8(body) {
        undone.push((LF_TO_CRLF, text.replace("\r\n", "\n").into()));
        undone.push((CRLF_TO_LF, text.replace("\r\n", "\n").replace('\n', "\r\n").into()));
    }
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        undone.extend(json_forms(&value));
    }
    undone.extend(decompressed(body).map(|original| (COMPRESSED, original)));
    undone.extend((0..=9).filter_map(|level| Some((DECOMPRESSED, compressed(body, level)?))));
    undone
}

/// The ways in which this JSON is usually written, by someone who keeps the order of the fields.
fn json_forms(value: &Value) -> Vec<(&'static str, Vec<u8>)> {
    const PRETTY: &str = "it is JSON, and white space was taken out of it";
    const MINIFIED: &str = "it is JSON, and white space was added to it";

    let indented = |indent: &[u8]| {
        let mut json = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut json, PrettyFormatter::with_indent(indent));
        value.serialize(&mut serializer).ok().map(|()| json)
    };
    let mut forms: Vec<_> = serde_json::to_vec(value).ok().map(|json| (MINIFIED, json)).into_iter().collect();
    for indent in [&b"  "[..], b"    ", b"\t"] {
        let Some(json) = indented(indent) else { continue };
        // Jackson, the usual library of the sender's language, writes a space before the colon as well.
        let text = String::from_utf8_lossy(&json).into_owned();
        let jackson = text.replace("\": ", "\" : ");
        for form in [text, jackson] {
            forms.push((PRETTY, form.clone().into()));
            forms.push((PRETTY, format!("{form}\n").into()));
            forms.push((PRETTY, form.replace('\n', "\r\n").into()));
        }
    }
    forms
}

fn decompressed(body: &[u8]) -> Option<Vec<u8>> {
    let mut original = Vec::new();
    GzDecoder::new(body).take(LARGEST).read_to_end(&mut original).ok().map(|_| original)
}

fn compressed(body: &[u8], level: u32) -> Option<Vec<u8>> {
    let mut original = Vec::new();
    GzEncoder::new(body, Compression::new(level)).read_to_end(&mut original).ok().map(|_| original)
}

/// The byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Octets of decompressed body that are looked at: a small body can be a very large one compressed.
const LARGEST: u64 = 16 * 1024 * 1024;
