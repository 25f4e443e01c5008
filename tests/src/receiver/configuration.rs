//! What it is told, and what it says of it.

use std::net::TcpListener;
use std::process::Output;

use tokio::time::timeout;

use super::{Program, SOON};
use crate::platform::PLATFORM;
use crate::vectors;

/// Bad configuration is said in one line on standard error, and is exit code 2.
pub async fn says_what_is_wrong_with_its_configuration(program: &Program) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let file = |name: &str| vectors::path(&format!("keys/{name}")).display().to_string();
    let good = format!("production={}", file("genuine/pem"));
    let found = |name: &str, what: &str| {
        (format!("k={}", file(name)), format!("UNTIS_WEBHOOK_KEYS: {}: {what}", file(name)))
    };
    let key_errors = [
        found("wrong/empty", "expected an RSA public key (SubjectPublicKeyInfo), found nothing"),
        found("wrong/1024-bits", "expected an RSA key of 2048 to 8192 bits, found 1024"),
        found(
            "wrong/private-pkcs8-pem",
            "expected an RSA public key (SubjectPublicKeyInfo), found a private key",
        ),
        found(
            "wrong/certificate-pem",
            "expected an RSA public key (SubjectPublicKeyInfo), found an X.509 certificate or certificate request: its key \
             is printed by `openssl x509 -pubkey -noout`",
        ),
        found(
            "wrong/two-keys-pem",
            "expected one key, found several run together: give each key a name and a file of its own",
        ),
    ];
    let not_set =
        "UNTIS_WEBHOOK_KEYS is not set: expected the keys to trust, as NAME=FILE with commas between";
    let private = PLATFORM.to_pkcs8_pem().to_string();
    let no_entry = "UNTIS_WEBHOOK_KEYS: expected NAME=FILE such as production=production.txt, found";
    let other_errors = [
        (None, None, not_set.to_owned()),
        (Some(String::new()), None, not_set.to_owned()),
        (Some("nonsense".into()), None, format!("{no_entry} text without =: put a name before the file")),
        (Some(format!("{good},")), None, format!("{no_entry} nothing")),
        (
            Some("production=/does/not/exist".into()),
            None,
            "UNTIS_WEBHOOK_KEYS: cannot read /does/not/exist: No such file or directory (os error 2)".into(),
        ),
        (
            Some("production=/".into()),
            None,
            "UNTIS_WEBHOOK_KEYS: cannot read /: expected a file or a pipe, found a directory".into(),
        ),
        (
            Some(format!("{good},{good}")),
            None,
            "UNTIS_WEBHOOK_KEYS: expected different key names, found production twice".into(),
        ),
        (
            Some(good.clone()),
            Some("8080"),
            "LISTEN: expected an address such as 127.0.0.1:8080, found something else".into(),
        ),
        (
            Some(good.clone()),
            Some(&private),
            "LISTEN: expected an address such as 127.0.0.1:8080, found something else".into(),
        ),
        (
            Some(good.clone()),
            Some(&taken),
            format!(
                "cannot listen on {taken}: Address already in use (os error 98): LISTEN names another address"
            ),
        ),
    ];
    let rows = key_errors.into_iter().map(|(keys, message)| (Some(keys), None, message)).chain(other_errors);
    for (keys, listen, message) in rows {
        let mut command = program.command();
        command.env("LISTEN", listen.unwrap_or("127.0.0.1:0")).kill_on_drop(true);
        if let Some(keys) = &keys {
            command.env("UNTIS_WEBHOOK_KEYS", keys);
        }
        let output =
            timeout(SOON, command.output()).await.unwrap_or_else(|_| panic!("it started: {message}"));
        let Output { status, stdout, stderr } = output.unwrap();
        assert_eq!(String::from_utf8(stderr).unwrap(), format!("{}: {message}\n", program.name));
        assert_eq!(status.code(), Some(2), "{message}");
        assert!(stdout.is_empty(), "{message}");
    }

    for level in [&*private, "loud", "inf", "inof=", "info,h2=", "info,untis_webhook_tower=loud", "[info"] {
        let mut command = program.command();
        command.env("UNTIS_WEBHOOK_KEYS", &good).env("LISTEN", "").env("RUST_LOG", level).kill_on_drop(true);
        let Output { status, stdout, stderr } = timeout(SOON, command.output()).await.unwrap().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        let expected = "expected a level such as info or levels such as info,untis_webhook_tower=debug";
        assert_eq!(said, format!("{}: RUST_LOG: {expected}, found something else\n", program.name));
        assert_eq!((status.code(), stdout.len()), (Some(2), 0), "{level}");
    }
}
