use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use untis_webhook_config::shown;
use zeroize::Zeroizing;

use crate::args::{Keygen, Kind};

/// A file could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{file}: expected to make a file that is not there yet")]
pub(crate) struct KeygenError {
    file: String,
    source: io::Error,
}

pub(crate) fn run(args: &Keygen) -> Result<(), KeygenError> {
    let Keygen { kind, file } = args;
    let made = make(*kind, file).map_err(|source| KeygenError { file: shown(file), source });
    made.map(|()| println!("{}", shown(file)))
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

/// Into a file that is not there yet, for its owner alone.
pub(crate) fn write(file: &Path, octets: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(octets)?;
    file.sync_all()
}
