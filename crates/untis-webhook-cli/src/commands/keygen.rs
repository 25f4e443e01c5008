use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use untis_webhook_testkit::SigningKey;

use crate::args::Keygen;
use crate::output::{Lines, Verdict};

pub(crate) fn run(args: &Keygen) -> Result<Verdict> {
    let key = SigningKey::generate_with(args.bits.into(), 65537);
    write(&args.private, &key.to_pkcs8_pem(), Readers::Owner, args.force)?;
    write(&args.public, &format!("{}\n", key.public_key_base64()), Readers::Everybody, args.force)?;
    Lines::default().good("private", args.private.display()).good("public", args.public.display()).print()?;
    Ok(Verdict::Done)
}

#[derive(Clone, Copy)]
enum Readers {
    Owner,
    Everybody,
}

fn write(file: &Path, text: &str, readers: Readers, force: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        // Replaced rather than written into, so that the new file's mode is ours.
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace {}", file.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    options.create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(match readers {
            Readers::Owner => 0o600,
            Readers::Everybody => 0o644,
        });
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut open = options.open(file).with_context(|| format!("cannot create {}", file.display()))?;
    open.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", file.display()))
}
