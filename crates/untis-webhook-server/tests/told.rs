//! What the daemon is told: by a file, by its environment, and by commands.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use untis_webhook_testkit::SigningKey;

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
        "database     SQLite, untis-webhookd.db",
        "API          http://127.0.0.1:8081",
        "admin        http://127.0.0.1:9090",
        "told         http://127.0.0.1:3000/untis",
        "probe        https://api.example",
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
        ("UNTIS_WEBHOOK_NOTIFY_URL", "https://app.example/x", "told         https://app.example/x"),
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
    const KEY: &str = "-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA";
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
            "line 29, tenants.environment_keys: expected the names",
        ),
        (
            "database = \"sqlite:untis-webhookd.db\"",
            "database = \"mysql://x\"",
            "line 35, tenants.database: expected sqlite:FILE",
        ),
        (
            "store_keys = [\"first=store-key.txt\"]",
            "store_keys = [\"store-key.txt\"]",
            "line 39, tenants.store_keys: expected the keys",
        ),
        (
            "first=store-key.txt",
            "first=untis-public.txt",
            "line 39, tenants.store_keys: untis-public.txt: expected a store key",
        ),
        (
            "grace_days = 30",
            "grace_days = \"a month\"",
            "line 42, tenants.grace_days: expected a number of days",
        ),
        (
            "destroy_deleted_at_once = false",
            "destroy_deleted_at_once = 1",
            "line 45, tenants.destroy_deleted_at_once: expected true",
        ),
        (
            "listen = \"127.0.0.1:8081\"",
            "listen = \"192.0.2.1:8081\"",
            "line 49, tenants.api.listen: expected an address on loopback",
        ),
        (
            "token_file = \"api-token.txt\"",
            "",
            "expected a token for an API on TCP, found none: UNTIS_WEBHOOK_API_TOKEN_FILE",
        ),
        (
            "url = \"http://127.0.0.1:3000/untis\"",
            "url = \"http://192.0.2.1/x\"",
            "the application cannot be told",
        ),
        (
            "secret_file = \"notify-secret.txt\"",
            "",
            "UNTIS_WEBHOOK_NOTIFY_SECRET_FILE, or tenants.notify.secret_file in d.toml is not set",
        ),
        (
            "secret_file = \"notify-secret.txt\"",
            "secret_file = \"api-token.txt\"",
            "the application cannot be told",
        ),
        (
            "url = \"https://api.example\"",
            "url = \"http://api.example.com:80/x?y\"",
            "the platform cannot be asked",
        ),
        (
            "restore = false",
            "restore = \"perhaps\"",
            "line 66, tenants.probe.restore: expected true or false",
        ),
        (
            "restore = false",
            "restor = false",
            "line 66: tenants.probe.restor is not known: is it tenants.probe.restore?",
        ),
        ("restore = false", "restore = 1979-05-27", "line 66, tenants.probe.restore: expected a text"),
        ("[tenants.probe]", "[tenants.probe", "d.toml, line 61: "),
        ("[admin]", "[server]", "d.toml, line 22: server is not known"),
        ("log = \"info\"", &format!("log = \"{KEY}\""), "d.toml, line 19, log: expected a level"),
        (
            "log = \"info\"",
            &format!("\"{KEY}\" = 1"),
            "d.toml, line 19: a key that is not repeated is not known",
        ),
    ] {
        let folder = Folder::new();
        folder.replace(from, to);
        for command in ["check", "serve"] {
            let ran = folder.run(&["--config", "d.toml", command], &[("LISTEN_PID", "")]);
            let err = ran.err();
            assert_eq!((ran.code(), ran.out().as_str()), (2, ""), "{to}: {err}");
            assert!(err.starts_with("untis-webhookd: ") && err.contains(expected), "{to}: {err}");
            assert_eq!(err.lines().count(), 1, "{err}");
            assert!(!err.contains("MIIE"), "{err}");
        }
    }
    let folder = Folder::new();
    for (variable, value, expected) in [
        ("LISTEN", KEY, "LISTEN: expected an address"),
        (
            "UNTIS_WEBHOOK_ENVIRONMENT_KEYS",
            "2025",
            "UNTIS_WEBHOOK_ENVIRONMENT_KEYS: expected the names of keys",
        ),
        (
            "UNTIS_WEBHOOK_KEYS",
            "a=untis-public.txt,b=untis-public.txt",
            "untis-webhookd: UNTIS_WEBHOOK_KEYS: expected different keys",
        ),
        ("UNTIS_WEBHOOK_STORE_KEYS", KEY, "UNTIS_WEBHOOK_STORE_KEYS: expected the keys of what is stored"),
        (
            "UNTIS_WEBHOOK_STORE_KEYS",
            "first=missing.txt",
            "UNTIS_WEBHOOK_STORE_KEYS: missing.txt: No such file",
        ),
    ] {
        let ran = folder.check(&[(variable, value)]);
        assert!(ran.code() == 2 && ran.err().contains(expected), "{variable}: {}", ran.err());
        assert!(!ran.err().contains("MIIE"), "{}", ran.err());
    }
    let nothing = tempfile::tempdir().unwrap();
    let ran = Folder(nothing).run(&["serve"], &[]);
    assert_eq!(ran.code(), 2);
    assert!(ran.err().contains("UNTIS_WEBHOOK_KEYS"), "{}", ran.err());
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
    for command in ["check", "completions", "keygen", "rekey", "serve", "tenants"] {
        let ran = folder.run(&[command, "--help"], &[]);
        assert!(ran.code() == 0 && ran.out().contains("Usage: untis-webhookd"), "{command}");
    }
    assert_eq!(folder.run(&["tenants", "unknown"], &[]).code(), 2);
}
