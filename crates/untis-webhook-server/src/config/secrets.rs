use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use untis_webhook::event::Secret;
use zeroize::Zeroizing;

/// The lines of a file, so many at most, without those that are empty.
pub(super) fn read_lines(file: &Path, most: usize) -> io::Result<Vec<Secret>> {
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    File::open(file)?.take(LIMIT).read_to_end(&mut text)?;
    if text.len() > LONGEST {
        return Err(io::Error::other("expected a secret, found more than 4096 octets"));
    }
    let text = str::from_utf8(&text)
        .map_err(|_| io::Error::other("expected text, found octets that are not UTF-8"))?;
    let lines: Vec<_> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect();
    match lines.len() > most {
        true => Err(io::Error::other(format!("expected {most} lines at most, found more"))),
        false => Ok(lines),
    }
}

const LONGEST: usize = 4096;
/// One more, to see whether that was all.
const LIMIT: u64 = 4097;
