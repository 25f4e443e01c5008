use anyhow::{Context, Result};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use untis_webhook::{Rejection, Verified, Verifier};

use crate::args::Verify;
use crate::input::{Delivery, keys};
use crate::output::{self, Lines, RejectionReport, Verdict, event_name};

pub(crate) fn run(args: &Verify) -> Result<Verdict> {
    let verifier = Verifier::new(keys(&args.check.keys)?);
    let delivery = Delivery::read(&args.check.delivery)?;
    let body = delivery.body.clone().context("expected a body: its file, or a request that has one")?;
    match verify(&verifier, &delivery, body) {
        Ok(verified) => report(&verified, args.check.json).map(|()| Verdict::Done),
        Err(rejection) => refuse(rejection.into(), args.check.json).map(|()| Verdict::Refused),
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

fn refuse(rejection: RejectionReport, json: bool) -> Result<()> {
    match json {
        true => output::json(&Refused { verified: false, rejection }),
        false => Lines::default().bad("refused", rejection).print(),
    }
}

fn report(verified: &Verified<Bytes>, json: bool) -> Result<()> {
    let event = verified.event();
    let (key, algorithm, digest) =
        (verified.key_id().as_str(), verified.algorithm().java_name(), verified.digest());
    if json {
        let event = match &event {
            Ok(event) => json!({ "type": event.event_type(), "tenant": event.tenant_id() }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        let digest = digest.to_string();
        return output::json(
            &json!({ "verified": true, "key": key, "algorithm": algorithm, "digest": digest, "event": event }),
        );
    }
    let mut lines = Lines::default();
    lines.good("verified", format_args!("by {key}, {algorithm}, digest {digest}"));
    match event {
        Ok(event) => {
            let tenant = event.tenant_id().unwrap_or_default();
            lines.good("event", format_args!("{}, tenant {tenant:?}", event_name(&event)))
        }
        Err(error) => lines.bad("event", error),
    };
    lines.print()
}
