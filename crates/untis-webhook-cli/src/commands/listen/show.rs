use anyhow::Result;
use axum::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};
use untis_webhook::{KeySet, Rejection, Verified};

use super::advice::advice;
use crate::commands::inspect::Report;
use crate::input::Delivery;
use crate::output::{self, Lines, RejectionReport, event_name, json_text};

/// How deliveries are shown.
pub(super) struct Show {
    pub(super) json: bool,
    pub(super) secrets: bool,
}

#[derive(Serialize)]
struct Refused {
    verified: bool,
    #[serde(flatten)]
    rejection: RejectionReport,
    next: &'static str,
    inspect: Report,
}

impl Show {
    pub(super) fn verified(&self, delivery: &Verified<Bytes>, forwarded: Option<StatusCode>) -> Result<()> {
        let event = delivery.event();
        let name = match &event {
            Ok(event) => event_name(event),
            Err(error) => error.to_string(),
        };
        let fields = delivery.json::<Map<String, Value>>().map(Verified::into_inner).unwrap_or_default();
        let fields: Map<_, _> = fields.into_iter().map(|(name, value)| self.masked(name, value)).collect();
        let (key, forwarded) = (delivery.key_id().as_str(), forwarded.map(|status| status.as_u16()));
        if self.json {
            return output::json(&json!({
                "verified": true, "key": key, "event": name, "known": event.is_ok(), "fields": fields, "forwarded": forwarded,
            }));
        }
        let mut lines = Lines::default();
        match event {
            Ok(_) => lines.good("verified", format_args!("by {key}: {name}")),
            Err(_) => lines.bad("verified", format_args!("by {key}, but not as documented: {name}")),
        };
        for (name, value) in &fields {
            lines.good(&format!("  {name}"), json_text(value)?);
        }
        if let Some(status) = forwarded {
            lines.good("  answer", status);
        }
        lines.print()
    }

    pub(super) fn refused(&self, rejection: Rejection, keys: &KeySet, delivery: &Delivery) -> Result<()> {
        let refused = Refused {
            verified: false,
            rejection: rejection.into(),
            next: advice(rejection),
            inspect: Report::new(keys, delivery),
        };
        if self.json {
            return output::json(&refused);
        }
        let mut lines = Lines::default();
        lines.bad("refused", refused.rejection);
        refused.inspect.findings(&mut lines);
        lines.bad("next", refused.next).print()
    }

    /// The field as it may be shown.
    fn masked(&self, name: String, value: Value) -> (String, Value) {
        let lower = name.to_ascii_lowercase();
        let secret = ["secret", "password", "token", "credential"].iter().any(|word| lower.contains(word));
        let value = if secret && !self.secrets { Value::from("[masked]") } else { value };
        (name, value)
    }
}
