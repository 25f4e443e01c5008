use anyhow::Result;
use serde::Serialize;
use untis_webhook::{
    Algorithm, Digest, KeyId, KeySet, PresentedSignature, Rejection, Verifier, VerifyingKey,
};

use super::rewriting;
use crate::args::Inspect;
use crate::input::{Delivery, keys};
use crate::output::{self, Lines, RejectionReport, Verdict};

pub(crate) fn run(args: &Inspect) -> Result<Verdict> {
    let keys = keys(&args.check.keys)?;
    let delivery = Delivery::read(&args.check.delivery)?;
    let report = Report::new(&keys, &delivery);
    match args.check.json {
        true => output::json(&report)?,
        false => report.print()?,
    }
    Ok(if report.is_genuine() { Verdict::Done } else { Verdict::Refused })
}

fn inspect(keys: &KeySet, delivery: &Delivery, presented: &PresentedSignature) -> Report {
    let authorization = delivery.headers.get(http::header::AUTHORIZATION);
    let authorization = authorization.map(|value| value.as_bytes()).unwrap_or_default();
    let mut signed = None;
    let keys = keys.iter().map(|(id, key)| {
        let digest = begin(id, key, presented);
        let other = match digest {
            Some(_) => None,
            // The header claims an algorithm; perhaps it was another one that signed.
            None => Algorithm::ALL.into_iter().find(|other| {
                let presented = PresentedSignature::parse(other.java_name(), authorization);
                presented.is_ok_and(|presented| begin(id, key, &presented).is_some())
            }),
        };
        signed = signed.or(digest);
        KeyReport {
            name: id.to_string(),
            bits: key.bits(),
            signed: digest.is_some(),
            algorithm: digest.map(|digest| digest.algorithm().java_name()),
            digest: digest.map(|digest| digest.to_string()),
            other_algorithm: other.map(Algorithm::java_name),
        }
    });
    let keys = keys.collect();
    let body = signed.zip(delivery.body.as_deref()).map(|(signed, body)| BodyReport::new(&signed, body));
    let rejection = match (&signed, &body) {
        (None, _) => Some(Rejection::UntrustedSignature.into()),
        (_, Some(BodyReport { signed: false, .. })) => Some(Rejection::DigestMismatch.into()),
        _ => None,
    };
    Report { rejection, keys, body }
}

/// What this key alone says.
fn begin(id: &KeyId, key: &VerifyingKey, presented: &PresentedSignature) -> Option<Digest> {
    let verifier = Verifier::new(KeySet::new([(id, key.clone())]).ok()?);
    verifier.begin(presented).ok().map(|pending| *pending.expected_digest())
}

/// What can be said of a delivery.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    rejection: Option<RejectionReport>,
    keys: Vec<KeyReport>,
    body: Option<BodyReport>,
}

#[derive(Debug, Serialize)]
struct KeyReport {
    name: String,
    bits: u32,
    signed: bool,
    algorithm: Option<&'static str>,
    digest: Option<String>,
    other_algorithm: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct BodyReport {
    signed: bool,
    digest: String,
    rewriting: Option<&'static str>,
}

impl BodyReport {
    fn new(signed: &Digest, body: &[u8]) -> Self {
        let digest = Digest::of(signed.algorithm(), body);
        let is_signed = digest == *signed;
        let rewriting = if is_signed { None } else { rewriting::explain(signed, body) };
        Self { signed: is_signed, digest: digest.to_string(), rewriting }
    }
}

impl Report {
    pub(crate) fn new(keys: &KeySet, delivery: &Delivery) -> Self {
        match delivery.presented() {
            Ok(presented) => inspect(keys, delivery, &presented),
            Err(rejection) => Self { rejection: Some(rejection.into()), keys: vec![], body: None },
        }
    }

    fn is_genuine(&self) -> bool {
        self.rejection.is_none()
    }

    fn print(&self) -> Result<()> {
        let mut lines = Lines::default();
        self.findings(&mut lines);
        match &self.rejection {
            Some(rejection) => lines.bad("refused", rejection),
            None => {
                lines.good("genuine", if self.body.is_some() { "headers and body" } else { "the headers" })
            }
        };
        lines.print()
    }

    /// What each key and the body say, without the verdict.
    pub(crate) fn findings(&self, lines: &mut Lines) {
        for key in &self.keys {
            match (&key.algorithm, &key.digest, key.other_algorithm) {
                (Some(algorithm), Some(digest), _) => lines
                    .good(&key.name, format_args!("made this signature, {algorithm}, over digest {digest}")),
                (_, _, Some(other)) => lines.bad(
                    &key.name,
                    format_args!("made this signature with {other}, which is not what the header claims"),
                ),
                _ => lines.bad(&key.name, format_args!("did not make this signature ({} bits)", key.bits)),
            };
        }
        if let Some(body) = &self.body {
            match (body.signed, body.rewriting) {
                (true, _) => lines.good("body", "is the one that was signed"),
                (false, Some(what)) => {
                    lines.bad("body", format_args!("is not the one that was signed: {what}"))
                }
                (false, None) => lines.bad(
                    "body",
                    format_args!(
                        "is not the one that was signed: its digest is {}, and no usual rewriting explains it",
                        body.digest
                    ),
                ),
            };
        }
    }
}
