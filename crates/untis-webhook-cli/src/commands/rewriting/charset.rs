//! Other character sets than the UTF-8 in which the platform sends.

use std::ops::ControlFlow;

use unicode_normalization::{UnicodeNormalization, is_nfc, is_nfd};

use super::change::Kind;
use super::search::{Found, Stage};

pub(super) fn undo(body: &[u8], stage: Stage, found: &mut Found<'_>) -> ControlFlow<()> {
    let mut found = |what: String, original| found(stage, Kind::Charset.change(what), original);
    let text = str::from_utf8(body).ok();
    if let Some(text) = text.filter(|text| !text.is_ascii()) {
        for (charset, octets) in narrow(text) {
            // What was UTF-8 before is no longer after it was read as something else.
            let what = match str::from_utf8(&octets) {
                Ok(_) => format!("its UTF-8 was read as {charset} and written as UTF-8 again"),
                Err(_) => format!("it was transcoded from {charset} to UTF-8"),
            };
            found(what, octets)?;
        }
        if !is_nfd(text) {
            found("its Unicode was composed (NFC)".into(), text.nfd().collect::<String>().into_bytes())?;
        }
        if !is_nfc(text) {
            found("its Unicode was decomposed (NFD)".into(), text.nfc().collect::<String>().into_bytes())?;
        }
    }
    let from_utf_8 = |charset| format!("it was transcoded from UTF-8 to {charset}");
    match text {
        // ASCII in UTF-16 and UTF-32 is UTF-8 as well, with a zero in every character.
        Some(text) if text.contains('\0') => {
            for (charset, text) in units(body) {
                found(from_utf_8(charset), text.into_bytes())?;
            }
        }
        Some(text) => {
            for (charset, (_, to_octets)) in UTF16 {
                for mark in ["", "\u{feff}"] {
                    let units = mark.encode_utf16().chain(text.encode_utf16());
                    found(
                        format!("it was transcoded from {charset} to UTF-8"),
                        units.flat_map(to_octets).collect(),
                    )?;
                }
            }
        }
        None => {
            for (charset, text) in wide(body) {
                found(from_utf_8(charset), text.into_bytes())?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// The octets whose characters in an encoding of one octet each these are.
fn narrow(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let latin_1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    let windows: Option<Vec<u8>> = text.chars().map(to_windows_1252).collect();
    match (latin_1, windows) {
        (Some(latin_1), Some(windows)) if latin_1 == windows => vec![(BOTH, latin_1)],
        (latin_1, windows) => {
            let latin_1 = latin_1.map(|octets| ("Latin-1", octets));
            latin_1.into_iter().chain(windows.map(|octets| ("Windows-1252", octets))).collect()
        }
    }
}

/// The texts that these octets are in encodings that are not UTF-8.
fn wide(body: &[u8]) -> Vec<(&'static str, String)> {
    let latin_1: String = body.iter().copied().map(char::from).collect();
    let windows: String = body.iter().copied().map(from_windows_1252).collect();
    let mut texts = match latin_1 == windows {
        true => vec![(BOTH, latin_1)],
        false => vec![("Latin-1", latin_1), ("Windows-1252", windows)],
    };
    texts.extend(units(body));
    texts
}

/// The texts that these octets are in encodings of two or four octets each, without a byte order mark.
fn units(body: &[u8]) -> Vec<(&'static str, String)> {
    let utf16 = UTF16.into_iter().filter_map(|(charset, (from_octets, _))| {
        let (units, []) = body.as_chunks() else { return None };
        let text = char::decode_utf16(units.iter().copied().map(from_octets));
        Some((charset, text.collect::<Result<String, _>>().ok()?))
    });
    let utf32 = UTF32.into_iter().filter_map(|(charset, from_octets)| {
        let (units, []) = body.as_chunks() else { return None };
        let text = units.iter().copied().map(from_octets).map(char::from_u32);
        Some((charset, text.collect::<Option<String>>()?))
    });
    let without_mark = |text: String| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    utf16.chain(utf32).map(|(charset, text)| (charset, without_mark(text))).collect()
}

fn from_windows_1252(octet: u8) -> char {
    let high = usize::from(octet).checked_sub(0x80).and_then(|at| WINDOWS_1252.get(at));
    high.copied().unwrap_or(char::from(octet))
}

fn to_windows_1252(c: char) -> Option<u8> {
    match WINDOWS_1252.iter().zip(0x80..).find(|(high, _)| **high == c) {
        Some((_, octet)) => Some(octet),
        None => u8::try_from(c).ok().filter(|octet| !(0x80..0xa0).contains(octet)),
    }
}

type Units = (fn([u8; 2]) -> u16, fn(u16) -> [u8; 2]);

const UTF16: [(&str, Units); 2] = [
    ("UTF-16LE", (u16::from_le_bytes, u16::to_le_bytes)),
    ("UTF-16BE", (u16::from_be_bytes, u16::to_be_bytes)),
];

type Unit = fn([u8; 4]) -> u32;

const UTF32: [(&str, Unit); 2] = [("UTF-32LE", u32::from_le_bytes), ("UTF-32BE", u32::from_be_bytes)];

/// Where the two agree on all that is there.
const BOTH: &str = "Latin-1 or Windows-1252";

/// 0x80 to 0x9f, as <https://encoding.spec.whatwg.org/index-windows-1252.txt> has them.
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}',
    '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];
