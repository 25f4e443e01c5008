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
use untis_webhook::event::{DeactivationEventType::Deactivation, ReasonType};
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
    let shown: Value = serde_json::from_str(&operator.says(&["tenants", "show", "12345", "--json"])).unwrap();
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
fn where_the_api_listens_is_logged_of_a_socket_too() {
    let operator = Operator::new();
    let socket = [("UNTIS_WEBHOOK_API_LISTEN", "unix:api.sock")];
    let daemon = Daemon::listening(&mut operator.command(&["serve"], &socket));
    assert_eq!(daemon.api, "api.sock");
    assert!(operator.path("api.sock").exists());
}

#[test]
fn a_store_key_is_replaced_until_nothing_is_left_under_the_old_one() {
    let operator = Operator::new();
    let daemon = operator.serve();
    assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
    daemon.stop();
    let both = [("UNTIS_WEBHOOK_STORE_KEYS", "next=next-key.txt,first=store-key.txt")];
    let rekeyed = operator.run(&["rekey"], &both);
    assert_eq!(String::from_utf8_lossy(&rekeyed.stdout), "tenants 1, left 0\n");
    let next = [("UNTIS_WEBHOOK_STORE_KEYS", "next=next-key.txt")];
    assert!(operator.run(&["rekey"], &next).status.success());
    // With the old one alone nothing opens any more.
    let old = operator.run(&["tenants", "list"], &[]);
    assert_eq!(old.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&old.stderr).contains("expected the store key \"next\""));
}

/// What came may be any text, also one that a terminal would obey.
#[test]
fn people_read_a_table_and_machines_json_and_neither_shows_a_secret() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let id = "Grüße\u{1b}[2J\u{202e}";
    let activation = Payload::credentials(Created).set("tenantId", id).set("password", "own-password");
    assert_eq!(daemon.deliver(&sign(activation)), 204);
    let foreign = Payload::credentials(Reset).set("tenantId", id).set("clientId", "another");
    assert_eq!(daemon.deliver(&sign(foreign)), 204);

    let list = operator.says(&["tenants", "list"]);
    let lines: Vec<_> = list.lines().collect();
    let [head, line] = lines[..] else { panic!("{list}") };
    for (text, column) in
        [(r"Grüße\u{1b}[2J\u{202e}", "TENANT"), ("active", "STATUS"), ("contested", "NOTES")]
    {
        let place = |line: &str, text: &str| line.find(text).map(|at| line[..at].chars().count());
        assert!(place(line, text).is_some() && place(line, text) == place(head, column), "{list}");
    }
    let show = operator.says(&["tenants", "show", id]);
    for line in ["status     active", "notes      contested, not told yet", "client id  test-client-id"] {
        assert!(show.lines().any(|shown| shown == line), "{line}: {show}");
    }
    let is_set = |line: &&str| line.starts_with("2    candidate  RESET    another");
    assert_eq!(show.lines().filter(is_set).count(), 1, "{show}");

    let list_json = operator.says(&["tenants", "list", "--json"]);
    let show_json = operator.says(&["tenants", "show", id, "--json"]);
    let tenant: Value = serde_json::from_str(&list_json).unwrap();
    assert_eq!((&tenant["tenantId"], &tenant["contested"]), (&id.into(), &true.into()));
    assert_eq!(serde_json::from_str::<Value>(&show_json).unwrap()["tenant"], tenant);
    for said in [&list, &show, &list_json, &show_json, &operator.says(&["tenants", "export"])] {
        assert!(!said.contains("own-password") && !said.contains("test-secret"), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}']) && !said.contains("activator"), "{said}");
    }
}

#[test]
fn what_is_exported_with_its_secrets_is_taken_over_by_another_registry() {
    let operator = Operator::new();
    let daemon = operator.serve();
    for id in ["1", "2", "3"] {
        let payload =
            Payload::credentials(Created).set("tenantId", id).set("password", format!("password {id}"));
        assert_eq!(daemon.deliver(&sign(payload)), 204);
    }
    let ended = Payload::from([("tenantId", "3"), ("eventType", "DEACTIVATION")]);
    assert_eq!(daemon.deliver(&sign(ended)), 204);
    let exported = operator.says(&["tenants", "export", "--show-secrets"]);
    assert!(exported.contains("password 1") && exported.contains("password 2"));
    // A tenant that is not active has its credentials given to nobody.
    assert!(!exported.contains("password 3"));

    let other = Operator::new();
    fs::write(other.path("schools.jsonl"), &exported).unwrap();
    let import = |expected: &str| {
        assert_eq!(other.says(&["tenants", "import", "schools.jsonl"]), expected);
    };
    import("activated 2, known 0, skipped 1, refused 0\n");
    import("activated 0, known 2, skipped 1, refused 0\n");
    let fields =
        ["tenantId", "clientId", "secret", "password", "host", "eventType", "country", "activatorEmail"];
    let of = |exported: &str| -> Vec<Value> {
        let lines = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let active = lines.filter(|line| line["status"] == "active");
        active.map(|line| fields.map(|field| line[field].clone()).into()).collect()
    };
    assert_eq!(of(&other.says(&["tenants", "export", "--show-secrets"])), of(&exported));
}

#[test]
fn a_line_that_cannot_be_taken_is_said_without_what_is_in_it_and_the_others_are_taken() {
    let operator = Operator::new();
    let line = |tenant_id: &str, more: &str| {
        format!(
            r#"{{"tenantId":"{tenant_id}","clientId":"c","secret":"hidden-secret","password":"hidden-password"{more}}}"#
        )
    };
    let host = r#","host":"localhost""#;
    let lines = [
        format!("\u{feff}{}", line("1", host)),
        line("2", ""),
        line("3", r#","host":"localhost","country":12345678"#),
        line("4", r#","host":"localhost","eventType":"HIDDEN""#),
        "hidden-secret".to_owned(),
        String::new(),
        line("", host),
        line("8", host),
    ];
    let mut child = operator.command(&["tenants", "import", "-"], &[]);
    let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "activated 2, known 0, skipped 0, refused 5\n");
    let beginnings: Vec<_> = said.lines().map(|line| line.split(": expected").next().unwrap()).collect();
    assert_eq!(beginnings, [2, 3, 4, 5, 7].map(|line| format!("untis-webhookd: line {line}")));
    assert!(!said.to_lowercase().contains("hidden") && !said.contains("12345678"), "{said}");

    let foreign =
        operator.run(&["tenants", "import", "schools.jsonl"], &[("UNTIS_WEBHOOK_CLIENT_IDS", "ours")]);
    assert_eq!(foreign.status.code(), Some(1));
    fs::write(operator.path("schools.jsonl"), line("9", host)).unwrap();
    let foreign =
        operator.run(&["tenants", "import", "schools.jsonl"], &[("UNTIS_WEBHOOK_CLIENT_IDS", "ours")]);
    assert!(String::from_utf8_lossy(&foreign.stderr).contains("line 1: expected a client id of this"));
    fs::write(operator.path("schools.jsonl"), line("9", host) + &" ".repeat(64 * 1024)).unwrap();
    let long = operator.run(&["tenants", "import", "schools.jsonl"], &[]);
    assert_eq!(long.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&long.stderr).contains("line 1: expected no more than 64 KiB"));
}

#[test]
fn it_is_shown_about_which_set_somebody_has_to_decide() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let created = |id, secret| Payload::credentials(Created).set("tenantId", id).set("secret", secret);
    let deactivation = Payload::deactivation(Deactivation, &ReasonType::NoReason);
    let contested = |id| -> Vec<Value> {
        let shown = operator.says(&["tenants", "show", id, "--json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let sets = shown["sets"].as_array().unwrap().iter();
        sets.filter(|set| set["contested"] == true).map(|set| set["set"].clone()).collect()
    };

    // What came again is the first of three, and neither the current one nor the candidate.
    for secret in ["first", "second"] {
        assert_eq!(daemon.deliver(&sign(created("1", secret))), 204);
    }
    let reset = Payload::credentials(Reset).set("tenantId", "1").set("secret", "third");
    for payload in [reset, created("1", "late")] {
        assert_eq!(daemon.deliver(&sign(payload)), 204);
    }
    assert_eq!(contested("1"), [0; 0]);
    assert_eq!(daemon.deliver(&sign(deactivation.set("tenantId", "1"))), 204);
    assert_eq!(daemon.deliver(&sign(created("1", "first"))), 204);
    assert_eq!(contested("1"), [1]);
    let shown = operator.says(&["tenants", "show", "1"]);
    let noted: Vec<_> = shown.lines().filter(|line| line.ends_with("  contested")).collect();
    assert!(matches!(noted[..], [set] if set.starts_with("1    superseded")), "{shown}");
    operator.says(&["tenants", "reject", "1", "1"]);
    assert_eq!(contested("1"), [0; 0]);

    let foreign = created("2", "foreign").set("clientId", "another");
    for payload in [created("2", "own"), foreign] {
        assert_eq!(daemon.deliver(&sign(payload)), 204);
    }
    assert_eq!(contested("2"), [2]);
}

#[test]
fn a_candidate_is_rejected_and_a_tenant_forgotten_until_it_is_new_again() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let activation = sign(Payload::credentials(Created).set("tenantId", "1"));
    assert_eq!(daemon.deliver(&activation), 204);
    let foreign = Payload::credentials(Reset).set("tenantId", "1").set("clientId", "another");
    assert_eq!(daemon.deliver(&sign(foreign)), 204);
    assert!(operator.says(&["tenants", "list"]).contains("contested"));
    assert_eq!(operator.says(&["tenants", "reject", "1", "2"]), "");
    assert!(!operator.says(&["tenants", "list"]).contains("contested"));
    assert!(operator.says(&["tenants", "show", "1"]).contains("2    dead"));

    // A late retry brings it back only when its fingerprints are gone as well.
    for (args, comes_back) in
        [(&["tenants", "forget", "1"][..], false), (&["tenants", "forget", "1", "--everything"], true)]
    {
        operator.says(args);
        assert_eq!(operator.says(&["tenants", "list"]), "");
        assert_eq!(daemon.deliver(&activation), 204);
        assert_eq!(operator.says(&["tenants", "list"]).contains("active"), comes_back, "{args:?}");
    }
}

#[test]
fn a_database_is_made_for_its_owner_alone_whatever_the_mask() {
    use std::os::unix::fs::PermissionsExt;
    let operator = Operator::new();
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" serve", PROGRAM]).current_dir(operator.0.path());
    let daemon = Daemon::listening(command.env("UNTIS_WEBHOOK_CONFIG", "untis-webhookd.toml"));
    assert_eq!(daemon.deliver(&sign(Payload::credentials(Created))), 204);
    for file in ["untis-webhookd.db", "untis-webhookd.db-wal", "untis-webhookd.db-shm"] {
        let mode = fs::metadata(operator.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_database_is_spoken_to_by_tls_if_its_url_says_so() {
    let operator = Operator::new();
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user@{}/database?sslmode=verify-full", database.local_addr().unwrap());
    let mut child = operator.command(&["serve"], &[("UNTIS_WEBHOOK_DATABASE", &url)]).spawn().unwrap();
    // https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest, then a ClientHello.
    let (mut connection, _) = database.accept().unwrap();
    let mut request = [0; 8];
    connection.read_exact(&mut request).unwrap();
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
    connection.write_all(b"S").unwrap();
    let mut record = [0; 3];
    connection.read_exact(&mut record).unwrap();
    assert_eq!(record[..2], [22, 3]);
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_can_be_told_to_stop_while_a_database_does_not_answer() {
    let operator = Operator::new();
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user@{}/database", database.local_addr().unwrap());
    let mut child = operator.command(&["serve"], &[("UNTIS_WEBHOOK_DATABASE", &url)]).spawn().unwrap();
    let _connection = database.accept().unwrap();
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_database_that_is_not_there_is_said_and_not_made() {
    let operator = Operator::new();
    for args in [&["tenants", "list"][..], &["tenants", "redrive"], &["rekey"]] {
        let output = operator.run(args, &[("UNTIS_WEBHOOK_DATABASE", "sqlite:mistyped.db")]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("expected the database mistyped.db to be there"), "{said}");
        assert!(!operator.path("mistyped.db").exists());
    }
}

/// Twice: the second time with what is there.
#[test]
fn quickstart_makes_what_is_missing_and_says_how_to_try_it() {
    let operator = Operator(tempfile::tempdir().unwrap());
    let any_port = ["LISTEN", "UNTIS_WEBHOOK_ADMIN_LISTEN", "UNTIS_WEBHOOK_API_LISTEN"];
    let mut env: Vec<_> = any_port.iter().map(|name| (*name, "127.0.0.1:0")).collect();
    env.push(("UNTIS_WEBHOOK_LOG_FORMAT", "json"));
    let mut secrets = Vec::new();
    for expected in [404, 200] {
        let mut command = Command::new(PROGRAM);
        command
            .args(["quickstart", "a \"folder's"])
            .current_dir(operator.0.path())
            .env_clear()
            .envs(env.clone());
        let mut daemon = Daemon::listening(command.stderr(Stdio::piped()));
        let file =
            |name: &str| fs::read_to_string(operator.0.path().join("a \"folder's").join(name)).unwrap();
        let token = file("api-token.txt");
        assert_eq!(daemon.credentials("12345", token.trim()).0, expected);
        let key = SigningKey::from_pkcs8_pem(&file("pretend-platform-private.pem")).unwrap();
        assert_eq!(daemon.deliver(&Delivery::sign(&key, Payload::credentials(Created))), 204);
        assert_eq!(daemon.credentials("12345", token.trim()).0, 200);
        let mut said = daemon.child.stderr.take().unwrap();
        daemon.stop();
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        for line in [
            "For development: it trusts a pretend platform",
            "send created --private 'a \"folder'\\''s/pretend-platform-private.pem' --to",
            "The application is told at http://127.0.0.1:3000/untis, and checks with 'a",
            "Bearer $(cat 'a \"folder'\\''s/api-token.txt')",
        ] {
            assert!(text.contains(line), "{text}");
        }
        secrets.push(file("notify-secret.txt"));
        assert!(!text.contains(token.trim()) && !text.contains(secrets[0].trim()));
        assert_eq!(secrets[0], *secrets.last().unwrap());
        // As if it had been cut off, and begun again.
        fs::remove_file(operator.0.path().join("a \"folder's/pretend-platform-public.txt")).unwrap();
    }
}
