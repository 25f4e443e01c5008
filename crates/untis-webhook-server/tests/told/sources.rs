use std::fs;
use std::process::Command;

use crate::{Folder, KEY};

/// Each variable wins over the file, which names it.
#[test]
fn what_the_environment_says_wins() {
    let folder = Folder::new();
    let annotated = fs::read_to_string(folder.path("d.toml")).unwrap();
    let values = [
        ("LISTEN", "127.0.0.1:1", "http://127.0.0.1:1/webhook"),
        ("UNTIS_WEBHOOK_PATH", "/other", "http://127.0.0.1:8080/other"),
        ("UNTIS_WEBHOOK_KEYS", "other=untis-public.txt", "signed by other"),
        ("UNTIS_WEBHOOK_ADMIN_LISTEN", "127.0.0.1:2", "http://127.0.0.1:2"),
        ("UNTIS_WEBHOOK_ENVIRONMENT", "integration", "environment  integration"),
        ("UNTIS_WEBHOOK_DATABASE", "postgres://user:password@host/db", "database     PostgreSQL"),
        ("UNTIS_WEBHOOK_API_LISTEN", "unix:api.sock", "API          api.sock"),
        ("UNTIS_WEBHOOK_NOTIFY_URL", "https://app.example/x", "told         https://app.example/..."),
        ("UNTIS_WEBHOOK_PROBE_URL", "https://other.example", "probe        https://other.example"),
    ];
    for (variable, value, expected) in values {
        assert!(annotated.contains(variable), "{variable}");
        let mut env = vec![(variable, value)];
        if variable == "UNTIS_WEBHOOK_KEYS" {
            env.push(("UNTIS_WEBHOOK_ENVIRONMENT_KEYS", "other"));
        }
        let ran = folder.check(&env);
        assert!(ran.code() == 0 && ran.out().contains(expected), "{variable}: {}{}", ran.out(), ran.err());
        // An empty one is not set.
        let ran = folder.check(&[(variable, " ")]);
        assert!(ran.code() == 0 && !ran.out().contains(expected), "{variable}");
    }
}

/// Each variable that the annotated file names is read: a value that it cannot have is an error that names it, or what it
/// says is shown.
#[test]
fn every_variable_of_the_annotated_file_is_read() {
    const IS_SHOWN: &str = "";
    let rows = [
        ("LISTEN", KEY, "expected an address"),
        ("UNTIS_WEBHOOK_PATH", KEY, "expected a path that begins with"),
        ("UNTIS_WEBHOOK_KEYS", "a=untis-public.txt,b=untis-public.txt", "expected different keys"),
        ("UNTIS_WEBHOOK_SIGNATURE_HEADER", KEY, "expected the name of a header"),
        ("UNTIS_WEBHOOK_ALGORITHM_HEADER", KEY, "expected the name of a header"),
        ("RUST_LOG", KEY, "expected a level"),
        ("UNTIS_WEBHOOK_LOG_FORMAT", KEY, "expected text or json"),
        ("UNTIS_WEBHOOK_ADMIN_LISTEN", KEY, "expected an address"),
        ("UNTIS_WEBHOOK_ENVIRONMENT", "integration", IS_SHOWN),
        ("UNTIS_WEBHOOK_ENVIRONMENT_KEYS", "2025", "expected the names of keys that are trusted"),
        ("UNTIS_WEBHOOK_CLIENT_IDS", "a,,b", "expected texts with commas between"),
        ("UNTIS_WEBHOOK_DATABASE", KEY, "expected sqlite:FILE or postgres://"),
        ("UNTIS_WEBHOOK_STORE_KEYS", KEY, "expected the keys of what is stored"),
        ("UNTIS_WEBHOOK_GRACE_DAYS", KEY, "expected a number of days"),
        ("UNTIS_WEBHOOK_DESTROY_DELETED_AT_ONCE", KEY, "expected true or false"),
        ("UNTIS_WEBHOOK_API_LISTEN", KEY, "expected an address on loopback"),
        ("UNTIS_WEBHOOK_API_TOKEN_FILE", KEY, "a file whose name is not repeated"),
        ("UNTIS_WEBHOOK_NOTIFY_URL", KEY, "expected an address that begins with https://"),
        ("UNTIS_WEBHOOK_NOTIFY_SECRET_FILE", KEY, "a file whose name is not repeated"),
        ("UNTIS_WEBHOOK_PROBE_URL", KEY, "expected an API's address"),
        ("UNTIS_WEBHOOK_PROBE_RESTORE", KEY, "expected true or false"),
    ];
    let folder = Folder::new();
    let annotated = fs::read_to_string(folder.path("d.toml")).unwrap();
    let values = annotated.lines().filter(|line| line.contains(" = ") && !line.starts_with("#upstream"));
    // What is said of TLS is in tls.rs.
    let values = values.filter(|line| !line.contains("UNTIS_WEBHOOK_TLS_"));
    let named: Vec<_> =
        values.map(|line| line.split_once("# ").unwrap().1.split(',').next().unwrap()).collect();
    assert_eq!(named, rows.map(|(variable, ..)| variable));
    for (variable, value, expected) in rows {
        let ran = folder.check(&[(variable, value)]);
        if expected == IS_SHOWN {
            assert!(ran.code() == 0 && ran.out().contains(value), "{variable}: {}{}", ran.out(), ran.err());
            continue;
        }
        let err = ran.err();
        assert_eq!((ran.code(), ran.out().as_str(), err.lines().count()), (2, "", 1), "{variable}: {err}");
        assert!(err.starts_with(&format!("untis-webhookd: {variable}: ")), "{variable}: {err}");
        assert!(err.contains(expected) && !err.contains("MIIE"), "{variable}: {err}");
    }
    let proxy = folder.check(&[("UNTIS_WEBHOOK_UPSTREAM", KEY)]);
    assert_eq!(proxy.code(), 2);
    assert!(proxy.err().starts_with("untis-webhookd: UNTIS_WEBHOOK_UPSTREAM: expected the application's"));
}

#[test]
fn the_file_is_the_one_of_the_option_or_of_the_variable_and_an_empty_variable_is_not_set() {
    let folder = Folder::new();
    let file = |args: &[&str], file| folder.run(args, &[("UNTIS_WEBHOOK_CONFIG", file)]);
    assert_eq!(file(&["check"], "d.toml").code(), 0);
    assert_eq!(file(&["--config", "d.toml", "check"], "no-such-file").code(), 0);
    let unset = file(&["check"], "");
    assert_eq!(unset.code(), 2);
    assert!(unset.err().contains("UNTIS_WEBHOOK_KEYS"), "{}", unset.err());
    for (name, expected) in [
        ("no-such-file", "no-such-file: No such file"),
        (".", ".: expected a file or a pipe, found a directory"),
        ("/dev/zero", "/dev/zero: expected a file or a pipe, found a device"),
    ] {
        let ran = file(&["check"], name);
        assert!(ran.code() == 2 && ran.err().contains(expected), "{}", ran.err());
    }
}

/// As a shell's `<(...)` and systemd's credentials are.
#[cfg(unix)]
#[test]
fn a_secret_may_come_by_a_pipe() {
    let folder = Folder::new();
    let (pipe, key) = (folder.path("pipe"), fs::read(folder.path("store-key.txt")).unwrap());
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || fs::write(pipe, key));
    assert_eq!(folder.check(&[("UNTIS_WEBHOOK_STORE_KEYS", "first=pipe")]).code(), 0);
    writer.join().unwrap().unwrap();
}
