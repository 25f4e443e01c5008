//! What a command reads: keys, bodies, saved requests.

mod file;
mod saved;

use std::io::ErrorKind;

use anyhow::{Context, Result, anyhow};
use http::HeaderMap;
use untis_webhook::{HeaderNames, KeySet, KeySetError, PresentedSignature, Rejection};
use untis_webhook_config::{KeysError, shown};

pub(crate) use self::file::{read, signing_key};
use crate::args::{self, Given};

/// The keys of `NAME=FILE` entries.
pub(crate) fn keys(args: &args::Keys) -> Result<KeySet> {
    let entries = args.keys.iter().map(|given| given.text.as_str());
    untis_webhook_config::keys(entries).map_err(|error| {
        let place = args.keys.first().map_or("--key", |given| given.place);
        match next(&error) {
            Some(next) => anyhow!("{place}: {error}: {next}"),
            None => anyhow!("{place}: {error}"),
        }
    })
}

/// What to do about keys that are none, where the error does not say it.
fn next(error: &KeysError) -> Option<&'static str> {
    match error {
        KeysError::File { error, .. } if error.kind() == ErrorKind::NotFound => {
            Some("untis-webhook keygen makes one for development")
        }
        KeysError::Inline(error) | KeysError::Key { error, .. } if !error.to_string().contains(": ") => {
            Some("take the key that Untis publishes, or untis-public.txt, which untis-webhook keygen makes")
        }
        KeysError::KeySet(KeySetError::RepeatedKey(..) | KeySetError::TooMany) => {
            Some("leave out what is not needed")
        }
        KeysError::KeySet(KeySetError::RepeatedName(_)) => Some("give each key a name of its own"),
        _ => None,
    }
}

/// The names of the headers that are read.
pub(crate) fn header_names(args: &args::Headers) -> Result<HeaderNames> {
    Ok(untis_webhook_config::header_names(
        Given::place_and_text(args.signature_header.as_ref(), "--signature-header"),
        Given::place_and_text(args.algorithm_header.as_ref(), "--algorithm-header"),
    )?)
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
