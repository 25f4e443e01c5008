mod tally;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};
use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook_testkit::{Delivery, Forgery, Payload};

use self::tally::Tally;
use crate::args::{Event, Forge, Send};
use crate::client::{Client, address, shown};
use crate::documented::{FIELDS, nearest};
use crate::input::{read, signing_key};
use crate::output::{self, Lines, Verdict};

pub(crate) fn run(args: &Send) -> Result<Verdict> {
    let to = address("--to", &args.to)?;
    let client = Client::with(&args.connection, Duration::from_secs(args.timeout), args.concurrency.into())?;
    let request = delivery(args)?.into_request(&to.to_string());
    if args.count == 1 {
        return send_one(&client, request, args);
    }
    let tally =
        Tally::of(&client, &request, args).with_context(|| format!("cannot send to {}", shown(&args.to)))?;
    tally.print(args.json)?;
    Ok(if tally.all_taken() { Verdict::Done } else { Verdict::Refused })
}

fn delivery(args: &Send) -> Result<Delivery> {
    let key = signing_key(&args.signing.private)?;
    let body: Bytes = match (&args.event, &args.body) {
        (Some(event), _) => {
            let mut payload = payload(*event);
            for set in &args.set {
                // Not repeated: it may be a secret.
                let Some((field, value)) = set.split_once('=').filter(|(field, _)| !field.is_empty()) else {
                    bail!("--set: expected FIELD=VALUE such as tenantId=67890, found a text that is not")
                };
                warn_of_slip(field);
                payload = payload.set(field, value);
            }
            for field in &args.without {
                payload = without(payload, field)?;
            }
            payload.into()
        }
        (None, Some(file)) => read(file)?.into(),
        (None, None) => Bytes::new(),
    };
    let delivery = Delivery::sign_with(&key, args.signing.algorithm, body);
    Ok(match args.forge {
        Some(forge) => delivery.forge(forgery(forge)),
        None => delivery,
    })
}

/// A field that is not documented is sent, since such may come; mostly it is a slip. It is not repeated: it may be a secret.
fn warn_of_slip(field: &str) {
    if FIELDS.contains(&field) {
        return;
    }
    let nearest = nearest(field).map(|name| format!(": is {name} meant?")).unwrap_or_default();
    output::error(format_args!("warning: --set: sets a field that is not documented{nearest}"));
}

/// The payload without a field that it has: a name that is mistyped would otherwise leave it as it is.
fn without(payload: Payload, field: &str) -> Result<Payload> {
    let fields: Map<String, Value> = serde_json::from_str(&payload.to_string())?;
    let names = fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    ensure!(fields.contains_key(field), "--without: expected one of {names}, found another text");
    Ok(payload.without(field))
}

fn payload(event: Event) -> Payload {
    match event {
        Event::Created => Payload::credentials(CredentialsEventType::Created),
        Event::Reactivated => Payload::credentials(CredentialsEventType::Reactivated),
        Event::Reset => Payload::credentials(CredentialsEventType::Reset),
        Event::CredentialsV1 => Payload::credentials_v1(),
        Event::Deactivation => {
            Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason)
        }
        Event::Deletion => Payload::deactivation(DeactivationEventType::Deletion, &ReasonType::NoReason),
        Event::OlderDeactivation => {
            Payload::older_deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason)
        }
        Event::OlderDeletion => {
            Payload::older_deactivation(DeactivationEventType::Deletion, &ReasonType::NoReason)
        }
    }
}

fn forgery(forge: Forge) -> Forgery {
    match forge {
        Forge::MissingAlgorithm => Forgery::MissingAlgorithm,
        Forge::MissingSignature => Forgery::MissingSignature,
        Forge::OtherAlgorithm => Forgery::OtherAlgorithm,
        Forge::OtherKey => Forgery::OtherKey,
        Forge::TamperedBody => Forgery::TamperedBody,
    }
}

fn send_one(client: &Client, request: Request<Bytes>, args: &Send) -> Result<Verdict> {
    let answer = client.send(request).with_context(|| format!("cannot send to {}", shown(&args.to)))?;
    let taken = answer.status.is_success();
    if args.json {
        output::json(&json!({ "status": answer.status.as_u16(), "body": answer.body }))?;
    } else {
        let mut lines = Lines::default();
        lines.say(taken, "answer", answer.status);
        if let Some(location) = answer.location {
            lines.bad("location", format_args!("{location}, which is not followed"));
        }
        for line in answer.body.lines() {
            lines.plain(line);
        }
        lines.print()?;
    }
    Ok(if taken { Verdict::Done } else { Verdict::Refused })
}
