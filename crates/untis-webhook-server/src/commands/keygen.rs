use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use untis_webhook_config::shown;
use zeroize::Zeroizing;

use crate::args::{Keygen, Kind};
use crate::fail;
use crate::output::done;

/// A file could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{file}: expected to make a file that is not there yet")]
struct KeygenError {
    file: String,
    source: io::Error,
}

pub(crate) fn run(args: &Keygen) -> ExitCode {
    let Keygen { kind, file } = args;
    match make(*kind, file) {
        Ok(()) => done(format!("{}\n", shown(file))),
        Err(source) => fail(&KeygenError { file: shown(file), source }, 2),
    }
}

pub(crate) fn make(kind: Kind, file: &Path) -> io::Result<()> {
    let mut octets = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *octets)?;
    let text = Zeroizing::new(match kind {
        Kind::Secret => format!("whsec_{}\n", BASE64_STANDARD.encode(*octets)),
        Kind::StoreKey => format!("{}\n", BASE64_STANDARD.encode(*octets)),
        Kind::Token => format!("{}\n", BASE64_URL_SAFE_NO_PAD.encode(*octets)),
    });
    write(file, text.as_bytes())
}

/// Into a file that is not there yet, for its owner alone. There is all of it, or no file.
pub(crate) fn write(file: &Path, octets: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    let written = opened.write_all(octets).and_then(|()| opened.sync_all());
    written.inspect_err(|_| {
        // It is ours, and of no use. If it stays, that it cannot be written has been said.
        let _ = fs::remove_file(file);
    })
}
