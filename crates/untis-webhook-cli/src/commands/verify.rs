use anyhow::{Context, Result};
use bytes::Bytes;
use serde::Serialize;
use untis_webhook::{Rejection, Verified, Verifier};

use crate::args::Verify;
use crate::input::{Delivery, keys};
use crate::output::{self, EventReport, Lines, RejectionReport, Verdict};

pub(crate) fn run(args: &Verify) -> Result<Verdict> {
    let verifier = Verifier::new(keys(&args.check.keys)?);
    let delivery = Delivery::read(&args.check.delivery)?;
    let body = delivery.body.clone().context("expected a body: its file, or a request that has one")?;
    match verify(&verifier, &delivery, body) {
        Ok(verified) => report(&verified, args.check.json).map(|()| Verdict::Done),
        Err(rejection) => refuse(rejection, args.check.json).map(|()| Verdict::Refused),
    }
}

fn verify(verifier: &Verifier, delivery: &Delivery, body: Vec<u8>) -> Result<Verified<Bytes>, Rejection> {
    verifier.verify(&delivery.presented()?, body)
}

#[derive(Serialize)]
struct Refused {
    verified: bool,
    #[serde(flatten)]
    rejection: RejectionReport,
}

fn refuse(rejection: Rejection, json: bool) -> Result<()> {
    let next = match rejection {
        Rejection::MissingHeader => {
            "see whether all headers are in what was given; untis-webhook inspect, with the same arguments, says which is missing"
        }
        _ => "untis-webhook inspect, with the same arguments, says what is not as it was sent",
    };
    let rejection = RejectionReport::from(rejection);
    match json {
        true => output::json(&Refused { verified: false, rejection }),
        false => Lines::default().bad("refused", rejection).bad("next", next).print(),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    verified: bool,
    key: &'a str,
    algorithm: &'static str,
    digest: String,
    event: EventReport,
}

fn report(verified: &Verified<Bytes>, json: bool) -> Result<()> {
    let report = Report {
        verified: true,
        key: verified.key_id().as_str(),
        algorithm: verified.algorithm().java_name(),
        digest: verified.digest().to_string(),
        event: EventReport::new(verified),
    };
    if json {
        return output::json(&report);
    }
    let Report { key, algorithm, digest, event, .. } = report;
    let mut lines = Lines::default();
    lines.good("verified", format_args!("by {key}, {algorithm}, digest {digest}"));
    event.say(&mut lines);
    lines.print()
}
