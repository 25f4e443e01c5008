mod algorithm;
mod body;
mod headers;
mod look;
mod mangled;
mod signer;

use bytes::Bytes;
use serde::Serialize;
use untis_webhook::{Algorithm, KeyId, KeySet, Rejection, Verified, Verifier, VerifyingKey};

use self::body::BodyReport;
use self::headers::{HeaderReport, examine};
use crate::args::Inspect;
use crate::input::{Delivery, keys};
use crate::output::{self, EventReport, Lines, RejectionReport, Verdict};

pub(crate) fn run(args: &Inspect) -> anyhow::Result<Verdict> {
    let keys = keys(&args.check.keys)?;
    let delivery = Delivery::read(&args.check.delivery)?;
    let report = Report::new(&keys, &delivery);
    match args.check.json {
        true => output::json(&report)?,
        false => report.print()?,
    }
    Ok(if report.verdict.is_none() { Verdict::Done } else { Verdict::Refused })
}

/// What can be said of a delivery.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(flatten)]
    rejection: Option<RejectionReport>,
    headers: Vec<HeaderReport>,
    keys: Vec<KeyReport>,
    body: Option<BodyReport>,
    event: Option<EventReport>,
    next: Option<String>,
    #[serde(skip)]
    verdict: Option<Rejection>,
}

#[derive(Debug, Serialize)]
struct KeyReport {
    name: String,
    bits: u32,
    signed: bool,
    algorithm: Option<&'static str>,
    digest: Option<String>,
    other_algorithm: Option<&'static str>,
    #[serde(skip)]
    found: String,
}

impl Report {
    /// Looks at everything that is there. It takes up to a second, where a body is explained.
    pub(crate) fn new(keys: &KeySet, delivery: &Delivery) -> Self {
        let found = examine(keys, delivery);
        let reports = match &found.signature {
            Some(signature) => {
                keys.iter().map(|(id, key)| KeyReport::new(id, key, signature, found.claimed)).collect()
            }
            None => vec![],
        };
        let body = found.signer.as_ref().zip(delivery.body.as_deref());
        let body = body.map(|(signer, body)| BodyReport::new(&signer.digest, delivery, body));
        let verified = verify(keys, delivery);
        let verdict = verified.as_ref().err().copied();
        let next = verdict.map(|verdict| {
            let body = body.as_ref().and_then(|body| body.next.clone());
            found.next.or(body).unwrap_or_else(|| verdict.advice().to_owned())
        });
        let event = verified.ok().flatten().map(|verified| EventReport::new(&verified));
        Self {
            rejection: verdict.map(RejectionReport::from),
            headers: found.reports,
            keys: reports,
            body,
            event,
            next,
            verdict,
        }
    }

    /// What to do about a delivery that was refused for this reason.
    pub(crate) fn next(&self, rejection: Rejection) -> &str {
        match &self.next {
            Some(next) if self.verdict == Some(rejection) => next,
            _ => rejection.advice(),
        }
    }

    fn print(&self) -> anyhow::Result<()> {
        let mut lines = Lines::default();
        self.findings(&mut lines);
        match (&self.rejection, &self.next) {
            (Some(rejection), next) => {
                lines.bad("refused", rejection);
                if let Some(next) = next {
                    lines.bad("next", next);
                }
            }
            (None, _) => {
                lines.good("genuine", if self.body.is_some() { "headers and body" } else { "the headers" });
                if let Some(event) = &self.event {
                    event.say(&mut lines);
                }
            }
        }
        lines.print()
    }

    /// What the headers, each key and the body say, without the verdict.
    pub(crate) fn findings(&self, lines: &mut Lines) {
        for header in &self.headers {
            lines.say(header.good, &header.subject(), &header.found);
        }
        for key in &self.keys {
            lines.say(key.signed, &key.name, &key.found);
        }
        if let Some(body) = &self.body {
            for line in body.lines() {
                lines.say(body.signed, "body", line);
            }
        }
    }
}

impl KeyReport {
    fn new(id: &KeyId, key: &VerifyingKey, signature: &[u8], claimed: Option<Algorithm>) -> Self {
        let digest = signer::digest(id, key, signature);
        let made = digest.map(|digest| digest.algorithm());
        let signed = digest.filter(|_| claimed.is_none_or(|claimed| made == Some(claimed)));
        let (bits, expected, octets) = (key.bits(), signer::octets(key), signature.len());
        let found = match (signed, made) {
            (Some(digest), _) => format!("made this signature, {}, over digest {digest}", digest.algorithm()),
            (None, Some(made)) => {
                format!("made this signature with {made}, which is not what the header claims")
            }
            (None, None) if octets == expected => format!("did not make this signature ({bits} bits)"),
            (None, None) => {
                format!("did not make this signature: it has {octets} octets, and this key's have {expected}")
            }
        };
        Self {
            name: id.to_string(),
            bits,
            signed: signed.is_some(),
            algorithm: signed.map(|digest| digest.algorithm().java_name()),
            digest: signed.map(|digest| digest.to_string()),
            other_algorithm: made.filter(|_| signed.is_none()).map(Algorithm::java_name),
            found,
        }
    }
}

/// What the library says of it: refused, genuine with its body, or genuine without one.
fn verify(keys: &KeySet, delivery: &Delivery) -> Result<Option<Verified<Bytes>>, Rejection> {
    let verifier = Verifier::new(keys.clone());
    let presented = delivery.presented()?;
    match &delivery.body {
        Some(body) => verifier.verify(&presented, body.clone()).map(Some),
        None => verifier.begin(&presented).map(|_| None),
    }
}
