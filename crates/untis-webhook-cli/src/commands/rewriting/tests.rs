//! What is said of a body for which it is known what happened to it.

#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod json;
mod octets;
mod search;

use std::io::Read;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};
use unicode_normalization::UnicodeNormalization;
use untis_webhook::{Algorithm, Digest};

use super::{Explained, explain, sentence};

const SIGNED: &str = r#"{"tenantId":"4711","eventType":"DELETION","reasonText":"Größe </b> & 'mehr'"}"#;

fn said(signed: impl AsRef<[u8]>, arrived: impl AsRef<[u8]>) -> String {
    said_beside(signed, arrived, None)
}

fn said_beside(signed: impl AsRef<[u8]>, arrived: impl AsRef<[u8]>, declared: Option<usize>) -> String {
    let digest = Digest::of(Algorithm::Sha256WithRsa, signed.as_ref());
    match explain(&digest, arrived.as_ref(), declared) {
        Explained::By(changes) => sentence(&changes),
        other => format!("{other:?}"),
    }
}

fn compressed(mut encoder: impl Read) -> Vec<u8> {
    let mut compressed = vec![];
    encoder.read_to_end(&mut compressed).unwrap();
    compressed
}

fn gzip(body: &[u8]) -> Vec<u8> {
    compressed(GzEncoder::new(body, Compression::new(6)))
}

/// As a reader of Latin-1 that writes UTF-8 does.
fn read_as_latin_1(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn octets_of_latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn escaped(text: &str, upper: bool) -> String {
    let escape = |c: char| match (c.is_ascii(), upper) {
        (true, _) => c.to_string(),
        (false, true) => format!("\\u{:04X}", u32::from(c)),
        (false, false) => format!("\\u{:04x}", u32::from(c)),
    };
    text.chars().map(escape).collect()
}
