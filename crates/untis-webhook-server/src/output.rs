//! What a command prints. Whatever came from elsewhere is escaped, so that a terminal shows it and does not obey it.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use zeroize::Zeroizing;

use crate::fail;

/// Standard output cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written to")]
pub(crate) struct OutputError(#[from] io::Error);

impl OutputError {
    /// That whoever reads has seen enough is no failure.
    pub(crate) fn code(&self) -> ExitCode {
        match self.0.kind() {
            ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            _ => fail(self, 1),
        }
    }
}

/// Prints it as it is, and is done.
pub(crate) fn done(text: impl AsRef<[u8]>) -> ExitCode {
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.code(),
    }
}

/// Prints it as it is.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    Ok(stdout.write_all(text.as_ref()).and_then(|()| stdout.flush())?)
}

/// Prints it as a line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), OutputError> {
    // It may hold secrets.
    let mut line = Zeroizing::new(Vec::with_capacity(8 * 1024));
    value.serialize(&mut Serializer::with_formatter(&mut *line, Ascii)).map_err(io::Error::from)?;
    line.push(b'\n');
    print(&*line)
}

/// As one line in which nothing moves the cursor, changes the order of what is read, or is not seen.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => escaped.push(c),
            c => escaped.extend(c.escape_debug()),
        }
    }
    escaped
}

/// Columns that are as wide as what is in them, two spaces between.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// JSON of nothing but what can be seen in ASCII.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        fragment.chars().try_for_each(|c| match c {
            ' '..='~' => writer.write_all(c.encode_utf8(&mut [0; 4]).as_bytes()),
            c => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}")),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use super::*;

    #[test]
    fn json_is_ascii_that_says_the_same() {
        let text = "a\"\\\n\u{1b}[2J\u{7f}\u{9b}\u{202e}ß學🏫";
        let mut line = Vec::new();
        text.serialize(&mut Serializer::with_formatter(&mut line, Ascii)).unwrap();
        assert!(line.iter().all(|octet| (b' '..=b'~').contains(octet)), "{line:?}");
        assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), text);
    }

    #[test]
    fn what_can_be_read_stays_as_it_is_and_nothing_else_does() {
        assert_eq!(escaped(r#"Grüße, C:\a "b" 'c'"#), r#"Grüße, C:\a "b" 'c'"#);
        assert_eq!(escaped("a\n\u{1b}[2J\u{9b}\u{202e}"), r"a\n\u{1b}[2J\u{9b}\u{202e}");
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["ID", "NOTE"], ["Grüße", ""], ["1", "a"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "ID     NOTE\nGrüße\n1      a\n");
    }
}
