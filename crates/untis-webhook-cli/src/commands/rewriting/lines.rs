//! Byte order marks, line ends, and white space around.

use std::ops::ControlFlow;

use super::change::{Change, Kind};
use super::search::{Found, Stage};

pub(super) fn undo(body: &[u8], stage: Stage, found: &mut Found<'_>) -> ControlFlow<()> {
    if body.ends_with(b"\0") {
        let rest = body.iter().rposition(|octet| *octet != 0).and_then(|last| body.get(..=last));
        let change = Kind::Followed.change("zero octets were added to it");
        found(stage, change, rest.unwrap_or_default().to_vec())?;
    }
    if let Some((half, _)) = body.split_at_checked(body.len() / 2).filter(|(half, other)| half == other) {
        found(stage, Kind::Followed.change("it is there twice"), half.to_vec())?;
    }
    let mut found = |what, original| found(stage, Kind::Lines.change(what), original);
    match body.strip_prefix(BOM) {
        Some(rest) => found("a byte order mark was added to it", rest.to_vec())?,
        None => found("its byte order mark was lost", [BOM, body].concat())?,
    }
    for end in [&b"\r\n"[..], b"\n"] {
        if let Some(rest) = body.strip_suffix(end) {
            found("a line end was added to it", rest.to_vec())?;
        }
    }
    for end in [&b"\n"[..], b"\r\n"] {
        found("its last line end was lost", [body, end].concat())?;
    }
    let trimmed = body.trim_ascii();
    if trimmed.len() < body.len() {
        found("white space was added around it", trimmed.to_vec())?;
        for end in [&b"\n"[..], b"\r\n"] {
            found("the white space around it was changed", [trimmed, end].concat())?;
        }
    }
    if body.contains(&b'\r') || body.contains(&b'\n') {
        let lf = with_lf(body);
        found("its line ends were changed from CRLF to LF", with_crlf(&lf))?;
        found("its line ends were changed from LF to CRLF", lf)?;
    }
    ControlFlow::Continue(())
}

/// What is said of a body that goes on after its Content-Length.
pub(super) fn followed() -> Change {
    Kind::Followed.change("octets were added after its end")
}

fn with_lf(body: &[u8]) -> Vec<u8> {
    let mut octets = body.iter().copied().peekable();
    let mut lf = Vec::with_capacity(body.len());
    while let Some(octet) = octets.next() {
        if !(octet == b'\r' && octets.peek() == Some(&b'\n')) {
            lf.push(octet);
        }
    }
    lf
}

fn with_crlf(lf: &[u8]) -> Vec<u8> {
    lf.split(|octet| *octet == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..])
}

/// The byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";
