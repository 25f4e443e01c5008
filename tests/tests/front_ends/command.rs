//! What is built beside this test, and the commands that explain.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use untis_webhook_tests::platform::PLATFORM;

use crate::SOON;
use crate::recorder::Recorded;

/// The program of this name, of the same build.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join(name);
    assert!(program.exists(), "{} is not built: .ci/front-ends builds it", program.display());
    program
}

/// The file of the platform's public key.
pub(crate) struct Keys(TempDir);

impl Keys {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key"), PLATFORM.public_key_base64()).unwrap();
        Self(folder)
    }

    pub(crate) fn configuration(&self) -> String {
        format!("production={}", self.0.path().join("key").display())
    }
}

/// What `inspect` says of a request as it arrived.
pub(crate) async fn inspect(keys: &Keys, request: &Recorded) -> String {
    let file = keys.0.path().join("request");
    fs::write(&file, request.saved()).unwrap();
    let output = command(keys, "inspect").arg("--request").arg(&file).output().await.unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// `listen`, at work.
pub(crate) struct Listen {
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
    _process: Child,
}

impl Listen {
    pub(crate) async fn start(keys: &Keys) -> Self {
        let mut process =
            command(keys, "listen").args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = timeout(SOON, lines.next_line()).await.unwrap().unwrap().unwrap();
        let (_, port) = first.rsplit_once(':').unwrap();
        Self { lines, port: port.parse().unwrap(), _process: process }
    }

    /// What it says of the next delivery, to its answer.
    pub(crate) async fn delivery(&mut self) -> Vec<String> {
        let mut said: Vec<String> = vec![];
        while said.last().is_none_or(|line| !line.starts_with("answer: ")) {
            said.push(timeout(SOON, self.lines.next_line()).await.unwrap().unwrap().unwrap());
        }
        said
    }
}

fn command(keys: &Keys, name: &str) -> Command {
    let mut command = Command::new(built("untis-webhook"));
    command.arg(name).arg("--key").arg(keys.configuration()).kill_on_drop(true);
    command
}
