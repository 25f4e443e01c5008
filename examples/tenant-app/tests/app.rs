//! What every program that Untis calls must do, and what this one says of its own configuration.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod setup;

use std::process::Command;

use setup::Setup;
use untis_webhook_tests::receiver;

#[tokio::test]
async fn the_published_example_is_refused_under_each_published_key() {
    receiver::refuses_the_published_example(&Setup::new().program()).await;
}

#[tokio::test]
async fn bad_configuration_is_said_and_ends_it_with_2() {
    receiver::says_what_is_wrong_with_its_configuration(&Setup::new().program()).await;
}

#[test]
fn bad_configuration_of_its_own_is_said_and_ends_it_with_2() {
    let setup = Setup::new();
    let program = setup.program();
    let key = setup.file("store.key").display().to_string();
    let secret = std::fs::read_to_string(&key).unwrap();
    let other = setup.file("other.key").display().to_string();
    std::fs::write(&other, "no key").unwrap();
    let octets = setup.file("octets.key").display().to_string();
    std::fs::write(&octets, [0xff; 32]).unwrap();
    let of_names = "names with commas between, found something else";
    let of_keys = "expected the keys of what is stored, as NAME=FILE with commas between";
    let no_key = "expected a store key, base64 of 32 octets, found something else";
    for (name, value, said) in [
        ("UNTIS_WEBHOOK_STORE_KEYS", "", format!(" is not set: {of_keys}")),
        ("UNTIS_WEBHOOK_STORE_KEYS", &key, format!(": {of_keys}, found something else")),
        ("UNTIS_WEBHOOK_STORE_KEYS", &format!("k={other}"), format!(": {other}: {no_key}")),
        ("UNTIS_WEBHOOK_STORE_KEYS", "k=/dev/zero", format!(": /dev/zero: {no_key}")),
        (
            "UNTIS_WEBHOOK_STORE_KEYS",
            &format!("k={secret}"),
            ": a file whose name is not repeated, since it may be a key: No such file or directory (os error 2)".into(),
        ),
        (
            "UNTIS_WEBHOOK_STORE_KEYS",
            &format!("k={key},k={key}"),
            ": expected different names of 1 to 64 ASCII letters, digits, '-', '_' and '.' for the store keys".into(),
        ),
        ("UNTIS_WEBHOOK_STORE_KEYS", &format!("k={octets}"), format!(": {octets}: {no_key}")),
        ("UNTIS_WEBHOOK_DATABASE", "sqlite://file.db", ": expected sqlite:FILE, found something else".into()),
        ("UNTIS_WEBHOOK_DATABASE", "postgres://localhost", ": expected sqlite:FILE, found something else".into()),
        ("UNTIS_WEBHOOK_CLIENT_IDS", "one,,two", format!(": expected {of_names}")),
        ("UNTIS_WEBHOOK_ENVIRONMENT_KEYS", ",", format!(": expected {of_names}")),
        (
            "UNTIS_WEBHOOK_PROBE_URL",
            "http://api.example",
            ": expected an address that begins with https://, or http:// for one of this machine, found something else".into(),
        ),
        ("FETCH_SECONDS", "0", ": expected a number of seconds, found something else".into()),
    ] {
        let mut command = Command::new(program.path);
        command.env_clear().envs(program.env.iter().cloned()).env("LISTEN", "127.0.0.1:0");
        command.env("UNTIS_WEBHOOK_KEYS", setup::keys()).env(name, value);
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("tenant-app: {name}{said}\n"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name}={value}");
    }
}
