//! The built program: what it prints, and its exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it is surprised"
)]

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
fn program(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("untis-webhook").unwrap();
    command.current_dir(folder).env_remove("UNTIS_WEBHOOK_KEYS").env("COLUMNS", "100");
    command
}

/// Runs it, and gives the exit code and what was printed on standard output and standard error.
fn run(folder: &TempDir, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = program(folder.path()).args(args).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A folder with the published keys and the published example.
fn published() -> TempDir {
    let folder = TempDir::new().unwrap();
    for environment in ["production", "integration", "calendar-integration"] {
        fs::write(folder.path().join(environment), vectors::published_key(environment)).unwrap();
    }
    fs::copy(vectors::path("published/untis-example-delivery.http"), folder.path().join("example.http"))
        .unwrap();
    folder
}

/// A folder with a development key, a body and its signed request.
fn signed() -> TempDir {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(&folder, &["keygen"]).0, 0);
    fs::write(folder.path().join("body.json"), BODY).unwrap();
    let (code, request, _) = run(&folder, &["sign", "--http", "/webhook", "body.json"]);
    assert_eq!(code, 0);
    fs::write(folder.path().join("request.http"), request).unwrap();
    folder
}

const BODY: &str = r#"{"tenantId":"12345","eventType":"DELETION","reasonText":"ä"}"#;
const KEY: &str = "--key=development=untis-public.txt";
const PUBLISHED_KEYS: [&str; 3] = [
    "--key=production=production",
    "--key=integration=integration",
    "--key=calendar-integration=calendar-integration",
];

#[test]
fn the_published_example_is_the_calendar_keys_over_another_body() {
    let folder = published();
    let (code, stdout, stderr) =
        run(&folder, &[&["inspect", "--request", "example.http"], &PUBLISHED_KEYS[..]].concat());
    assert_eq!((code, &*stderr), (1, ""));
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "production: did not make this signature (2048 bits)",
            "integration: did not make this signature (2048 bits)",
            "calendar-integration: made this signature, SHA256withRSA, over digest \
         c06da8ac8b59a12b5eb10e1e9d9da140f9e3fee260e18c1d4fa0b355e47c04bd",
        ]
    );
    assert!(lines[3].starts_with("body: is not the one that was signed"), "{stdout}");
    assert!(lines[4].starts_with("refused: DigestMismatch: "), "{stdout}");

    let (code, stdout, _) =
        run(&folder, &[&["verify", "--request", "example.http"], &PUBLISHED_KEYS[..]].concat());
    assert_eq!(code, 1);
    assert!(stdout.starts_with("refused: DigestMismatch: "), "{stdout}");
    let (code, stdout, _) = run(&folder, &["verify", "--request", "example.http", PUBLISHED_KEYS[0]]);
    assert_eq!(code, 1);
    assert!(stdout.starts_with("refused: UntrustedSignature: "), "{stdout}");
}

#[test]
fn what_java_and_openssl_signed_is_verified_from_options_and_from_requests() {
    for delivery in vectors::deliveries() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("key"), &delivery.key).unwrap();
        fs::write(folder.path().join("body"), &delivery.body).unwrap();
        fs::write(folder.path().join("request"), delivery.to_http()).unwrap();
        let options =
            ["--authorization", &delivery.authorization, "--algorithm", &delivery.algorithm, "body"];
        for command in ["verify", "inspect"] {
            for input in [&options[..], &["--request", "request"]] {
                let (code, stdout, stderr) = run(&folder, &[&[command, "--key=it=key"], input].concat());
                assert_eq!((code, &*stderr), (0, ""), "{}: {stdout}", delivery.name);
                assert!(stdout.contains(&delivery.algorithm), "{stdout}");
            }
        }
        // The headers alone are enough to say who signed.
        let (code, stdout, _) = run(&folder, &[&["inspect", "--key=it=key"], &options[..4]].concat());
        assert_eq!(code, 0);
        assert!(stdout.ends_with("genuine: the headers\n"), "{stdout}");
    }
}

#[test]
fn a_key_pair_is_made_once_and_the_private_key_is_its_owners_alone() {
    let folder = TempDir::new().unwrap();
    let (code, stdout, _) = run(&folder, &["keygen"]);
    assert_eq!((code, &*stdout), (0, "private: untis-private.pem\npublic: untis-public.txt\n"));
    let private = folder.path().join("untis-private.pem");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let public = fs::read_to_string(folder.path().join("untis-public.txt")).unwrap();
    assert!(public.starts_with("MII") && !public.contains("BEGIN"), "{public}");

    let before = fs::read(&private).unwrap();
    let (code, _, stderr) = run(&folder, &["keygen"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("untis-webhook: cannot create untis-private.pem: File exists"), "{stderr}");
    assert_eq!(fs::read(&private).unwrap(), before);
    assert_eq!(run(&folder, &["keygen", "--force"]).0, 0);
    assert_ne!(fs::read(&private).unwrap(), before);
}

#[test]
fn a_signed_body_is_verified_in_every_form() {
    let folder = signed();
    let (code, stdout, _) = run(&folder, &["verify", KEY, "--request", "request.http"]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("verified: by development, SHA256withRSA, digest "), "{stdout}");
    assert!(stdout.ends_with("\nevent: DELETION, tenant \"12345\"\n"), "{stdout}");

    for algorithm in ["SHA256withRSA", "sha384withrsa", "SHA512withRSA"] {
        let (code, headers, _) = run(&folder, &["sign", "--algorithm", algorithm, "body.json"]);
        assert_eq!(code, 0);
        let value = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let (authorization, algorithm) = (value("Authorization: "), value("Algorithm: "));
        let args = ["verify", KEY, "--authorization", authorization, "--algorithm", algorithm, "body.json"];
        assert_eq!(run(&folder, &args).0, 0, "{algorithm}");
    }
}

#[test]
fn the_curl_command_is_one_for_a_shell() {
    let folder = signed();
    fs::rename(folder.path().join("body.json"), folder.path().join("it's a body")).unwrap();
    let (code, command, _) = run(&folder, &["sign", "--curl", "http://localhost/a?b&c", "it's a body"]);
    assert_eq!(code, 0);
    // A shell function in place of curl prints the arguments, one a line.
    let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}; {command}");
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    let arguments = String::from_utf8(output.stdout).unwrap();
    let arguments: Vec<_> = arguments.lines().collect();
    assert_eq!(arguments[..4], ["-i", "http://localhost/a?b&c", "--data-binary", "@it's a body"]);
    assert!(
        arguments[5].starts_with("Authorization: ") && arguments[7] == "Algorithm: SHA256withRSA",
        "{arguments:?}"
    );
}

#[test]
fn reports_are_json_where_that_is_asked_for() {
    let folder = signed();
    let json = |args: &[&str]| -> (i32, serde_json::Value) {
        let (code, stdout, _) = run(&folder, args);
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        (code, serde_json::from_str(&stdout).unwrap())
    };
    let (code, report) = json(&["verify", "--json", KEY, "--request", "request.http"]);
    assert_eq!((code, &report["verified"], &report["key"]), (0, &true.into(), &"development".into()));
    assert_eq!(report["event"]["tenant"], "12345");
    let (code, report) = json(&["verify", "--json", KEY, "--request", "request.http", "untis-public.txt"]);
    assert_eq!(
        (code, &report["verified"], &report["rejection"]),
        (1, &false.into(), &"DigestMismatch".into())
    );
    let (code, report) = json(&["inspect", "--json", KEY, "--request", "request.http"]);
    assert_eq!(
        (code, &report["keys"][0]["signed"], &report["body"]["signed"]),
        (0, &true.into(), &true.into())
    );
}

#[test]
fn a_usual_rewriting_of_the_body_is_named() {
    let folder = TempDir::new().unwrap();
    assert_eq!(run(&folder, &["keygen"]).0, 0);
    let minified = BODY.to_owned();
    let pretty = "{\n  \"tenantId\": \"12345\",\n  \"eventType\": \"DELETION\"\n}".to_owned();
    let jackson = pretty.replace("\": ", "\" : ");
    let gzip = |body: &str| {
        let mut gzip = flate2::read::GzEncoder::new(body.as_bytes(), flate2::Compression::default());
        let mut compressed = Vec::new();
        std::io::Read::read_to_end(&mut gzip, &mut compressed).unwrap();
        compressed
    };
    let again = |json: &str| {
        serde_json::to_string(&serde_json::from_str::<serde_json::Value>(json).unwrap()).unwrap()
    };
    let bytes = |text: &str| text.as_bytes().to_vec();

    for (signed, arrived, expected) in [
        (bytes(&minified), bytes(&format!("{minified}\n")), "a line end was added to it"),
        (bytes(&format!("{minified}\n")), bytes(&minified), "its last line end was lost"),
        (bytes(&format!("{minified}\r\n")), bytes(&minified), "its last line end was lost"),
        (bytes(&pretty), bytes(&pretty.replace('\n', "\r\n")), "its line ends were changed from LF to CRLF"),
        (bytes(&pretty.replace('\n', "\r\n")), bytes(&pretty), "its line ends were changed from CRLF to LF"),
        (bytes(&minified), bytes(&format!("\u{feff}{minified}")), "a byte order mark was added to it"),
        (bytes(&format!("\u{feff}{minified}")), bytes(&minified), "its byte order mark was lost"),
        (
            bytes(&again(&pretty)),
            bytes(&pretty),
            "it is JSON that was written again in another form: it was pretty-printed",
        ),
        (
            bytes(&pretty),
            bytes(&again(&pretty)),
            "it is JSON that was written again in another form: it was minified",
        ),
        (
            bytes(&jackson),
            bytes(&again(&pretty)),
            "it is JSON that was written again in another form: it was minified",
        ),
        (bytes(&minified), gzip(&minified), "it was compressed (gzip)"),
        (gzip(&minified), bytes(&minified), "it was decompressed (gzip)"),
    ] {
        fs::write(folder.path().join("signed"), signed).unwrap();
        fs::write(folder.path().join("arrived"), arrived).unwrap();
        let (_, request, _) = run(&folder, &["sign", "signed"]);
        let authorization = request.lines().next().unwrap().strip_prefix("Authorization: ").unwrap();
        let headers = ["--authorization", authorization, "--algorithm", "SHA256withRSA"];
        let (code, stdout, _) = run(&folder, &[&["inspect", KEY], &headers[..], &["arrived"]].concat());
        assert_eq!(code, 1);
        assert!(
            stdout.contains(&format!("body: is not the one that was signed: {expected}\n")),
            "{expected}: {stdout}"
        );
        let (code, stdout, _) = run(&folder, &[&["inspect", KEY], &headers[..], &["signed"]].concat());
        assert_eq!(code, 0, "{stdout}");
    }
}

#[test]
fn another_algorithm_than_the_one_claimed_is_named() {
    let folder = signed();
    let (code, stdout, _) =
        run(&folder, &["inspect", KEY, "--request", "request.http", "--algorithm", "SHA512withRSA"]);
    assert_eq!(code, 1);
    let expected =
        "development: made this signature with SHA256withRSA, which is not what the header claims\n";
    assert!(stdout.starts_with(expected), "{stdout}");
}

#[test]
fn each_fault_of_the_headers_is_named() {
    let folder = signed();
    let request = fs::read_to_string(folder.path().join("request.http")).unwrap();
    let authorization =
        request.lines().find(|line| line.starts_with("Authorization")).unwrap().to_owned() + "\r\n";
    for (request, expected) in [
        (request.replace(&authorization, ""), "MissingHeader"),
        (request.replace(&authorization, &authorization.repeat(2)), "RepeatedHeader"),
        (request.replace("SHA256", "SHA1"), "UnsupportedAlgorithm"),
        (request.replace("Authorization: ", "Authorization: Bearer "), "MalformedSignature"),
    ] {
        fs::write(folder.path().join("faulty.http"), request).unwrap();
        for command in ["verify", "inspect"] {
            let (code, stdout, _) = run(&folder, &[command, KEY, "--request", "faulty.http"]);
            assert_eq!(code, 1);
            assert!(stdout.starts_with(&format!("refused: {expected}: ")), "{stdout}");
        }
    }
}

#[test]
fn keys_come_from_the_environment_as_receivers_take_them() {
    let folder = signed();
    let verify = |keys: &str| {
        let mut command = program(folder.path());
        command
            .env("UNTIS_WEBHOOK_KEYS", keys)
            .args(["verify", "--request", "request.http"])
            .output()
            .unwrap()
    };
    fs::write(folder.path().join("production"), vectors::published_key("production")).unwrap();
    assert_eq!(verify("production=production,development=untis-public.txt").status.code(), Some(0));
    assert_eq!(verify("production=production").status.code(), Some(1));
}

#[test]
fn wrong_usage_and_what_cannot_be_read_is_2_with_the_cause_on_standard_error() {
    let folder = signed();
    fs::copy(vectors::path("keys/wrong/private-pkcs8-pem"), folder.path().join("private")).unwrap();
    let private_as_public =
        "untis-webhook: private: expected an RSA public key (SubjectPublicKeyInfo), found a private key\n";
    for (args, expected) in [
        (
            &["verify", "--request", "request.http"][..],
            "error: the following required arguments were not provided:\n  --key",
        ),
        (
            &["verify", "--key", "nonsense", "--request", "request.http"],
            "untis-webhook: expected NAME=FILE, found \"nonsense\"\n",
        ),
        (&["verify", "--key", "a=private", "--request", "request.http"], private_as_public),
        (
            &["verify", KEY, "--request", "gone"],
            "untis-webhook: cannot read gone: No such file or directory (os error 2)\n",
        ),
        (&["verify", KEY, "--request", "body.json"], "untis-webhook: body.json: expected an HTTP request"),
        (&["verify", KEY], "untis-webhook: expected a body"),
        (
            &["sign", "--private", "untis-public.txt", "body.json"],
            "untis-webhook: untis-public.txt: expected an RSA private key",
        ),
        (&["sign", "--algorithm", "SHA1withRSA", "body.json"], "error: invalid value 'SHA1withRSA'"),
        (&["keygen", "--bits", "1024"], "error: invalid value '1024'"),
        (&["nonsense"], "error: unrecognized subcommand 'nonsense'"),
    ] {
        let (code, stdout, stderr) = run(&folder, args);
        assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
        assert!(stderr.starts_with(expected), "{args:?}: {stderr}");
    }
}

/// A receiver that trusts the development key of the folder, and tells of each event that it takes.
fn receiver(folder: &TempDir) -> (SocketAddr, mpsc::Receiver<String>) {
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

#[test]
fn every_event_can_be_sent_and_changed() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    for (event, expected) in [
        ("created", "Some(\"CREATED\")"),
        ("reactivated", "Some(\"REACTIVATED\")"),
        ("reset", "Some(\"RESET\")"),
        ("credentials-v1", "None"),
        ("deactivation", "Some(\"DEACTIVATION\")"),
        ("deletion", "Some(\"DELETION\")"),
        ("older-deactivation", "Some(\"DEACTIVATION\")"),
        ("older-deletion", "Some(\"DELETION\")"),
    ] {
        let (code, stdout, stderr) =
            run(&folder, &["send", event, "--set", "tenantId=67890", "--without", "host2", &to]);
        // What a receiver says is not for the terminal to obey.
        assert_eq!((code, &*stderr, &*stdout), (0, "", "answer: 200 OK\ntaken\n\\u{1b}[2J\n"), "{event}");
        assert_eq!(events.recv().unwrap(), format!("{expected} Some(\"67890\")"));
    }
    let (code, stdout, _) =
        run(&folder, &["send", "--body", "body.json", "--algorithm", "SHA512withRSA", "--json", &to]);
    assert_eq!((code, &*stdout), (0, "{\"status\":200,\"body\":\"taken\\n\\u001b[2J\"}\n"));
    let (code, stdout, _) = run(&folder, &["send", "created", "--without", "secret", &to]);
    assert_eq!((code, &*stdout), (1, "answer: 422 Unprocessable Entity\n"));
}

#[test]
fn every_forgery_is_refused() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    for forgery in ["missing-algorithm", "missing-signature", "other-algorithm", "other-key", "tampered-body"]
    {
        let (code, stdout, _) = run(&folder, &["send", "created", "--forge", forgery, &to]);
        assert_eq!((code, &*stdout), (1, "answer: 401 Unauthorized\n"), "{forgery}");
    }
    assert!(events.try_recv().is_err());
}

#[test]
fn many_are_sent_at_once_and_counted() {
    let folder = signed();
    let (address, events) = receiver(&folder);
    let to = format!("--to=http://{address}/webhook");
    let many = ["send", "created", "--count", "200", "--concurrency", "8", &to];
    let (code, stdout, _) = run(&folder, &many);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.starts_with("200: 200\nlatency: p50 ") && stdout.contains(", max "), "{stdout}");
    assert_eq!(events.try_iter().count(), 200);

    let (code, stdout, _) = run(&folder, &[&many[..], &["--json", "--forge", "other-key"]].concat());
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &report["answers"]["401"]), (1, &200.into()));
    assert_eq!(events.try_iter().count(), 0);
}

#[test]
fn what_cannot_be_sent_is_2() {
    let folder = signed();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (to, expected) in [
        (
            format!("http://{nobody}/webhook"),
            format!("untis-webhook: cannot send to http://{nobody}/webhook: "),
        ),
        ("localhost:8080".into(), "untis-webhook: expected an address with http:// or https://".into()),
        ("ftp://localhost/".into(), "untis-webhook: expected an address with http:// or https://".into()),
        ("a b".into(), "untis-webhook: expected the address of a receiver, found \"a b\"".into()),
    ] {
        let (code, stdout, stderr) = run(&folder, &["send", "created", "--to", &to]);
        assert_eq!((code, &*stdout), (2, ""));
        assert!(stderr.starts_with(&expected), "{stderr}");
    }
    for args in [
        &["send", "--to", "http://localhost/"][..],
        &["send", "created", "--set", "nonsense", "--to", "http://localhost/"],
    ] {
        assert_eq!(run(&folder, args).0, 2, "{args:?}");
    }
}

/// `listen` at work, and what it prints.
struct Listening {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Listening {
    fn start(folder: &TempDir, args: &[&str]) -> Self {
        let mut command = program(folder.path());
        command.args(["listen", KEY, "--port", "0"]).args(args).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.split_once("http://").unwrap().1.trim_end_matches(['"', '}']).parse().unwrap();
        Self { child, lines, address }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// Sends these bytes and no more, and gives the status.
    fn status(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_ref()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8(status[9..].into()).unwrap()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn listen_shows_what_is_verified_with_its_secrets_masked() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &[]);
    let to = format!("--to=http://{}/any/path", listening.address);
    assert_eq!(
        run(&folder, &["send", "created", &to]),
        (0, "answer: 204 No Content\n".into(), String::new())
    );
    assert_eq!(listening.line(), "verified: by development: CREATED");
    let fields: Vec<_> = (0..13).map(|_| listening.line()).collect();
    assert_eq!(
        fields[..4],
        [
            r#"  tenantId: "12345""#,
            r#"  clientId: "test-client-id""#,
            r#"  secret: "[masked]""#,
            r#"  password: "[masked]""#,
        ]
    );
    assert_eq!(run(&folder, &["send", "deletion", "--without", "tenantId", &to]).0, 0);
    assert_eq!(
        listening.line(),
        "verified: by development, but not as documented: expected the field tenantId, found none"
    );

    let mut listening = Listening::start(&folder, &["--show-secrets", "--json"]);
    let to = format!("--to=http://{}/", listening.address);
    assert_eq!(run(&folder, &["send", "created", &to]).0, 0);
    let shown: serde_json::Value = serde_json::from_str(&listening.line()).unwrap();
    assert_eq!((&shown["verified"], &shown["fields"]["secret"]), (&true.into(), &"test-secret".into()));
}

#[test]
fn listen_says_of_every_rejection_what_it_is_and_what_to_do_next() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &["--body-deadline", "1", "--body-limit", "100"]);
    let request = fs::read_to_string(folder.path().join("request.http")).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let authorization = head.lines().find(|line| line.starts_with("Authorization")).unwrap();
    let length = format!("Content-Length: {}", body.len());
    let replaced = |from: &str, to: &str| request.replace(from, to);

    assert_eq!(run(&folder, &["keygen", "--private", "other", "--public", "other.txt"]).0, 0);
    let (_, other, _) = run(&folder, &["sign", "--private", "other", "--http", "/", "body.json"]);
    let made = "development: made this signature, SHA256withRSA, over digest ";
    let not_made = "development: did not make this signature (2048 bits)";
    for (rejection, status, request, findings) in [
        ("MissingHeader", "401", replaced(&format!("{authorization}\r\n"), ""), &[][..]),
        (
            "RepeatedHeader",
            "401",
            replaced(authorization, &format!("{authorization}\r\n{authorization}")),
            &[],
        ),
        ("UnsupportedAlgorithm", "401", replaced("SHA256", "MD5"), &[]),
        ("MalformedSignature", "401", replaced("Authorization: ", "Authorization: Bearer "), &[]),
        ("UntrustedSignature", "401", other, &[not_made]),
        (
            "DigestMismatch",
            "401",
            replaced(&length, &format!("Content-Length: {}", body.len() + 1)) + "\n",
            &[made, "body: is not the one that was signed: a line end was added to it"],
        ),
        ("BodyTooLarge", "413", replaced(&length, "Content-Length: 101"), &[made]),
        ("BodyTimeout", "408", replaced(&length, "Content-Length: 100"), &[made]),
    ] {
        assert_eq!(listening.status(request), status, "{rejection}");
        let line = listening.line();
        assert!(line.starts_with(&format!("refused: {rejection}: ")), "{line}");
        for finding in findings {
            let line = listening.line();
            assert!(line.starts_with(finding), "{rejection}: {line}");
        }
        let line = listening.line();
        assert!(line.starts_with("next: ") && line.len() > 40, "{rejection}: {line}");
    }

    // The ninth: there is nobody to answer.
    let mut stream = TcpStream::connect(listening.address).unwrap();
    stream.write_all(replaced(&length, "Content-Length: 100").as_bytes()).unwrap();
    drop(stream);
    assert!(listening.line().starts_with("refused: BodyIncomplete: "));
    assert!(listening.line().starts_with(made));
    assert!(listening.line().starts_with("next: "));
}

#[test]
fn listen_passes_on_what_is_verified_unchanged_and_nothing_else() {
    let folder = signed();
    let (application, events) = receiver(&folder);
    let forward = format!("--forward=http://{application}/webhook");
    let mut listening = Listening::start(&folder, &[&forward, "--json"]);
    let to = format!("--to=http://{}/", listening.address);
    // The application verifies the signature once more: it gets the body and the headers as they were signed.
    assert_eq!(run(&folder, &["send", "deletion", &to]).1, "answer: 200 OK\n");
    assert_eq!(events.recv().unwrap(), "Some(\"DELETION\") Some(\"12345\")");
    let shown: serde_json::Value = serde_json::from_str(&listening.line()).unwrap();
    assert_eq!(shown["forwarded"], 200);
    assert_eq!(
        run(&folder, &["send", "created", "--without", "secret", &to]).1,
        "answer: 422 Unprocessable Entity\n"
    );
    assert_eq!(
        run(&folder, &["send", "deletion", "--forge", "other-key", &to]).1,
        "answer: 401 Unauthorized\n"
    );
    assert!(events.try_recv().is_err());

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listening = Listening::start(&folder, &[&format!("--forward=http://{nobody}/")]);
    let to = format!("--to=http://{}/", listening.address);
    assert_eq!(run(&folder, &["send", "deletion", &to]).1, "answer: 502 Bad Gateway\n");
}

#[test]
fn listen_on_a_port_that_is_taken_is_2() {
    let folder = signed();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, stdout, stderr) = run(&folder, &["listen", KEY, "--port", &port]);
    assert_eq!((code, &*stdout), (2, ""));
    assert!(stderr.starts_with(&format!("untis-webhook: cannot listen on 127.0.0.1:{port}: ")), "{stderr}");
}

#[test]
fn help_is_no_error_and_every_command_has_an_example() {
    let folder = TempDir::new().unwrap();
    let (code, stdout, _) = run(&folder, &["--help"]);
    assert_eq!(code, 0);
    let commands: Vec<_> = stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert_eq!(commands, ["completions", "inspect", "keygen", "listen", "send", "sign", "verify"]);
    for command in commands {
        let (code, stdout, stderr) = run(&folder, &[command, "--help"]);
        assert_eq!((code, &*stderr), (0, ""));
        assert!(stdout.contains(&format!("Example:\n  untis-webhook {command}")), "{stdout}");
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, stdout, _) = run(&folder, &["completions", shell]);
        assert_eq!(code, 0);
        assert!(stdout.contains("untis-webhook") && stdout.contains("keygen"), "{shell}");
    }
}

#[test]
fn standard_input_is_a_file_and_a_broken_pipe_is_no_error() {
    let folder = signed();
    let input = fs::File::open(folder.path().join("request.http")).unwrap();
    let output =
        program(folder.path()).args(["verify", KEY, "--request", "-"]).stdin(input).output().unwrap();
    assert_eq!(output.status.code(), Some(0));

    let mut child = program(folder.path())
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn there_is_no_colour_but_on_a_terminal() {
    let folder = signed();
    let (_, stdout, _) = run(&folder, &["verify", KEY, "--request", "request.http"]);
    assert!(!stdout.contains('\u{1b}'), "{stdout}");
    let mut forced = program(folder.path());
    forced.env("CLICOLOR_FORCE", "1").args(["verify", KEY, "--request", "request.http"]);
    assert!(String::from_utf8(forced.output().unwrap().stdout).unwrap().contains("\u{1b}[1m"));
    forced.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    assert!(!String::from_utf8(forced.output().unwrap().stdout).unwrap().contains('\u{1b}'));
}
