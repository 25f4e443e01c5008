//! What the daemon is told: by a file, by its environment, and by commands.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod check;
mod commands;
mod configuration;
mod secrets;
mod sources;
mod tls;

use std::fs;
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
