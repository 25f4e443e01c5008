//! The built program: what it prints, and its exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it is surprised"
)]

mod answers;
mod body;
mod first_steps;
mod forward;
mod headers;
mod https;
mod inspect;
mod keygen;
mod listen;
mod masking;
mod proxy;
mod saved;
mod secrets;
mod send;
mod session;
mod sign;
mod signature;
mod terminal;
mod usage;

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::CommandCargoExt;
use axum::Router;
use axum::routing::post;
use tempfile::TempDir;
use untis_webhook_axum::{KeySet, VerifiedEvent, Verifier, VerifyLayer, VerifyingKey};
use untis_webhook_tests::vectors;

/// The program, in a folder of its own, without what the environment may have for it.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("untis-webhook").unwrap();
    for variable in ["KEYS", "SIGNATURE_HEADER", "ALGORITHM_HEADER"] {
        command.env_remove(format!("UNTIS_WEBHOOK_{variable}"));
    }
    command.current_dir(folder).env("COLUMNS", "100");
    command
}

/// A process that does not outlive the test, also where that fails.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs it, and gives the exit code and what was printed on standard output and standard error.
pub(crate) fn run(folder: &TempDir, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = program(folder.path()).args(args).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A folder with a development key, a body and its signed request.
pub(crate) fn signed() -> TempDir {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(&folder, &["keygen"]).0, 0);
    fs::write(folder.path().join("body.json"), BODY).unwrap();
    let (code, request, _) = run(&folder, &["sign", "--http", "/webhook", "body.json"]);
    assert_eq!(code, 0);
    fs::write(folder.path().join("request.http"), request).unwrap();
    folder
}

/// The two headers of this body's signature.
pub(crate) fn headers_of(folder: &TempDir, body: &[u8]) -> (String, String) {
    fs::write(folder.path().join("to-sign"), body).unwrap();
    let (code, headers, _) = run(folder, &["sign", "to-sign"]);
    assert_eq!(code, 0);
    let value = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    (value("Authorization: "), value("Algorithm: "))
}

pub(crate) const BODY: &str = r#"{"tenantId":"12345","eventType":"DELETION","reasonText":"ä"}"#;

pub(crate) const KEY: &str = "--key=development=untis-public.txt";

/// A receiver that trusts the development key of the folder, and tells of each event that it takes.
pub(crate) fn receiver(folder: &TempDir) -> (SocketAddr, mpsc::Receiver<String>) {
    let public = fs::read_to_string(folder.path().join("untis-public.txt")).unwrap();
    let verifier =
        Verifier::new(KeySet::new([("development", public.parse::<VerifyingKey>().unwrap())]).unwrap());
    let (told, events) = mpsc::channel();
    let handler = async move |VerifiedEvent(event): VerifiedEvent| {
        let line = format!("{:?} {:?}", event.event_type(), event.tenant_id());
        told.send(line).map_or("", |()| "taken\n\u{1b}[2J")
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let app = Router::new().route("/webhook", post(handler)).layer(VerifyLayer::new(verifier));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime
            .block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await })
    });
    (address, events)
}
