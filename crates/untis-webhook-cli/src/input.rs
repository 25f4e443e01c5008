//! What a command reads: keys, bodies, saved requests.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Rejection};
use untis_webhook_testkit::SigningKey;

use zeroize::Zeroizing;

use crate::args;

/// A file, or standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(bytes);
    }
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// A private key.
pub(crate) fn signing_key(file: &Path) -> Result<SigningKey> {
    let pem = Zeroizing::new(read(file)?);
    let key =
        str::from_utf8(&pem).map_err(anyhow::Error::new).and_then(|pem| Ok(SigningKey::from_pkcs8_pem(pem)?));
    key.with_context(|| file.display().to_string())
}

/// The keys of `NAME=FILE` entries.
pub(crate) fn keys(args: &args::Keys) -> Result<KeySet> {
    untis_webhook_config::keys(args.keys.iter().map(String::as_str)).context("--key")
}

/// A delivery as it was given: the headers, and the body if there is one.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

impl Delivery {
    pub(crate) fn read(args: &args::Delivery) -> Result<Self> {
        let mut delivery = match &args.request {
            Some(file) => parse_request(&read(file)?).with_context(|| file.display().to_string())?,
            None => Self { headers: HeaderMap::new(), body: None },
        };
        let names = HeaderNames::default();
        for (name, value) in [(names.signature, &args.authorization), (names.algorithm, &args.algorithm)] {
            if let Some(value) = value {
                let value = value.parse().map_err(|_| anyhow!("expected a header value for --{name}"))?;
                delivery.headers.insert(name, value);
            }
        }
        if let Some(file) = &args.body {
            delivery.body = Some(read(file)?);
        }
        Ok(delivery)
    }

    /// The signature that the headers present.
    pub(crate) fn presented(&self) -> Result<PresentedSignature, Rejection> {
        PresentedSignature::from_headers(&self.headers, &HeaderNames::default())
    }
}

fn parse_request(bytes: &[u8]) -> Result<Delivery> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(bytes).context("expected an HTTP request")?;
    let httparse::Status::Complete(head) = status else {
        bail!("expected an HTTP request, found no empty line after its head")
    };
    let mut map = HeaderMap::new();
    for header in request.headers {
        map.append(HeaderName::try_from(header.name)?, HeaderValue::from_bytes(header.value)?);
    }
    if map.contains_key(http::header::TRANSFER_ENCODING) {
        bail!("expected a body as it was signed, found one with a transfer encoding: save it without");
    }
    Ok(Delivery { headers: map, body: Some(bytes.get(head..).unwrap_or_default().to_vec()) })
}
