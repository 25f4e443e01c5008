//! What a command reads: keys, bodies, saved requests.

mod file;
mod saved;

use std::io::ErrorKind;

use anyhow::{Context, Result, anyhow};
use http::HeaderMap;
use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Rejection};
use untis_webhook_config::{KeysError, shown};

pub(crate) use self::file::{read, signing_key};
use crate::args;

/// The keys of `NAME=FILE` entries.
pub(crate) fn keys(args: &args::Keys) -> Result<KeySet> {
    untis_webhook_config::keys(args.keys.iter().map(String::as_str)).map_err(|error| match &error {
        KeysError::File { error: cause, .. } if cause.kind() == ErrorKind::NotFound => {
            anyhow!("--key: {error}: untis-webhook keygen makes one for development")
        }
        _ => anyhow!("--key: {error}"),
    })
}

/// The names of the headers that are read.
pub(crate) fn header_names(args: &args::Headers) -> Result<HeaderNames> {
    let (signature, algorithm) = (args.signature_header.as_deref(), args.algorithm_header.as_deref());
    let names = untis_webhook_config::header_names(
        ("--signature-header", signature),
        ("--algorithm-header", algorithm),
    );
    Ok(names?)
}

/// A delivery as it was given, or as it came.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// The method and the target of the request, if they are known.
    pub(crate) line: Option<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// The body, if there is all of it.
    pub(crate) body: Option<Vec<u8>>,
    /// Where the signature is looked for.
    pub(crate) names: HeaderNames,
}

impl Delivery {
    pub(crate) fn read(args: &args::Delivery) -> Result<Self> {
        let mut delivery = match &args.request {
            Some(file) => saved::parse(&read(file)?).with_context(|| shown(file))?,
            None => Self::default(),
        };
        delivery.names = header_names(&args.headers)?;
        let HeaderNames { signature, algorithm } = &delivery.names;
        if let Some(value) = &args.authorization {
            // openssl writes base64 in lines; no header has any.
            let value = value.replace(['\r', '\n'], "");
            let value = value.parse().map_err(|_| anyhow!("expected a header value for --authorization"))?;
            delivery.headers.insert(signature, value);
        }
        if let Some(value) = &args.algorithm {
            let value =
                value.trim().parse().map_err(|_| anyhow!("expected a header value for --algorithm"))?;
            delivery.headers.insert(algorithm, value);
        }
        if let Some(file) = &args.body {
            delivery.body = Some(read(file)?);
        }
        Ok(delivery)
    }

    /// The signature that the headers present.
    pub(crate) fn presented(&self) -> Result<PresentedSignature, Rejection> {
        PresentedSignature::from_headers(&self.headers, &self.names)
    }
}

/// The Content-Length, if it is a number.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
