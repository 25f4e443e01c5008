use anyhow::Result;
use axum::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use untis_webhook::event::DecodeError;
use untis_webhook::{Event, Rejection, Verified};

use super::arrival::Arrival;
use crate::commands::inspect::Report;
use crate::output::{self, Lines, RejectionReport, event_name, json_text};

/// How deliveries are shown.
pub(super) struct Show {
    pub(super) json: bool,
    pub(super) secrets: bool,
}

/// What the sender gets, and from whom.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// What the application answered, or why it did not.
    forwarded: Option<Result<StatusCode>>,
}

impl Answer {
    pub(super) fn own(status: StatusCode) -> Self {
        Self { status, forwarded: None }
    }

    pub(super) fn forwarded(forwarded: Result<StatusCode>) -> Self {
        let status = *forwarded.as_ref().unwrap_or(&StatusCode::BAD_GATEWAY);
        Self { status, forwarded: Some(forwarded) }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    arrival: &'a Arrival,
    verified: bool,
    key: &'a str,
    event: String,
    known: bool,
    fields: Map<String, Value>,
    answer: u16,
    forwarded: Option<u16>,
}

#[derive(Serialize)]
struct Refused<'a> {
    #[serde(flatten)]
    arrival: &'a Arrival,
    verified: bool,
    #[serde(flatten)]
    rejection: RejectionReport,
    next: String,
    inspect: Report,
    answer: u16,
}

impl Show {
    pub(super) fn verified(
        &self,
        arrival: &Arrival,
        delivery: &Verified<Bytes>,
        event: &Result<Event, DecodeError>,
        answer: &Answer,
    ) -> Result<()> {
        let key = delivery.key_id().as_str();
        let parsed = delivery.json::<Map<String, Value>>();
        // A field that is not known may hold what serde_json has no value for.
        let unreadable = event.is_ok() && parsed.is_err();
        let fields = parsed.map(Verified::into_inner).unwrap_or_default();
        let fields: Map<_, _> = fields.into_iter().map(|(name, value)| self.masked(name, value)).collect();
        let forwarded = answer.forwarded.as_ref();
        if self.json {
            let event_name = match event {
                Ok(Event::Unknown { event_type, .. }) => event_type.clone(),
                Ok(event) => event_name(event),
                Err(error) => error.to_string(),
            };
            return output::json(&Shown {
                arrival,
                verified: true,
                key,
                event: event_name,
                known: event.is_ok(),
                fields,
                answer: answer.status.as_u16(),
                forwarded: forwarded.and_then(|status| status.as_ref().ok()).map(StatusCode::as_u16),
            });
        }
        let mut lines = Lines::default();
        lines.good("delivery", arrival);
        match event {
            Ok(event) => lines.good("verified", format_args!("by {key}: {}", event_name(event))),
            Err(error) => lines.bad("verified", format_args!("by {key}, but not as documented: {error}")),
        };
        for (name, value) in &fields {
            lines.good(&format!("  {name}"), json_text(value)?);
        }
        if unreadable {
            lines.bad("  fields", "not shown, since one of them holds a number or a text out of range");
        }
        let from = match forwarded {
            Some(Ok(_)) => ", the application's".to_owned(),
            Some(Err(error)) => format!(", since the application gave no answer: {error:#}"),
            None if !arrival.is_post() => {
                ": the platform posts; a redirect on the way makes a GET of it".to_owned()
            }
            None if event.is_err() => ", as a receiver answers it".to_owned(),
            None => String::new(),
        };
        lines.say(answer.status.is_success(), "answer", format_args!("{}{from}", answer.status)).print()
    }

    pub(super) fn refused(
        &self,
        arrival: &Arrival,
        rejection: Rejection,
        answer: StatusCode,
        inspect: Report,
    ) -> Result<()> {
        let next = inspect.next(rejection).to_owned();
        let (rejection, status) = (rejection.into(), answer.as_u16());
        let refused = Refused { arrival, verified: false, rejection, next, inspect, answer: status };
        if self.json {
            return output::json(&refused);
        }
        let mut lines = Lines::default();
        lines.good("delivery", arrival).bad("refused", refused.rejection);
        refused.inspect.findings(&mut lines);
        lines.bad("next", refused.next).bad("answer", answer).print()
    }

    /// The field as it may be shown: what is documented, not secret, and what it is documented to be.
    fn masked(&self, name: String, value: Value) -> (String, Value) {
        let is_shown = DOCUMENTED.contains(&name.as_str()) && !value.is_object() && !value.is_array();
        let value = if is_shown || self.secrets { value } else { Value::from("[masked]") };
        (name, value)
    }
}

/// The fields that the platform documents, but for `secret` and `password`. What is not documented may be anything.
///
/// Some of it is personal data. To see that it came, and how, is what `listen` is for; it shows it on the screen of a
/// developer, and writes it nowhere.
const DOCUMENTED: [&str; 15] = [
    "activatorEmail",
    "activatorUsername",
    "clientId",
    "country",
    "eventType",
    "host",
    "language",
    "reasonText",
    "reasonType",
    "region",
    "schoolEmail",
    "schoolName",
    "schoolPhoneNumber",
    "tenantId",
    "type",
];
