use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::change::Kind;
use super::compression::GZIP;

/// What may have happened and cannot be checked: what was lost is not there to be hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suspicion {
    /// The end of a sentence that begins with "perhaps".
    pub(crate) what: String,
    pub(crate) kind: Option<Kind>,
}

/// What is to be suspected of a body that no rewriting explains.
pub(crate) fn suspect(headers: &HeaderMap, body: &[u8]) -> Vec<Suspicion> {
    let kinds = [compression(headers, body), lost_characters(body), cut(body), form(headers, body)];
    kinds.into_iter().flatten().collect()
}

/// Codings that are not undone here, or not by the compressor that the sender had.
fn compression(headers: &HeaderMap, body: &[u8]) -> Option<Suspicion> {
    let names = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names: Vec<_> = names.flat_map(|value| value.split(',')).map(str::trim).collect();
    let coding =
        CODINGS.into_iter().find(|(coding, _)| names.iter().any(|name| name.eq_ignore_ascii_case(coding)));
    let marked = CODINGS.into_iter().find(|(_, mark)| !mark.is_empty() && body.starts_with(mark));
    let (kind, what) = match (coding, marked) {
        (_, Some((coding, _))) => (Kind::Compressed, format!("it was compressed ({coding}) on its way")),
        (Some((coding, _)), None) if is_text(body) => {
            let what =
                format!("it was decompressed on its way: its Content-Encoding is {coding}, and it is a text");
            (Kind::Decompressed, what)
        }
        (Some((coding, _)), None) => {
            (Kind::Compressed, format!("it was compressed on its way: its Content-Encoding is {coding}"))
        }
        (None, None) => return None,
    };
    Some(Suspicion { what, kind: Some(kind) })
}

fn is_text(body: &[u8]) -> bool {
    str::from_utf8(body).is_ok_and(|text| {
        !text.contains(|c: char| c.is_ascii_control() && !c.is_ascii_whitespace() && c != '\u{7f}')
    })
}

/// Characters that another charset did not have.
fn lost_characters(body: &[u8]) -> Option<Suspicion> {
    let text = String::from_utf8_lossy(body);
    let what = if str::from_utf8(body).is_ok()
        && (text.contains('\u{fffd}') || text.to_ascii_lowercase().contains("\\ufffd"))
    {
        "characters were lost in another charset: it has U+FFFD, which stands for what could not be read"
    } else if text.is_ascii() && question_mark_in_a_word(&text) {
        "characters were lost in another charset: it has a question mark inside a word, and no character beyond ASCII"
    } else {
        return None;
    };
    Some(Suspicion { what: what.into(), kind: Some(Kind::Charset) })
}

/// Between letters, or two of them after one. An address has its question mark after other characters, mostly.
fn question_mark_in_a_word(text: &str) -> bool {
    let octets: Vec<_> = text.bytes().collect();
    octets.windows(3).any(|three| match three {
        [before, b'?', after] => {
            before.is_ascii_alphabetic() && (after.is_ascii_alphabetic() || *after == b'?')
        }
        _ => false,
    })
}

fn cut(body: &[u8]) -> Option<Suspicion> {
    let error = serde_json::from_slice::<serde::de::IgnoredAny>(body).err()?;
    let what = "its end was lost: it is JSON that ends too early";
    (error.is_eof() && !body.is_empty()).then(|| Suspicion { what: what.into(), kind: None })
}

fn form(headers: &HeaderMap, body: &[u8]) -> Option<Suspicion> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let what = "something made a form of it: its Content-Type says so";
    let is_form = value.starts_with("application/x-www-form-urlencoded") || value.starts_with("multipart/");
    (is_form && !body.trim_ascii_start().starts_with(b"{"))
        .then(|| Suspicion { what: what.into(), kind: Some(Kind::Wrapped) })
}

/// Codings of HTTP (<https://www.iana.org/assignments/http-parameters>), with what a body in them begins with.
const CODINGS: [(&str, &[u8]); 6] = [
    ("gzip", GZIP),
    ("x-gzip", b""),
    ("deflate", b""),
    ("br", b""),
    ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]),
    ("compress", &[0x1f, 0x9d]),
];
