use std::fs::OpenOptions;
use std::io::{self, Write};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
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
    let made = make(args).map_err(|source| KeygenError { file: args.file.display().to_string(), source });
    made.map(|()| println!("{}", args.file.display()))
}

fn make(args: &Keygen) -> io::Result<()> {
    let mut octets = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *octets)?;
    let text = Zeroizing::new(match args.kind {
        Kind::Secret => format!("whsec_{}\n", BASE64_STANDARD.encode(*octets)),
        Kind::StoreKey => format!("{}\n", BASE64_STANDARD.encode(*octets)),
        Kind::Token => format!("{}\n", BASE64_URL_SAFE_NO_PAD.encode(*octets)),
    });
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&args.file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
