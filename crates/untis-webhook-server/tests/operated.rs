//! The daemon as its operator has it: configured, served, asked and decided about by commands, and stopped.
#![cfg(unix)]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use untis_webhook::event::CredentialsEventType::{Created, Reset};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};

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
    log: std::thread::JoinHandle<String>,
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
        Self { child, webhook, api, log }
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
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        self.log.join().unwrap()
    }
}

fn answer(address: &str, request: &[u8]) -> (u16, String) {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn sign(payload: Payload) -> Delivery {
    Delivery::sign(SigningKey::shared(), payload)
}

#[test]
fn a_school_is_received_decided_about_and_given_to_who_shows_the_token() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let activation = sign(Payload::credentials(Created).set("password", "own"));
    assert_eq!(daemon.deliver(&activation.clone().forge(Forgery::OtherKey)), 401);
    assert_eq!(operator.says(&["tenants", "list"]), "");
    assert_eq!(daemon.deliver(&activation), 204);
    let foreign = Payload::credentials(Reset).set("password", "foreign").set("clientId", "another");
    assert_eq!(daemon.deliver(&sign(foreign)), 204);

    // The daemon runs meanwhile.
    assert!(operator.says(&["tenants", "list"]).contains("12345"));
    assert!(operator.says(&["tenants", "list"]).contains("contested, not told yet"));
    assert_eq!(operator.says(&["tenants", "list", "--status", "deleted"]), "");
    let shown: Value = serde_json::from_str(&operator.says(&["tenants", "show", "12345"])).unwrap();
    assert_eq!(
        (&shown["tenant"]["status"], &shown["sets"][1]["state"]),
        (&"active".into(), &"candidate".into())
    );
    assert_eq!((&shown["sets"][1]["clientId"], &shown["sets"][1]["set"]), (&"another".into(), &2.into()));

    let token = fs::read_to_string(operator.0.path().join("api-token.txt")).unwrap();
    let password = |expected: &str| {
        let (status, body) = daemon.credentials("12345", token.trim());
        let credentials: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &credentials["password"]), (200, &expected.into()), "{body}");
    };
    assert_eq!(daemon.credentials("12345", "another token").0, 401);
    password("own");
    operator.says(&["tenants", "accept", "12345", "2"]);
    password("foreign");
    operator.says(&["tenants", "accept", "12345", "1"]);
    password("own");
    assert_eq!(
        daemon.deliver(&sign(Payload::from([("tenantId", "12345"), ("eventType", "DEACTIVATION")]))),
        204
    );
    assert_eq!(daemon.credentials("12345", token.trim()).0, 404);
    operator.says(&["tenants", "restore", "12345"]);
    password("own");
    assert_eq!(operator.says(&["tenants", "redrive", "12345"]), "due at once\n");
    assert_eq!(operator.says(&["tenants", "redrive"]), "1 due at once\n");
    operator.says(&["tenants", "forget", "12345"]);
    assert_eq!(daemon.credentials("12345", token.trim()).0, 404);
    let refused = operator.run(&["tenants", "restore", "12345"], &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("expected a set that is stored"));
    let unknown = operator.run(&["tenants", "show", "unknown"], &[]);
    assert_eq!(unknown.status.code(), Some(1));

    let log = daemon.stop();
    assert!(log.contains("12345"), "{log}");
    for secret in ["own\"", "foreign\"", token.trim(), "test-secret"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn a_store_key_is_replaced_until_nothing_is_left_under_the_old_one() {
    let operator = Operator::new();
    let daemon = operator.serve();
    assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
    daemon.stop();
    let both = [("UNTIS_WEBHOOK_STORE_KEYS", "next=next-key.txt,first=store-key.txt")];
    let rekeyed = operator.run(&["rekey"], &both);
    assert_eq!(String::from_utf8_lossy(&rekeyed.stdout), "tenants 1, left 0, missing keys: \n");
    let next = [("UNTIS_WEBHOOK_STORE_KEYS", "next=next-key.txt")];
    assert!(operator.run(&["rekey"], &next).status.success());
    // With the old one alone nothing opens any more.
    let old = operator.run(&["tenants", "list"], &[]);
    assert_eq!(old.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&old.stderr).contains("expected the store key \"next\""));
}

/// Twice: the second time with what is there.
#[test]
fn quickstart_makes_what_is_missing_and_says_how_to_try_it() {
    let operator = Operator(tempfile::tempdir().unwrap());
    let any_port = ["LISTEN", "UNTIS_WEBHOOK_ADMIN_LISTEN", "UNTIS_WEBHOOK_API_LISTEN"];
    let mut env: Vec<_> = any_port.iter().map(|name| (*name, "127.0.0.1:0")).collect();
    env.push(("UNTIS_WEBHOOK_LOG_FORMAT", "json"));
    for expected in [404, 200] {
        let mut command = Command::new(PROGRAM);
        command.args(["quickstart", "a folder"]).current_dir(operator.0.path()).env_clear().envs(env.clone());
        let mut daemon = Daemon::listening(command.stderr(Stdio::piped()));
        let file = |name: &str| fs::read_to_string(operator.0.path().join("a folder").join(name)).unwrap();
        let token = file("api-token.txt");
        assert_eq!(daemon.credentials("12345", token.trim()).0, expected);
        let key = SigningKey::from_pkcs8_pem(&file("pretend-platform-private.pem")).unwrap();
        assert_eq!(daemon.deliver(&Delivery::sign(&key, Payload::credentials(Created))), 204);
        assert_eq!(daemon.credentials("12345", token.trim()).0, 200);
        let mut said = daemon.child.stderr.take().unwrap();
        daemon.stop();
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        for line in
            ["For development: it trusts a pretend platform", "send created --private", "Bearer $(cat"]
        {
            assert!(text.contains(line), "{text}");
        }
        assert!(!text.contains(token.trim()));
    }
}
