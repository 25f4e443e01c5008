//! What the headers of a delivery present, and what happened to those that should.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use untis_webhook::{Algorithm, KeySet};

use super::algorithm;
use super::look::{self, Look, look};
use super::signer::{Signer, octets, signer};
use crate::input::Delivery;

/// What can be said of one header, as a sentence without its subject.
#[derive(Debug, Serialize)]
pub(super) struct HeaderReport {
    /// `None` is the query of the address.
    header: Option<String>,
    pub(super) found: String,
    /// Whether it is as it should be.
    pub(super) good: bool,
    /// Octets of what is there in place of a signature.
    octets: Option<usize>,
    /// The key that made the signature in it.
    signed_by: Option<String>,
}

impl HeaderReport {
    /// What the sentence is about.
    pub(super) fn subject(&self) -> String {
        self.header.as_ref().map_or("query".to_owned(), |name| format!("{name} header"))
    }
}

/// What the headers say together.
#[derive(Default)]
pub(super) struct Headers {
    /// What is worth saying of a header, that of the signature first.
    pub(super) reports: Vec<HeaderReport>,
    /// A signature by one of the keys, wherever it is.
    pub(super) signer: Option<Signer>,
    /// The octets of that signature, or of what is in its place and has the right form.
    pub(super) signature: Option<Vec<u8>>,
    /// The algorithm that the header names, if it is supported.
    pub(super) claimed: Option<Algorithm>,
    /// What to do about the faults.
    pub(super) next: Option<String>,
}

pub(super) fn examine(keys: &KeySet, delivery: &Delivery) -> Headers {
    let mut headers = Headers::default();
    headers.signature(keys, delivery);
    headers.elsewhere(keys, delivery);
    headers.algorithm(delivery);
    if let Some(signer) = &headers.signer {
        headers.signature = Some(signer.reading.octets.clone());
    }
    headers
}

impl Headers {
    fn signature(&mut self, keys: &KeySet, delivery: &Delivery) {
        let name = &delivery.names.signature;
        let shown = canonical(name);
        let values: Vec<_> = delivery.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let signer = |value: &&[u8]| str::from_utf8(value).ok().and_then(|text| signer(keys, text));
        let signers: Vec<_> = values.iter().map(signer).collect();
        self.signer = signers.iter().flatten().next().cloned();
        let (found, next) = match (values.as_slice(), &self.signer) {
            ([], _) => ("is missing".into(), format!("{}, {}", missing(&shown), copied())),
            ([_], Some(signer)) if signer.reading.how.is_empty() => return,
            ([_], Some(signer)) => {
                let next = format!(
                    "find what rewrites {shown} on its way: the platform sends base64 (standard alphabet, padded) and \
                     nothing around it"
                );
                (format!("is the signature by {}{}", signer.key, signer.reading.how()), next)
            }
            ([value], None) => return self.not_a_signature(keys, delivery, value),
            (several, _) => {
                let next = format!(
                    "find what adds a second {shown} header on the way: have it leave the header to the platform, and put its own \
                     under another name"
                );
                (repeated(several, &signers), next)
            }
        };
        let octets = self.signer.as_ref().map(|signer| signer.reading.octets.len());
        let signed_by = self.signer.as_ref().map(|signer| signer.key.clone());
        self.reports.push(HeaderReport { header: Some(shown), found, good: false, octets, signed_by });
        self.next = Some(next);
    }

    /// One value that no key here signed.
    fn not_a_signature(&mut self, keys: &KeySet, delivery: &Delivery, value: &[u8]) {
        self.signature = BASE64_STANDARD.decode(value).ok().filter(|octets| !octets.is_empty());
        let shown = canonical(&delivery.names.signature);
        let Look { what, octets, kind } = look(keys, value, delivery.body.as_deref());
        let next = match kind {
            look::Kind::Whole => return,
            look::Kind::Empty => {
                format!("find what empties {shown} on its way: have it pass the header on, {}", copied())
            }
            look::Kind::Foreign => format!(
                "find what puts something of its own into {shown}: have it leave the header to the platform, {}",
                copied(),
            ),
            look::Kind::Mangled => format!(
                "find what rewrites or cuts {shown} on its way: the platform sends base64 (standard alphabet, padded) and \
                 nothing around it"
            ),
        };
        let lengths =
            octets.map(|len| format!(" ({len} octets; a signature by these keys has {})", lengths(keys)));
        let found = format!("{what}{}", lengths.unwrap_or_default());
        self.reports.push(HeaderReport { header: Some(shown), found, good: false, octets, signed_by: None });
        self.next = Some(next);
    }

    /// A signature under another header's name, or in the query.
    fn elsewhere(&mut self, keys: &KeySet, delivery: &Delivery) {
        if self.signer.is_some() {
            return;
        }
        let others = delivery.headers.iter().filter(|(name, _)| **name != delivery.names.signature);
        let found =
            others.filter_map(|(name, value)| Some((name, signer(keys, value.to_str().ok()?)?))).next();
        if let Some((name, signer)) = found {
            let settings = settings("signature", Some(name));
            self.next = Some(match signer.reading.how.is_empty() {
                _ if *name == delivery.names.algorithm => {
                    "find what exchanges the values of the two headers on their way".to_owned()
                }
                true => format!(
                    "read the signature from that header: {settings}, unless the front end can leave it where it was"
                ),
                false => format!(
                    "have the front end leave the signature as it came, and read that header: {settings}"
                ),
            });
            self.found_elsewhere(Some(canonical(name)), signer);
            return;
        }
        let query =
            delivery.line.as_ref().and_then(|(_, target)| target.split_once('?')).map(|(_, query)| query);
        let values =
            query.into_iter().flat_map(|query| query.split('&')).filter_map(|pair| pair.split_once('='));
        // A plus in a query is a space, which is one of the things that are undone.
        let found = values
            .take(MOST_PARAMETERS)
            .find_map(|(_, value)| signer(keys, &percent_decode_str(value).decode_utf8_lossy()));
        if let Some(signer) = found {
            self.next = Some(
                "have the front end pass the signature in a header: a receiver reads none from the address"
                    .into(),
            );
            self.found_elsewhere(None, signer);
        }
    }

    fn found_elsewhere(&mut self, header: Option<String>, signer: Signer) {
        let found = format!("holds the signature by {}{}", signer.key, signer.reading.how());
        let (octets, signed_by) = (Some(signer.reading.octets.len()), Some(signer.key.clone()));
        self.reports.push(HeaderReport { header, found, good: true, octets, signed_by });
        self.signer = Some(signer);
    }

    fn algorithm(&mut self, delivery: &Delivery) {
        let name = &delivery.names.algorithm;
        let shown = canonical(name);
        let values: Vec<_> = delivery.headers.get_all(name).iter().collect();
        self.claimed = values.iter().find_map(|value| supported(value));
        let (found, next) = match values.as_slice() {
            [] if self.signer.is_none() && !delivery.headers.contains_key(&delivery.names.signature) => {
                ("is missing".to_owned(), format!("and so with {shown}"))
            }
            [] => ("is missing".to_owned(), missing(&shown)),
            [value] if supported(value).is_some() => {
                let made = self.signer.as_ref().map(|signer| signer.digest.algorithm());
                match (self.claimed, made) {
                    (Some(claimed), Some(made)) if claimed != made => (
                        format!("names {claimed}, and the signature was made with {made}"),
                        format!("find what changes {shown} on its way"),
                    ),
                    _ => return,
                }
            }
            [value] => {
                let next = format!(
                    "find what writes {shown}: the platform sends SHA256withRSA, and the receiver takes what stands in the \
                     header as it is"
                );
                (algorithm::look(value.as_bytes()), next)
            }
            several => (
                format!("is there {} times", several.len()),
                format!(
                    "find what adds a second {shown} header on the way, and have it leave the header to the platform"
                ),
            ),
        };
        let is_missing = values.is_empty();
        self.reports.push(HeaderReport {
            header: Some(shown),
            found,
            good: false,
            octets: None,
            signed_by: None,
        });
        let mut others = delivery.headers.iter().filter(|(other, _)| is_missing && *other != name);
        let other = others.find_map(|(other, value)| Some((other, supported(value)?)));
        let next = match other {
            Some((other, algorithm)) => {
                let (header, found) = (Some(canonical(other)), format!("names {algorithm}"));
                self.reports.push(HeaderReport { header, found, good: true, octets: None, signed_by: None });
                format!(
                    "read the algorithm from the header that names it: {}",
                    settings("algorithm", Some(other))
                )
            }
            None => next,
        };
        match &mut self.next {
            Some(first) => first.push_str(&format!("; {next}")),
            none => *none = Some(next),
        }
    }
}

fn supported(value: &HeaderValue) -> Option<Algorithm> {
    value.to_str().ok()?.parse().ok()
}

/// What to look at where there is no such header, the nearest first.
fn missing(shown: &str) -> String {
    format!(
        "see whether {shown} was sent, and saved with the request; if it was, have the front end pass it on"
    )
}

/// What is said of a header that is there more than once.
fn repeated(values: &[&[u8]], signers: &[Option<Signer>]) -> String {
    let first = values.first();
    let alike = match values.iter().all(|value| Some(value) == first) {
        true => "the same value",
        false => "different values",
    };
    let signed: Vec<_> = (1_usize..).zip(signers).filter(|(_, signer)| signer.is_some()).collect();
    let genuine = match *signed {
        [] => String::new(),
        [(at, Some(signer))] => format!(": the {} is the signature by {}", ordinal(at), signer.key),
        _ => ": more than one is a signature by these keys".into(),
    };
    format!("is there {} times, with {alike}{genuine}", values.len())
}

/// What helps where a front end needs a header for itself.
fn copied() -> String {
    format!("or copy it to another header before and name that ({})", settings("signature", None))
}

/// How a header is named: here, in a receiver's environment, in code.
fn settings(which: &str, name: Option<&HeaderName>) -> String {
    let name = name.map_or("NAME".to_owned(), canonical);
    let variable = format!("UNTIS_WEBHOOK_{}_HEADER", which.to_ascii_uppercase());
    format!("--{which}-header {name}, {variable}={name} in a receiver's environment, HeaderNames in code")
}

/// The name in the spelling that documents use.
pub(super) fn canonical(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    words.collect::<Vec<_>>().join("-")
}

/// Octets of the signatures that these keys make.
fn lengths(keys: &KeySet) -> String {
    let mut lengths: Vec<_> = keys.iter().map(|(_, key)| octets(key)).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

fn ordinal(at: usize) -> String {
    match at {
        1 => "first".into(),
        2 => "second".into(),
        3 => "third".into(),
        at => format!("{at}th"),
    }
}

/// Parameters of a query that are looked at.
const MOST_PARAMETERS: usize = 32;
