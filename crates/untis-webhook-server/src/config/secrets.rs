use std::io;
use std::path::Path;

use untis_webhook::event::Secret;
use untis_webhook_config::read_file;
use zeroize::Zeroizing;

/// The lines of a file, so many at most, without those that are empty.
pub(super) fn read_lines(file: &Path, most: usize) -> io::Result<Vec<Secret>> {
    let text = Zeroizing::new(read_file(file)?);
    if text.len() > LONGEST {
        return Err(io::Error::other("expected a secret, found more than 4096 octets"));
    }
    let text = str::from_utf8(&text)
        .map_err(|_| io::Error::other("expected text, found octets that are not UTF-8"))?;
    let lines: Vec<_> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect();
    match lines.len() {
        0 => Err(io::Error::other("expected a secret, found an empty file")),
        lines if lines > most => Err(io::Error::other(format!("expected {most} lines at most, found more"))),
        _ => Ok(lines),
    }
}

const LONGEST: usize = 4096;
