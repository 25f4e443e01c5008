//! The daemon as its operator has it: configured, served, asked and decided about by commands, and stopped.
#![cfg(unix)]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod database;
mod decided;
mod moved;
mod started;
mod systemd;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use untis_webhook_testkit::{Delivery, Payload, SigningKey};

const PROGRAM: &str = env!("CARGO_BIN_EXE_untis-webhookd");

struct Operator(TempDir);

impl Operator {
    fn new() -> Self {
        let operator = Self(tempfile::tempdir().unwrap());
        let public = SigningKey::shared().public_key_base64();
        fs::write(operator.0.path().join("untis-public.txt"), public).unwrap();
        for (kind, file) in
            [("store-key", "store-key.txt"), ("store-key", "next-key.txt"), ("token", "api-token.txt")]
        {
            operator.run(&["keygen", kind, file], &[]);
        }
        let configuration = r#"
            listen = "127.0.0.1:0"
            keys = ["2026=untis-public.txt"]
            log_format = "json"
            [admin]
            listen = "127.0.0.1:0"
            [tenants]
            store_keys = ["first=store-key.txt"]
            [tenants.api]
            listen = "127.0.0.1:0"
            token_file = "api-token.txt"
        "#;
        fs::write(operator.0.path().join("untis-webhookd.toml"), configuration).unwrap();
        operator
    }

    fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.0.path()).env_clear().envs(env.iter().copied());
        command.env("UNTIS_WEBHOOK_CONFIG", "untis-webhookd.toml");
        command
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command(args, env).output().unwrap()
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.0.path().join(file)
    }

    /// What a command prints that succeeds.
    fn says(&self, args: &[&str]) -> String {
        let output = self.run(args, &[]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self) -> Daemon {
        Daemon::listening(&mut self.command(&["serve"], &[]))
    }
}

struct Daemon {
    child: Child,
    webhook: String,
    api: String,
    log: Option<std::thread::JoinHandle<String>>,
}

/// That of a test that fails does not stay.
impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    fn listening(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = loop {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            if line["message"] == "listening" {
                break line;
            }
        };
        let address = |name: &str| line[name].as_str().unwrap().to_owned();
        let (webhook, api) = (address("address"), address("api"));
        // Whatever it says from now on is read, so that it does not wait for a reader.
        let log = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
        Self { child, webhook, api, log: Some(log) }
    }

    fn deliver(&self, delivery: &Delivery) -> u16 {
        let mut head = String::from("POST /webhook HTTP/1.1\r\nhost: daemon\r\nconnection: close\r\n");
        for (name, value) in &delivery.headers() {
            head += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        let body = delivery.body();
        head += &format!("content-length: {}\r\n\r\n", body.len());
        answer(&self.webhook, &[head.as_bytes(), body].concat()).0
    }

    fn credentials(&self, tenant_id: &str, token: &str) -> (u16, String) {
        let request = format!(
            "GET /v1/tenants/{tenant_id}/credentials HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\n\r\n",
            self.api
        );
        answer(&self.api, request.as_bytes())
    }

    /// Tells it to stop, and gives its log.
    fn stop(mut self) -> String {
        terminate(&self.child);
        assert!(self.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }
}

fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

fn answer(address: &str, request: &[u8]) -> (u16, String) {
    answered(TcpStream::connect(address).unwrap(), request)
}

fn answered(mut connection: impl Read + Write, request: &[u8]) -> (u16, String) {
    connection.write_all(request).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn sign(payload: Payload) -> Delivery {
    Delivery::sign(SigningKey::shared(), payload)
}
