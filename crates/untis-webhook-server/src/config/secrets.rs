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
    // An editor may have put a byte order mark before it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return Err(io::Error::other("expected text, found control characters: is it UTF-16?"));
    }
    let lines: Vec<_> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect();
    match lines.len() {
        0 => Err(io::Error::other("expected a secret, found an empty file")),
        lines if lines > most => Err(io::Error::other(format!("expected {most} lines at most, found more"))),
        _ => Ok(lines),
    }
}

const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_same_whatever_editor_wrote_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |octets: &[u8]| {
            std::fs::write(&file, octets).unwrap();
            let lines = read_lines(file.path(), 2).map_err(|error| error.to_string())?;
            Ok::<Vec<_>, String>(lines.iter().map(|line| line.expose().to_owned()).collect())
        };
        let expected = Ok(vec!["one".to_owned(), "two".to_owned()]);
        for octets in ["one\ntwo", "one\r\ntwo\r\n", "\u{feff}one\r\n\r\n two\t\r\n"] {
            assert_eq!(read(octets.as_bytes()), expected, "{octets:?}");
        }
        // UTF-16, with a mark and without.
        for octets in [&b"\xff\xfeo\0n\0e\0"[..], b"o\0n\0e\0"] {
            assert!(read(octets).unwrap_err().starts_with("expected text, found "), "{octets:?}");
        }
    }
}
