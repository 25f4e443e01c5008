use std::io::{self, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

/// A request, as far as a token endpoint looks at it.
pub(super) struct Request {
    pub(super) method: String,
    /// The school, if the path is that of a token endpoint.
    pub(super) tenant_id: Option<String>,
    /// `client id:password`, if there are any of the scheme `Basic`.
    pub(super) credentials: Option<Vec<u8>>,
    /// If the body is a form that says.
    pub(super) grant_type: Option<String>,
}

impl Request {
    /// Reads one request; none if it ends before, is too large, or is no HTTP.
    pub(super) fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let mut received = Vec::new();
        let (mut request, declared, is_form, body_from) = loop {
            match parse_head(&received) {
                Ok(Some(head)) => break head,
                Ok(None) => {}
                Err(_) => return Ok(None),
            }
            if received.len() > MAX_LENGTH || !read_more(stream, &mut received)? {
                return Ok(None);
            }
        };
        let Some(end) = body_from.checked_add(declared).filter(|end| *end <= MAX_LENGTH) else {
            return Ok(None);
        };
        while received.len() < end {
            if !read_more(stream, &mut received)? {
                return Ok(None);
            }
        }
        let form = received.get(body_from..end).filter(|_| is_form).unwrap_or_default();
        let mut fields = form_urlencoded::parse(form);
        request.grant_type =
            fields.find(|(name, _)| name == "grant_type").map(|(_, value)| value.into_owned());
        Ok(Some(request))
    }
}

/// The head, the declared length of the body, whether it is a form, and where it begins; none if there is more to come.
fn parse_head(received: &[u8]) -> Result<Option<(Request, usize, bool, usize)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(body_from) = head.parse(received)? else { return Ok(None) };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(str::trim)
    };
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        tenant_id: head.path.and_then(tenant_id),
        credentials: header("authorization").and_then(basic),
        grant_type: None,
    };
    let declared = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let media_type = header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
    let is_form = media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    Ok(Some((request, declared, is_form, body_from)))
}

fn tenant_id(path: &str) -> Option<String> {
    let path = path.split('?').next()?;
    let tenant_id = path.strip_prefix("/WebUntis/api/sso/v3/")?.strip_suffix("/token")?;
    let is_one_segment = !tenant_id.is_empty() && !tenant_id.contains('/');
    let decoded = percent_decode_str(tenant_id).decode_utf8().ok()?;
    is_one_segment.then(|| decoded.into_owned())
}

fn basic(value: &str) -> Option<Vec<u8>> {
    let (scheme, credentials) = value.split_once(' ')?;
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    scheme.eq_ignore_ascii_case("Basic").then_some(credentials)
}

fn read_more(stream: &mut impl Read, received: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    let length = stream.read(&mut chunk)?;
    received.extend_from_slice(chunk.get(..length).unwrap_or_default());
    Ok(length > 0)
}

/// Octets of a head and a body together; a token request has some hundred.
const MAX_LENGTH: usize = 64 * 1024;
