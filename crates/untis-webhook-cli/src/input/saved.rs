//! A request as tools save it.

use anyhow::{Context, Result, bail};
use http::header::{HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::Delivery;
use crate::commands::rewriting::dechunked;

/// Reads a saved request: a request line with any version of HTTP or none, or no request line at all; the pseudo-headers of
/// HTTP/2; lines that end in CRLF or LF; what `curl -v` writes before and around them.
pub(super) fn parse(bytes: &[u8]) -> Result<Delivery> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        bail!(
            "expected an HTTP request, found text in UTF-16: its body is no longer the octets that were sent"
        );
    }
    let mut rest = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let curl = from_curl(rest);
    let mut head = Head::default();
    let mut whole = false;
    while !whole && !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        let line = match (curl, line.strip_prefix(b">")) {
            (true, Some(line)) => line.strip_prefix(b" ").unwrap_or(line),
            (true, None) => continue,
            (false, _) => line,
        };
        match line.is_empty() {
            true => whole = !head.is_empty(),
            false => head.read(line)?,
        }
    }
    if !whole && head.headers.is_empty() {
        bail!("expected an HTTP request, found no headers");
    }
    let headers = head.headers()?;
    let body = if curl { body_beside_curls_lines(&headers, rest) } else { Some(rest.to_vec()) };
    let body = transferred(&headers, body.filter(|_| whole))?;
    Ok(Delivery { line: head.line, headers, body, ..Delivery::default() })
}

#[derive(Default)]
struct Head {
    line: Option<(String, String)>,
    headers: Vec<(HeaderName, Vec<u8>)>,
}

impl Head {
    fn is_empty(&self) -> bool {
        self.line.is_none() && self.headers.is_empty()
    }

    fn read(&mut self, line: &[u8]) -> Result<()> {
        let text = line.trim_ascii();
        // `:method: POST`
        if let Some((name, value)) = line.strip_prefix(b":").and_then(|line| split_at_colon(line)) {
            let value = String::from_utf8_lossy(value.trim_ascii()).into_owned();
            let (method, target) = self.line.get_or_insert_default();
            match name {
                b"method" => *method = value,
                b"path" => *target = value,
                _ => {}
            }
        } else if let Some((name, value)) = header(line) {
            self.headers.push((name, value.trim_ascii().to_vec()));
        } else if self.is_empty() {
            self.line = Some(request_line(line).context("expected an HTTP request")?);
        } else {
            // A line that goes on with the header before it (RFC 9112 section 5.2), or what openssl wraps at 64 columns.
            let base64 = |octet: &u8| {
                octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=' | b'-' | b'_')
            };
            match self.headers.last_mut() {
                Some((_, value)) if text.len() < line.len() || text.iter().all(base64) => {
                    // A tab, to tell a fold from a space that was a plus.
                    value.push(b'\t');
                    value.extend_from_slice(text);
                }
                _ => bail!("expected an HTTP request, found a line of its head that is no header"),
            }
        }
        Ok(())
    }

    fn headers(&self) -> Result<HeaderMap> {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value)
                .with_context(|| format!("expected an HTTP request, found a value of {name} that is none"))?;
            Ok((name.clone(), value))
        });
        headers.collect()
    }
}

/// `Name: value`.
fn header(line: &[u8]) -> Option<(HeaderName, &[u8])> {
    let (name, value) = split_at_colon(line)?;
    Some((HeaderName::from_bytes(name).ok()?, value))
}

/// `POST /webhook HTTP/2`: the version means nothing here.
fn request_line(line: &[u8]) -> Result<(String, String)> {
    let words: Vec<_> = str::from_utf8(line)?.split_ascii_whitespace().collect();
    match *words {
        [version, ..] if version.starts_with("HTTP/") => bail!("found a response"),
        ["==", "Info:", ..] | ["=>", "Send", ..] => {
            bail!("found a trace of curl, in which octets are lost: save what curl -v prints")
        }
        [json, ..] if json.starts_with(['{', '[']) => {
            bail!(
                "found JSON: a body alone is given without --request, and of a HAR file the request as text"
            )
        }
        [method, target] | [method, target, _]
            if method.bytes().all(|octet| octet.is_ascii_alphabetic())
                && (target.starts_with('/') || target.contains("://"))
                && words.get(2).is_none_or(|version| version.to_ascii_uppercase().starts_with("HTTP/")) =>
        {
            Ok((method.to_owned(), target.to_owned()))
        }
        _ => bail!("found another text"),
    }
}

/// Whether this is what `curl -v` prints: `> ` before the lines of the head, and other lines around them.
fn from_curl(text: &[u8]) -> bool {
    let lines =
        text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii).skip_while(|line| line.is_empty());
    lines.take_while(|line| !line.is_empty()).any(|line| {
        let inner = line.strip_prefix(b"> ");
        inner.is_some_and(|line| request_line(line).is_ok() || header(line).is_some())
    })
}

/// A body among the lines of `curl -v`, if somebody put it there: curl prints the answer's alone.
fn body_beside_curls_lines(headers: &HeaderMap, text: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && !rest.starts_with(b"<") {
        let (line, after) = split_line(rest);
        let with_end = rest.get(..rest.len().saturating_sub(after.len())).unwrap_or_default();
        if !["* ", "{ [", "} ["].iter().any(|own| line.starts_with(own.as_bytes())) {
            body.extend_from_slice(with_end.strip_prefix(b"> ").unwrap_or(with_end));
        }
        rest = after;
    }
    // The line end before the next of curl's lines, or of the file.
    let declared = super::content_length(headers);
    let without_end = split_line(&body).0.len();
    if declared == Some(without_end) || (declared.is_none() && !rest.is_empty()) {
        body.truncate(without_end);
    }
    (!body.is_empty()).then_some(body)
}

/// Takes off the framing of HTTP/1.1's chunks, where it was saved with the body.
fn transferred(headers: &HeaderMap, body: Option<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    let is = |value: &HeaderValue, name: &[u8]| value.as_bytes().eq_ignore_ascii_case(name);
    // `identity` is none (RFC 2616 section 3.6), and some servers write it all the same.
    let encodings = headers.get_all(TRANSFER_ENCODING).iter().filter(|value| !is(value, b"identity"));
    let mut encodings = encodings.peekable();
    if encodings.peek().is_none() {
        return Ok(body);
    }
    let is_size = |octet: &u8| octet.is_ascii_hexdigit();
    Ok(match body {
        Some(body) if encodings.all(|value| is(value, b"chunked")) => {
            match dechunked(&body) {
                Some(whole) => Some(whole),
                // Most tools save the body without, and the header all the same.
                None if body.first().is_some_and(is_size) => {
                    bail!("expected a body as it was signed, found a part of one in chunks: save it without")
                }
                None => Some(body),
            }
        }
        Some(_) => {
            bail!("expected a body as it was signed, found one with a transfer encoding: save it without")
        }
        None => None,
    })
}

fn split_at_colon(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = line.split_at_checked(line.iter().position(|octet| *octet == b':')?)?;
    Some((name, value.strip_prefix(b":")?))
}

/// A line without its end, and what follows.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|octet| *octet == b'\n').unwrap_or(text.len());
    let (line, rest) = text.split_at_checked(end).unwrap_or((text, b""));
    (line.strip_suffix(b"\r").unwrap_or(line), rest.strip_prefix(b"\n").unwrap_or(rest))
}
