use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::json;
use untis_webhook::{Rejection, Verified, Verifier};

use crate::args::Verify;
use crate::input::{Delivery, keys};
use crate::output::{self, Verdict, bad, good};

pub(crate) fn run(args: &Verify) -> Result<Verdict> {
    let verifier = Verifier::new(keys(&args.check.keys)?);
    let delivery = Delivery::read(&args.check.delivery)?;
    let body = delivery.body.clone().context("expected a body: its file, or a request that has one")?;
    match verify(&verifier, &delivery, body) {
        Ok(verified) => report(&verified, args.check.json).map(|()| Verdict::Done),
        Err(rejection) if args.check.json => {
            let (name, reason) = (format!("{rejection:?}"), rejection.to_string());
            output::json(&json!({ "verified": false, "rejection": name, "reason": reason }))?;
            Ok(Verdict::Refused)
        }
        Err(rejection) => {
            bad("refused", format_args!("{rejection:?}: {rejection}"))?;
            Ok(Verdict::Refused)
        }
    }
}

fn verify(verifier: &Verifier, delivery: &Delivery, body: Vec<u8>) -> Result<Verified<Bytes>, Rejection> {
    verifier.verify(&delivery.presented()?, body)
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
    good("verified", format_args!("by {key}, {algorithm}, digest {digest}"))?;
    match event {
        Ok(event) => {
            let name = event.event_type().unwrap_or("credentials of version 1");
            good("event", format_args!("{name}, tenant {:?}", event.tenant_id().unwrap_or_default()))
        }
        Err(error) => bad("event", error),
    }
}
