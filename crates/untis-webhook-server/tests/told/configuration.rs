use std::fs;

use crate::{Folder, KEY};

#[test]
fn the_annotated_configuration_is_one() {
    let folder = Folder::new();
    let ran = folder.check(&[]);
    assert_eq!((ran.code(), ran.err().as_str()), (0, ""));
    for line in [
        "deliveries   POST http://127.0.0.1:8080/webhook, signed by 2026",
        "environment  production",
        "client ids   your-client-id",
        "database     SQLite, untis-webhookd.db",
        "API          http://127.0.0.1:8081",
        "admin        http://127.0.0.1:9090",
        "told         http://127.0.0.1:3000/...",
        "probe        none: UNTIS_WEBHOOK_PROBE_URL is not set",
    ] {
        assert!(ran.out().lines().any(|out| out == line), "{line}: {}", ran.out());
    }
    assert!(!folder.path("untis-webhookd.db").exists(), "check opens nothing");
}

#[test]
fn bad_configuration_is_one_sentence_that_says_where_and_ends_with_2() {
    for (from, to, expected) in [
        ("listen = \"127.0.0.1:8080\"", "listen = \"8080\"", "d.toml, line 6, listen: expected an address"),
        (
            "path = \"/webhook\"",
            "path = \"webhook\"",
            "d.toml, line 9, path: expected a path that begins with",
        ),
        ("[\"2026=untis-public.txt\"]", "[\"2026=no-such-file\"]", "d.toml, line 12, keys: "),
        ("log = \"info\"", "log = \"loud\"", "d.toml, line 19, log: expected a level"),
        (
            "log_format = \"text\"",
            "log_format = \"xml\"",
            "d.toml, line 20, log_format: expected text or json",
        ),
        (
            "environment_keys = [\"2026\"]",
            "environment_keys = [\"2025\"]",
            "line 34, tenants.environment_keys: expected the names",
        ),
        (
            "database = \"sqlite:untis-webhookd.db\"",
            "database = \"mysql://x\"",
            "line 40, tenants.database: expected sqlite:FILE",
        ),
        ("sqlite:untis-webhookd.db", "sqlite://t.db", "line 40, tenants.database: expected sqlite:FILE"),
        ("sqlite:untis-webhookd.db", "sqlite::memory:", "line 40, tenants.database: expected sqlite:FILE"),
        (
            "sqlite:untis-webhookd.db",
            "sqlite:t.db?mode=ro",
            "line 40, tenants.database: expected sqlite:FILE",
        ),
        ("path = \"/webhook\"", "path = \"/webhook?a\"", "line 9, path: expected a path that begins with"),
        ("path = \"/webhook\"", "path = \"/webhook#a\"", "line 9, path: expected a path that begins with"),
        ("\"production\"", "\"a\\nb\"", "line 33, tenants.environment: expected 1 to 64 octets"),
        (
            "\"production\"",
            &format!("\"{}\"", "a".repeat(65)),
            "line 33, tenants.environment: expected 1 to 64",
        ),
        (
            "127.0.0.1:9090",
            "127.0.0.1:8080",
            "line 24, admin.listen: expected another address than that of listen",
        ),
        (
            "127.0.0.1:8081",
            "127.0.0.1:9090",
            "line 54, tenants.api.listen: expected another address than that of admin.listen",
        ),
        (
            "http://127.0.0.1:3000/untis",
            "https://app.example:99999/untis",
            "line 61, tenants.notify.url: expected the application's address",
        ),
        (
            "api-token.txt",
            "store-key.txt",
            "line 57, tenants.api.token_file: store-key.txt: expected a file of its own",
        ),
        (
            "notify-secret.txt",
            "api-token.txt",
            "line 64, tenants.notify.secret_file: api-token.txt: expected a file",
        ),
        (
            "\"first=store-key.txt\"",
            "\"first=store-key.txt\", \"second=store-key.txt\"",
            "line 44, tenants.store_keys: store-key.txt: expected a file of its own",
        ),
        (
            "first=store-key.txt",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgE=",
            "tenants.store_keys: expected the keys",
        ),
        ("grace_days = 30", "grace_days = 0x11111", "line 47, tenants.grace_days: expected a number of days"),
        (
            "store_keys = [\"first=store-key.txt\"]",
            "store_keys = [\"store-key.txt\"]",
            "line 44, tenants.store_keys: expected the keys",
        ),
        (
            "first=store-key.txt",
            "first=untis-public.txt",
            "line 44, tenants.store_keys: untis-public.txt: expected a store key",
        ),
        (
            "grace_days = 30",
            "grace_days = \"a month\"",
            "line 47, tenants.grace_days: expected a number of days",
        ),
        (
            "destroy_deleted_at_once = false",
            "destroy_deleted_at_once = 1",
            "line 50, tenants.destroy_deleted_at_once: expected true",
        ),
        (
            "listen = \"127.0.0.1:8081\"",
            "listen = \"192.0.2.1:8081\"",
            "line 54, tenants.api.listen: expected an address on loopback",
        ),
        (
            "token_file = \"api-token.txt\"",
            "",
            "expected a token for an API on TCP, found none: UNTIS_WEBHOOK_API_TOKEN_FILE, or tenants.api.token_file",
        ),
        (
            "url = \"http://127.0.0.1:3000/untis\"",
            "url = \"http://192.0.2.1/x\"",
            "d.toml, line 61, tenants.notify.url: expected https, or http to a loopback or private address",
        ),
        (
            "secret_file = \"notify-secret.txt\"",
            "",
            "UNTIS_WEBHOOK_NOTIFY_SECRET_FILE, or tenants.notify.secret_file in d.toml is not set",
        ),
        (
            "secret_file = \"notify-secret.txt\"",
            "secret_file = \"untis-public.txt\"",
            "d.toml, line 64, tenants.notify.secret_file: expected whsec_",
        ),
        (
            "#url = \"https://api.example\"",
            "url = \"http://api.example.com:80/x?y\"",
            "d.toml, line 68, tenants.probe.url: expected an API's address",
        ),
        (
            "restore = false",
            "restore = \"perhaps\"",
            "line 71, tenants.probe.restore: expected true or false",
        ),
        (
            "restore = false",
            "restor = false",
            "line 71: tenants.probe.restor is not known: is it tenants.probe.restore?",
        ),
        ("restore = false", "restore = 1979-05-27", "line 71, tenants.probe.restore: expected a text"),
        ("[tenants.probe]", "[tenants.probe", "d.toml, line 66: "),
        ("[admin]", "[server]", "d.toml, line 22: server is not known"),
        ("[admin]", "[proxy]", "d.toml, line 24: proxy.listen is not known"),
        ("#[proxy]", "[proxy]", "UNTIS_WEBHOOK_UPSTREAM, or proxy.upstream in d.toml is not set"),
        (
            "#[proxy]",
            "[proxy]\nupstream = \"localhost:8080\"",
            "d.toml, line 29, proxy.upstream: expected another address than that of listen",
        ),
        (
            "#[proxy]",
            "[proxy]\nupstream = \"localhost\"",
            "d.toml, line 29, proxy.upstream: expected the application's host and port",
        ),
        (
            "grace_days = 30",
            "grace_days = 65536",
            "line 47, tenants.grace_days: expected a number of days up to",
        ),
        ("api-token.txt", "no-such-file", "line 57, tenants.api.token_file: no-such-file: No such file"),
        (
            "notify-secret.txt",
            "empty.txt",
            "line 64, tenants.notify.secret_file: empty.txt: expected a secret",
        ),
        ("store-key.txt", "/dev/zero", "line 44, tenants.store_keys: /dev/zero: expected a file or a pipe"),
        (
            "store-key.txt",
            "long.txt",
            "line 44, tenants.store_keys: long.txt: expected less, found more than 64",
        ),
        ("log = \"info\"", &format!("log = \"{KEY}\""), "d.toml, line 19, log: expected a level"),
        (
            "log = \"info\"",
            &format!("\"{KEY}\" = 1"),
            "d.toml, line 19: a key that is not repeated is not known",
        ),
    ] {
        let folder = Folder::new();
        folder.replace(from, to);
        fs::write(folder.path("empty.txt"), "\n").unwrap();
        fs::write(folder.path("long.txt"), [b'a'; 64 * 1024 + 1]).unwrap();
        for command in ["check", "serve"] {
            let ran = folder.run(&["--config", "d.toml", command], &[("LISTEN_PID", "")]);
            let err = ran.err();
            assert_eq!((ran.code(), ran.out().as_str()), (2, ""), "{to}: {err}");
            assert!(err.starts_with("untis-webhookd: ") && err.contains(expected), "{to}: {err}");
            assert_eq!(err.lines().count(), 1, "{err}");
            assert!(!err.contains("MIIE"), "{err}");
        }
    }
    let nothing = tempfile::tempdir().unwrap();
    let ran = Folder(nothing).run(&["serve"], &[]);
    assert_eq!(ran.code(), 2);
    assert!(ran.err().contains("UNTIS_WEBHOOK_KEYS"), "{}", ran.err());
}
