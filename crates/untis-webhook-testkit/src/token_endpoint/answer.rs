//! What a request is answered.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use getrandom::SysRng;
use getrandom::rand_core::TryRng;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use super::accounts::Ledger;
use super::request::Request;
use super::{Accounts, Fault, Refusal};

/// Answers one request. The connection is closed after it.
pub(super) fn serve(mut stream: &TcpStream, accounts: &Accounts) -> io::Result<()> {
    let Some(request) = Request::read(&mut stream)? else { return Ok(()) };
    let (answer, fault) = {
        let mut ledger = accounts.lock();
        match ledger.count(request.tenant_id.as_deref()) {
            None => (answer(&request, &mut ledger)?, None),
            Some(fault) => (token()?, Some(fault)),
        }
    };
    match fault {
        None => write(stream, &answer)?,
        Some(Fault::Answer(answer)) => write(stream, &answer)?,
        Some(Fault::Close) => {}
        // Until the client has had enough, or the endpoint stops.
        Some(Fault::Endless) => {
            write_head(stream, &answer)?;
            stream.write_all(b"\r\n")?;
            while stream.write_all(&[b' '; 4096]).is_ok() {}
        }
        Some(Fault::Hang) => drop(io::copy(&mut stream, &mut io::sink())),
        Some(Fault::Truncate) => {
            write_head(stream, &answer)?;
            write!(stream, "Content-Length: {}\r\n\r\n{}", answer.body().len() + 1, answer.body())?;
        }
    }
    // What the client still sends is read, so that the answer reaches it before a reset would.
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream.take(DRAINED), &mut io::sink()).map(drop)
}

fn answer(request: &Request, ledger: &mut Ledger) -> io::Result<Response<String>> {
    let Some(tenant_id) = &request.tenant_id else {
        return Ok(with(StatusCode::NOT_FOUND, String::new(), []));
    };
    if request.method != "POST" {
        let allowed = [(ALLOW, HeaderValue::from_static("POST"))];
        return Ok(with(StatusCode::METHOD_NOT_ALLOWED, String::new(), allowed));
    }
    Ok(match (request.grant_type.as_deref(), &request.credentials) {
        (None, _) => error(StatusCode::BAD_REQUEST, "invalid_request"),
        (Some("client_credentials"), None) => refused(Refusal::InvalidClient),
        (Some("client_credentials"), Some(credentials)) => match ledger.issues(tenant_id, credentials) {
            true => token()?,
            false => refused(ledger.refusal),
        },
        (Some(_), _) => error(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    })
}

/// RFC 6749 section 5.1.
fn token() -> io::Result<Response<String>> {
    let mut octets = [0; 32];
    SysRng.try_fill_bytes(&mut octets).map_err(io::Error::other)?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(octets);
    let token = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{EXPIRES_IN}}}"#);
    Ok(json(StatusCode::OK, token))
}

fn refused(refusal: Refusal) -> Response<String> {
    let (status, code) = refusal.answer();
    let mut answer = error(status, code);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    }
    answer
}

/// RFC 6749 section 5.2.
fn error(status: StatusCode, code: &str) -> Response<String> {
    json(status, format!(r#"{{"error":"{code}"}}"#))
}

fn json(status: StatusCode, body: String) -> Response<String> {
    let content_type = HeaderValue::from_static("application/json;charset=UTF-8");
    let no_store = HeaderValue::from_static("no-store");
    with(status, body, [(CONTENT_TYPE, content_type), (CACHE_CONTROL, no_store)])
}

fn with<const N: usize>(
    status: StatusCode,
    body: String,
    headers: [(HeaderName, HeaderValue); N],
) -> Response<String> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().extend(headers);
    answer
}

fn write(mut stream: &TcpStream, answer: &Response<String>) -> io::Result<()> {
    write_head(stream, answer)?;
    write!(stream, "Content-Length: {}\r\n\r\n{}", answer.body().len(), answer.body())
}

/// All but the body's length and the empty line.
fn write_head(stream: &TcpStream, answer: &Response<String>) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let mut stream = stream;
    stream.write_all(&head)
}

/// Seconds; the platform's tokens live as long.
const EXPIRES_IN: u32 = 180;

/// Octets that are read of what a client sends after its request.
const DRAINED: u64 = 64 * 1024;
