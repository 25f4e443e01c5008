mod place;

use anyhow::{Result, ensure};
use untis_webhook_testkit::SigningKey;

use self::place::{Place, Readers};
use crate::args::Keygen;
use crate::output::{Lines, Verdict};

pub(crate) fn run(args: &Keygen) -> Result<Verdict> {
    let private = Place::new("--private", &args.private, args.force)?;
    let public = Place::new("--public", &args.public, args.force)?;
    ensure!(
        private != public,
        "--private, --public: expected two files, found one: the public key would replace the private one"
    );
    let key = SigningKey::generate_with(args.bits.into(), 65537);
    // Both are written before either is in its place, and what fails then is undone: there are both, or what there was.
    let new_private = private.write(key.to_pkcs8_pem().as_bytes(), Readers::Owner)?;
    let new_public = public.write(format!("{}\n", key.public_key_base64()).as_bytes(), Readers::Everybody)?;
    let placed = private.put(new_private)?;
    if let Err(error) = public.put(new_public) {
        private.take_back(placed)?;
        return Err(error);
    }
    Lines::default().good("private", args.private.display()).good("public", args.public.display()).print()?;
    Ok(Verdict::Done)
}
