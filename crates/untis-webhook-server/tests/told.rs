//! What the daemon is told: by a file, by its environment, and by commands.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use untis_webhook_testkit::SigningKey;

/// What an operator pastes into the wrong place.
const KEY: &str = "-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA";

/// A folder in which all is that `untis-webhookd.toml` names.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.path("untis-public.txt"), SigningKey::shared().public_key_base64()).unwrap();
        for (kind, file) in
            [("store-key", "store-key.txt"), ("token", "api-token.txt"), ("secret", "notify-secret.txt")]
        {
            assert_eq!(folder.run(&["keygen", kind, file], &[]).code(), 0);
        }
        fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/untis-webhookd.toml"), folder.path("d.toml")).unwrap();
        folder
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.0.path().join(file)
    }

    /// Changes a line of the configuration.
    fn replace(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("d.toml")).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(self.path("d.toml"), text.replace(from, to)).unwrap();
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_untis-webhookd"));
        command.args(args).current_dir(self.0.path()).env_clear().envs(env.iter().copied());
        Ran(command.output().unwrap())
    }

    fn check(&self, env: &[(&str, &str)]) -> Ran {
        self.run(&["--config", "d.toml", "check"], env)
    }
}

struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }
}

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

/// Each is what the environment says, or the file.
#[test]
fn deliveries_are_passed_on_if_it_is_said_where_to_and_no_tenants_are_kept_then() {
    let folder = Folder::new();
    let upstream = [("UNTIS_WEBHOOK_UPSTREAM", "127.0.0.1:3000")];
    // It would be passed on to itself, on and on.
    for (listen, upstream) in [
        ("0.0.0.0:3000", "127.0.0.1:3000"),
        ("[::]:3000", "127.0.0.1:3000"),
        ("[::]:3000", "LocalHost:3000"),
        ("[::1]:3000", "localhost:3000"),
        ("127.0.0.1:3000", "[::ffff:127.0.0.1]:3000"),
        ("127.0.0.1:3000", "0.0.0.0:3000"),
    ] {
        let itself = folder.check(&[("LISTEN", listen), ("UNTIS_WEBHOOK_UPSTREAM", upstream)]);
        assert_eq!(itself.code(), 2, "{listen}, {upstream}");
        let said = "UNTIS_WEBHOOK_UPSTREAM: expected another address than that of listen";
        assert!(itself.err().contains(said), "{listen}, {upstream}: {}", itself.err());
    }
    let another = [("LISTEN", "0.0.0.0:3000"), ("UNTIS_WEBHOOK_UPSTREAM", "10.0.0.1:3000")];
    assert_eq!(folder.check(&another).code(), 0);
    let ran = folder.check(&upstream);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let is_unused = |out: &str| {
        out.contains("passed on   http://127.0.0.1:3000\n")
            && out.contains("tenants.api.listen: not used")
            && !out.contains("database")
    };
    assert!(is_unused(&ran.out()), "{}", ran.out());
    let ran = folder.run(&["--config", "d.toml", "tenants", "list"], &upstream);
    assert!(ran.code() == 2 && ran.err().contains("expected [tenants], found an upstream"), "{}", ran.err());
    // An empty variable is none.
    assert!(folder.check(&[("UNTIS_WEBHOOK_UPSTREAM", " ")]).out().contains("database"));

    folder.replace("#[proxy]\n#upstream", "[proxy]\nupstream");
    assert!(is_unused(&folder.check(&[]).out()));
    let keys = ("UNTIS_WEBHOOK_KEYS", "2026=untis-public.txt");
    let ran = folder.run(&["check"], &[upstream[0], keys]);
    assert!(ran.code() == 0 && !ran.out().contains("not used"), "{}{}", ran.out(), ran.err());
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

#[cfg(unix)]
#[test]
fn check_warns_of_what_may_be_and_should_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let warnings = |env: &[(&str, &str)]| -> Vec<String> {
        let ran = folder.check(env);
        assert_eq!(ran.code(), 0, "{}", ran.err());
        ran.out().lines().filter_map(|line| line.strip_prefix("warning      ")).map(str::to_owned).collect()
    };
    assert_eq!(warnings(&[]), [""; 0]);
    for (variable, url) in [
        ("UNTIS_WEBHOOK_NOTIFY_URL", "http://10.0.0.1/hidden-token"),
        ("UNTIS_WEBHOOK_PROBE_URL", "http://10.0.0.1"),
        ("UNTIS_WEBHOOK_DATABASE", "postgres://user:hidden@10.0.0.1/database"),
    ] {
        let warnings = warnings(&[(variable, url)]);
        assert!(warnings.len() == 1 && warnings[0].contains("in the clear"), "{variable}: {warnings:?}");
    }
    for url in [
        "postgres:///database?host=10.0.0.1",
        "postgres://localhost/database?hostaddr=10.0.0.1",
        "postgres://10.0.0.1/database?sslmode=require&sslmode=disable",
        "postgres://10.0.0.1/database?application_name=sslmode=require",
    ] {
        let warnings = warnings(&[("UNTIS_WEBHOOK_DATABASE", url)]);
        assert!(warnings.len() == 1 && warnings[0].contains("in the clear"), "{url}: {warnings:?}");
    }
    let unverified =
        warnings(&[("UNTIS_WEBHOOK_DATABASE", "postgres://user@10.0.0.1/database?sslmode=require")]);
    assert!(unverified.len() == 1 && unverified[0].contains("certificate"), "{unverified:?}");
    for url in [
        "postgres://user@10.0.0.1/database?sslmode=verify-full",
        "postgres://user@10.0.0.1/database?ssl-mode=VERIFY-FULL",
        "postgres://user@127.0.0.1/database",
        "postgres://user@localhost/database?host=/run/postgresql",
    ] {
        assert_eq!(warnings(&[("UNTIS_WEBHOOK_DATABASE", url)]), [""; 0], "{url}");
    }
    let misspelt = warnings(&[("UNTIS_WEBHOOK_CLIENT_ID", "ours"), ("UNTIS_WEBHOOK_CONFIG", "")]);
    assert_eq!(misspelt, ["UNTIS_WEBHOOK_CLIENT_ID is not known: is it UNTIS_WEBHOOK_CLIENT_IDS?"]);
    for (file, mode, expected) in
        [("store-key.txt", 0o644, 1), ("api-token.txt", 0o640, 2), ("notify-secret.txt", 0o602, 3)]
    {
        fs::set_permissions(folder.path(file), fs::Permissions::from_mode(mode)).unwrap();
        let warnings = warnings(&[]);
        let expected = (expected, format!("{file}: others than its owner may read or write it"));
        assert_eq!((warnings.len(), warnings.last().unwrap()), (expected.0, &expected.1));
    }
    folder.replace("client_ids = [\"your-client-id\"]", "");
    assert!(warnings(&[])[0].starts_with("UNTIS_WEBHOOK_CLIENT_IDS is not set"));
    let hidden = folder.check(&[("UNTIS_WEBHOOK_NOTIFY_URL", "https://app.example/hidden-token?hidden")]);
    assert!(!hidden.out().contains("hidden"), "{}", hidden.out());
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

/// Whoever reads may have seen enough; a disk that is full is a failure.
#[cfg(unix)]
#[test]
fn standard_output_that_cannot_be_written_to_is_no_panic() {
    let folder = Folder::new();
    for args in [&["--config", "d.toml", "check"][..], &["completions", "bash"]] {
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_untis-webhookd"));
            command.args(args).current_dir(folder.0.path()).env_clear();
            command
        };
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran(command().stdout(writer).output().unwrap());
        assert_eq!((ran.code(), ran.err().as_str()), (0, ""), "{args:?}");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = Ran(command().stdout(full).output().unwrap());
        assert!(ran.code() == 1 && ran.err().starts_with("untis-webhookd: standard output"), "{}", ran.err());
    }
}

#[test]
fn keygen_makes_what_its_owner_alone_can_read_and_replaces_nothing() {
    let folder = Folder::new();
    for (kind, file, len) in [
        ("store-key", "store-key.txt", 45),
        ("token", "api-token.txt", 44),
        ("secret", "notify-secret.txt", 51),
    ] {
        let before = fs::read(folder.path(file)).unwrap();
        assert_eq!(before.len(), len, "{kind}");
        #[cfg(unix)]
        assert_eq!(mode(&folder.path(file)), 0o600);
        let ran = folder.run(&["keygen", kind, file], &[]);
        assert!(ran.code() == 2 && ran.err().contains("expected to make a file that is not there yet"));
        assert_eq!(fs::read(folder.path(file)).unwrap(), before);
    }
}

/// On a disk that takes nothing, as far as a process can be told that it is one.
#[cfg(unix)]
#[test]
fn keygen_leaves_no_part_of_a_file() {
    let folder = Folder::new();
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} keygen token new.txt",
        env!("CARGO_BIN_EXE_untis-webhookd")
    );
    let ran = Ran(Command::new("sh").args(["-c", &script]).current_dir(folder.0.path()).output().unwrap());
    assert!(ran.code() == 2 && ran.err().contains("File too large"), "{}", ran.err());
    assert!(!folder.path("new.txt").exists());
}

#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn there_are_completions_for_every_shell_and_help_for_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(folder.run(&["completions", shell], &[]).out().contains("redrive"), "{shell}");
    }
    assert_eq!(folder.run(&["tenants", "unknown"], &[]).code(), 2);
}

/// `HELP=write cargo test -p untis-webhook-server --test told` writes the file anew.
#[test]
fn the_help_of_every_command_is_the_one_in_the_file() {
    let folder = Folder::new();
    let mut help = String::new();
    let mut todo = vec![vec![]];
    while let Some(command) = todo.pop() {
        let args: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let ran = folder.run(&args, &[("UNTIS_WEBHOOK_CONFIG", "hidden")]);
        assert_eq!((ran.code(), ran.err().as_str()), (0, ""), "{args:?}");
        help += &format!("$ untis-webhookd {}\n{}\n", args.join(" "), ran.out());
        let out = ran.out();
        let commands = out.lines().skip_while(|line| *line != "Commands:").skip(1);
        // What is further in belongs to the line before it.
        let names = commands.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
        let names =
            names.filter(|line| !line.starts_with([' ', '-'])).filter_map(|line| line.split(' ').next());
        let commands = names.filter(|name| *name != "help");
        let commands = commands.map(|name| command.iter().cloned().chain([name.to_owned()]).collect());
        let mut commands: Vec<Vec<String>> = commands.collect();
        commands.reverse();
        todo.extend(commands);
    }
    assert!(help.contains("untis-webhookd tenants forget --help") && !help.contains("hidden"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    if std::env::var("HELP").is_ok_and(|what| what == "write") {
        fs::write(&file, &help).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == help,
        "tests/help.txt is out of date: HELP=write cargo test -p untis-webhook-server --test told"
    );
}
