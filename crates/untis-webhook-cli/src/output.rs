//! What a command says: to people in colour where there is a terminal, to programs as JSON.

use std::fmt::{self, Display};
use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde::Serialize;
use untis_webhook::{Event, Rejection};

/// How a command ended, if nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Verified, or done.
    Done,
    /// Refused; the reason has been said.
    Refused,
}

/// A rejection as it is reported: its name, and its text for an operator.
#[derive(Debug, Serialize)]
pub(crate) struct RejectionReport {
    rejection: String,
    reason: String,
}

impl From<Rejection> for RejectionReport {
    fn from(rejection: Rejection) -> Self {
        Self { rejection: format!("{rejection:?}"), reason: rejection.to_string() }
    }
}

impl Display for RejectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rejection, self.reason)
    }
}

/// What an event is called, also where the platform gives it no name.
pub(crate) fn event_name(event: &Event) -> &str {
    event.event_type().unwrap_or("credentials of version 1")
}

/// A line that begins with what is good.
pub(crate) fn good(label: &str, text: impl Display) -> Result<()> {
    line(AnsiColor::Green, label, text)
}

/// A line that begins with what is bad.
pub(crate) fn bad(label: &str, text: impl Display) -> Result<()> {
    line(AnsiColor::Red, label, text)
}

/// One JSON object on one line.
pub(crate) fn json(report: &impl Serialize) -> Result<()> {
    Ok(writeln!(anstream::stdout(), "{}", serde_json::to_string(report)?)?)
}

fn line(colour: AnsiColor, label: &str, text: impl Display) -> Result<()> {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    Ok(writeln!(anstream::stdout(), "{style}{label}{style:#}: {text}")?)
}
