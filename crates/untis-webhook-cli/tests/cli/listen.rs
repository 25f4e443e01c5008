//! `listen`.

use crate::*;

/// `listen` at work, and what it prints.
pub(crate) struct Listening {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Listening {
    pub(crate) fn start(folder: &TempDir, args: &[&str]) -> Self {
        let mut command = program(folder.path());
        command.args(["listen", KEY, "--port", "0"]).args(args).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.split_once("http://").unwrap().1.trim_end_matches(['"', '}']).parse().unwrap();
        Self { child, lines, address }
    }

    pub(crate) fn line(&mut self) -> String {
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
