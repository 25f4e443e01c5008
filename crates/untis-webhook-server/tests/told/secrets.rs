use crate::{Folder, KEY};

/// What sqlx does not know of it is a warning with its value.
#[test]
fn nothing_of_a_databases_url_is_logged() {
    let folder = Folder::new();
    // No name has a part of more than 63 octets, so that nobody has to be asked.
    let host = format!("{}.invalid", "x".repeat(64));
    for (mode, expected) in [
        ("require", "the database does not open"),
        ("none", "UNTIS_WEBHOOK_DATABASE: expected sqlite:FILE or postgres://"),
    ] {
        let url = format!("postgres://user:hidden@{host}/database?pasword=hidden&sslmode={mode}");
        let ran = folder.run(&["--config", "d.toml", "serve"], &[("UNTIS_WEBHOOK_DATABASE", &url)]);
        assert_eq!(ran.code(), 2);
        assert!(ran.err().starts_with(&format!("untis-webhookd: {expected}")), "{}", ran.err());
        assert!(!ran.err().contains("hidden") && ran.out().is_empty(), "{}{}", ran.err(), ran.out());
    }
}

/// The typical mistake: `--config "$(cat private.pem)"`.
#[test]
fn no_argument_that_may_be_a_key_is_repeated() {
    let folder = Folder::new();
    for args in [
        &["--config", KEY, "check"][..],
        &[KEY],
        &["check", KEY],
        &["keygen", KEY, "file"],
        &["tenants", "list", "--status", KEY],
        &["tenants", "accept", "12345", KEY],
    ] {
        let ran = folder.run(args, &[]);
        assert!(ran.code() == 2 && !ran.err().contains("MIIE"), "{}", ran.err());
    }
    let ran = folder.run(&["tenants", "unknown\u{1b}[2J"], &[]);
    assert!(ran.code() == 2 && !ran.err().contains('\u{1b}'), "{}", ran.err());
}
