//! What a command says: to people in colour where there is a terminal, to programs as JSON.
//!
//! Everything goes through here, and is escaped here: what came from a delivery, a receiver or a file name is for people to
//! read and not for the terminal to obey.

use std::error::Error;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use bytes::Bytes;
use serde::Serialize;
use untis_webhook::{Event, Rejection, Verified};

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

/// What an event is called, also where the platform gives it no name. One that is not documented stands in quotes, since
/// its name may be any text.
pub(crate) fn event_name(event: &Event) -> String {
    match (event, event.event_type()) {
        (Event::Credentials(_) | Event::Deactivation(_), Some(name)) => name.to_owned(),
        (_, Some(name)) => format!("{name:?}, which is not known"),
        (_, None) => "credentials of version 1".to_owned(),
    }
}

/// What a verified body says, as far as it can be read.
#[derive(Debug, Serialize)]
pub(crate) struct EventReport {
    #[serde(rename = "type")]
    event_type: Option<String>,
    tenant: Option<String>,
    /// Documented fields that are not as they are documented.
    irregular: Vec<&'static str>,
    /// Why it cannot be read.
    error: Option<String>,
    #[serde(skip)]
    text: String,
}

impl EventReport {
    pub(crate) fn new(verified: &Verified<Bytes>) -> Self {
        match verified.event() {
            Ok(event) => {
                let (event_type, tenant) =
                    (event.event_type().map(str::to_owned), event.tenant_id().map(str::to_owned));
                let text =
                    format!("{}, tenantId {:?}", event_name(&event), tenant.as_deref().unwrap_or_default());
                Self { event_type, tenant, irregular: event.irregular_fields().to_vec(), error: None, text }
            }
            Err(error) => {
                let text = format!("cannot be read: {error}; receivers answer {}", error.status().as_u16());
                Self {
                    event_type: None,
                    tenant: None,
                    irregular: vec![],
                    error: Some(error.to_string()),
                    text,
                }
            }
        }
    }

    pub(crate) fn say(&self, lines: &mut Lines) {
        lines.say(self.error.is_none(), "event", &self.text);
        if !self.irregular.is_empty() {
            let fields = self.irregular.join(", ");
            lines.bad("event", format_args!("is read, but not as documented in: {fields}"));
        }
    }
}

/// A report, a line at a time. It is written as a whole, so that two that are made at once do not mix.
#[derive(Debug, Default)]
pub(crate) struct Lines(String);

impl Lines {
    /// A line that begins with what is good.
    pub(crate) fn good(&mut self, label: &str, text: impl Display) -> &mut Self {
        self.say(true, label, text)
    }

    /// A line that begins with what is bad.
    pub(crate) fn bad(&mut self, label: &str, text: impl Display) -> &mut Self {
        self.say(false, label, text)
    }

    /// A line that begins with what is good or bad.
    pub(crate) fn say(&mut self, good: bool, label: &str, text: impl Display) -> &mut Self {
        let colour = if good { AnsiColor::Green } else { AnsiColor::Red };
        let style = Style::new().bold().fg_color(Some(colour.into()));
        self.0.push_str(&format!("{style}{}{style:#}: {}\n", escaped(label), escaped(text)));
        self
    }

    /// A line without a label.
    pub(crate) fn plain(&mut self, text: impl Display) -> &mut Self {
        self.0.push_str(&escaped(text));
        self.0.push('\n');
        self
    }

    /// Writes the lines to standard output.
    pub(crate) fn print(&self) -> Result<()> {
        let mut stdout = anstream::stdout().lock();
        Ok(stdout.write_all(self.0.as_bytes()).map_err(StdoutError)?)
    }
}

/// One JSON object on one line, on standard output.
pub(crate) fn json(report: &impl Serialize) -> Result<()> {
    bytes(format!("{}\n", json_text(report)?).as_bytes())
}

/// JSON that can also be shown on a terminal: what it leaves as it is, and a terminal would not, is a `\u` escape.
pub(crate) fn json_text(value: &impl Serialize) -> Result<String> {
    let escape = |text: &mut String, c: char| {
        c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(text, "\\u{unit:04x}"))
    };
    // Only a text holds such characters: what stands around texts is ASCII.
    Ok(escape_with(&serde_json::to_string(value)?, escape)?)
}

/// Bytes as they are, on standard output: what another program is to read.
pub(crate) fn bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    Ok(stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(StdoutError)?)
}

/// Standard output cannot be written to.
#[derive(Debug)]
pub(crate) struct StdoutError(io::Error);

impl StdoutError {
    /// Whether whoever reads the output has seen enough.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl Display for StdoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write to standard output: {}", self.0)
    }
}

impl Error for StdoutError {}

/// A line for standard error, the program's name before it.
pub(crate) fn error(text: impl Display) {
    // If standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "untis-webhook: {}", escaped(text));
}

/// The text as one line in which nothing moves the cursor, changes the order of what is read, or is not seen.
pub(crate) fn escaped(text: impl Display) -> String {
    let text = text.to_string();
    let escape = |escaped: &mut String, c: char| write!(escaped, "{}", c.escape_debug());
    escape_with(&text, escape).unwrap_or_default()
}

fn escape_with(text: &str, escape: impl Fn(&mut String, char) -> fmt::Result) -> Result<String, fmt::Error> {
    let mut escaped = String::with_capacity(text.len());
    let mut letter = false;
    for c in text.chars() {
        // One accent on a letter, as file names on a Mac have it; a heap of them would be drawn over other lines.
        let accent = letter && matches!(c, '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}');
        letter = c.is_alphabetic() && !accent;
        match accent || matches!(c, '\\' | '\'' | '"') || c.escape_debug().len() == 1 {
            true => escaped.push(c),
            false => escape(&mut escaped, c)?,
        }
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use super::*;

    /// The name says what it would do on a screen.
    const UNSAFE: [(&str, char, &str, &str); 24] = [
        ("rings", '\u{7}', r"\u{7}", r"\u0007"),
        ("goes back", '\u{8}', r"\u{8}", r"\b"),
        ("leaves a gap", '\t', r"\t", r"\t"),
        ("begins a line", '\n', r"\n", r"\n"),
        ("begins a line again", '\r', r"\r", r"\r"),
        ("begins a sequence", '\u{1b}', r"\u{1b}", r"\u001b"),
        ("nothing, in C", '\0', r"\0", r"\u0000"),
        ("deletes", '\u{7f}', r"\u{7f}", r"\u007f"),
        ("begins a line, C1", '\u{85}', r"\u{85}", r"\u0085"),
        ("begins a sequence, C1", '\u{9b}', r"\u{9b}", r"\u009b"),
        ("separates lines", '\u{2028}', r"\u{2028}", r"\u2028"),
        ("separates paragraphs", '\u{2029}', r"\u{2029}", r"\u2029"),
        ("reads from the right", '\u{200f}', r"\u{200f}", r"\u200f"),
        ("reads from the right, Arabic", '\u{61c}', r"\u{61c}", r"\u061c"),
        ("embeds from the right", '\u{202b}', r"\u{202b}", r"\u202b"),
        ("overrides the order", '\u{202e}', r"\u{202e}", r"\u202e"),
        ("isolates", '\u{2066}', r"\u{2066}", r"\u2066"),
        ("is not seen", '\u{200b}', r"\u{200b}", r"\u200b"),
        ("is not seen, soft hyphen", '\u{ad}', r"\u{ad}", r"\u00ad"),
        ("is not seen, byte order mark", '\u{feff}', r"\u{feff}", r"\ufeff"),
        ("is not seen, joiner of graphemes", '\u{34f}', r"\u{34f}", r"\u034f"),
        ("is not seen, variation selector", '\u{fe0f}', r"\u{fe0f}", r"\ufe0f"),
        ("is not seen, tag", '\u{e0041}', r"\u{e0041}", r"\udb40\udc41"),
        ("looks like a space", '\u{a0}', r"\u{a0}", r"\u00a0"),
    ];

    #[test]
    fn nothing_moves_the_cursor_or_is_not_seen() {
        for (name, c, shown, json) in UNSAFE {
            let text = format!("before{c}after");
            assert_eq!(escaped(&text), format!("before{shown}after"), "{name}");
            let in_json = json_text(&text).unwrap();
            assert_eq!(in_json, format!("\"before{json}after\""), "{name}");
            assert_eq!(serde_json::from_str::<String>(&in_json).unwrap(), text, "{name}");
        }
    }

    #[test]
    fn what_can_be_read_stays_as_it_is() {
        for text in ["Grüße, ß", "Ελλάδα", "学校", r#"C:\keys\"it's""#, "Schu\u{308}ler", "a b", ""]
        {
            assert_eq!(escaped(text), text);
        }
        assert_eq!(json_text(&"Grüße").unwrap(), "\"Grüße\"");
        // A heap of accents is drawn over the line above.
        assert_eq!(escaped("u\u{308}\u{308}"), "u\u{308}\\u{308}");
        assert_eq!(escaped("\u{308}"), r"\u{308}");
    }

    #[test]
    fn a_report_has_as_many_lines_as_were_added() {
        let mut lines = Lines::default();
        lines
            .good("event\nverified", "X\u{1b}[2J\nverified: by production")
            .plain("a\rb")
            .bad("c", "d\u{2028}");
        let stripped = anstream::adapter::strip_str(&lines.0).to_string();
        let expected =
            ["event\\nverified: X\\u{1b}[2J\\nverified: by production", "a\\rb", "c: d\\u{2028}", ""];
        assert_eq!(stripped.split('\n').collect::<Vec<_>>(), expected);
        assert!(!stripped.contains('\u{1b}'), "{stripped:?}");
    }
}
