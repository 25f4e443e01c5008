//! `listen`.

use jiff::Timestamp;

use crate::*;

/// `listen` at work, and what it prints.
pub(crate) struct Listening {
    _child: Killed,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Listening {
    pub(crate) fn start(folder: &TempDir, args: &[&str]) -> Self {
        let mut command = program(folder.path());
        command.args(["listen", KEY, "--port", "0"]).args(args);
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.split_once("http://").unwrap().1.trim_end_matches(['"', '}']).parse().unwrap();
        Self { _child: Killed(child), lines, address }
    }

    pub(crate) fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// The line of the answer; what comes before it is left out.
    pub(crate) fn answer(&mut self) -> String {
        let mut lines = (&mut self.lines).map(Result::unwrap);
        lines.find(|line| line.starts_with("answer: ")).unwrap()
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

#[test]
fn listen_says_of_each_delivery_which_it_is_what_it_holds_and_what_was_answered() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &[]);
    let before = Timestamp::now().as_second();
    let to = format!("--to=http://{}/any/path?token=t", listening.address);
    assert_eq!(
        run(&folder, &["send", "created", &to]),
        (0, "answer: 204 No Content\n".into(), String::new())
    );
    let line = listening.line();
    // In UTC, to the second, and without the query.
    let time =
        line.strip_prefix("delivery: 1, ").and_then(|rest| rest.strip_suffix(", POST /any/path")).unwrap();
    assert_eq!(time.len(), "2026-11-25T18:38:25Z".len(), "{line}");
    let time = time.parse::<Timestamp>().unwrap().as_second();
    assert!((before..=Timestamp::now().as_second()).contains(&time), "{line}");
    assert_eq!(listening.line(), "verified: by development: CREATED");
    let fields: Vec<_> = (0..13).map(|_| listening.line()).collect();
    assert_eq!(fields[0], r#"  tenantId: "12345""#);
    assert_eq!(listening.line(), "answer: 204 No Content");

    let mut listening = Listening::start(&folder, &["--json"]);
    for number in 1..=2 {
        let to = format!("--to=http://{}/hook", listening.address);
        assert_eq!(run(&folder, &["send", "created", &to]).0, 0);
        let shown: serde_json::Value = serde_json::from_str(&listening.line()).unwrap();
        assert_eq!((&shown["number"], &shown["answer"]), (&number.into(), &204.into()));
        assert_eq!((&shown["method"], &shown["path"]), (&"POST".into(), &"/hook".into()));
        assert!(shown["time"].as_str().unwrap().ends_with('Z'), "{shown}");
    }
}

#[test]
fn listen_answers_as_a_receiver_does() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &[]);
    let to = format!("--to=http://{}/", listening.address);
    for (body, status, said) in [
        (r#"{"tenantId":"1","eventType":"DELETION"}"#, "204 No Content", "by development: DELETION"),
        (
            r#"{"tenantId":"1","eventType":"NEW"}"#,
            "204 No Content",
            r#"by development: "NEW", which is not known"#,
        ),
        (
            r#"{"eventType":"DELETION"}"#,
            "422 Unprocessable Entity",
            "by development, but not as documented: ",
        ),
        (
            r#"{"tenantId":[1],"eventType":"DELETION"}"#,
            "422 Unprocessable Entity",
            "by development, but not as ",
        ),
        ("[]", "422 Unprocessable Entity", "by development, but not as documented: "),
        ("not JSON", "400 Bad Request", "by development, but not as documented: expected JSON"),
        ("", "400 Bad Request", "by development, but not as documented: expected JSON"),
    ] {
        fs::write(folder.path().join("sent"), body).unwrap();
        let (code, stdout, _) = run(&folder, &["send", "--body", "sent", &to]);
        assert_eq!(
            (code == 0, &*stdout),
            (status.starts_with("204"), &*format!("answer: {status}\n")),
            "{body}"
        );
        assert!(listening.line().starts_with("delivery: "), "{body}");
        let line = listening.line();
        assert!(line.starts_with(&format!("verified: {said}")), "{body}: {line}");
        let answer = listening.answer();
        assert!(answer.starts_with(&format!("answer: {status}")), "{body}: {answer}");
    }

    // Signed, but not posted.
    let request = fs::read_to_string(folder.path().join("request.http")).unwrap();
    assert_eq!(listening.status(request.replace("POST", "PUT")), "405");
    assert!(listening.line().ends_with(", PUT /webhook"));
    assert_eq!(listening.line(), "verified: by development: DELETION");
}

#[test]
fn two_deliveries_at_once_do_not_mix_their_lines() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &[]);
    let to = format!("--to=http://{}/", listening.address);
    let many = ["send", "created", "--count", "200", "--concurrency", "16", &to];
    let sending = program(folder.path()).args(many).stdout(Stdio::null()).spawn().unwrap();
    let _sending = Killed(sending);
    for _ in 0..200 {
        assert!(listening.line().starts_with("delivery: "));
        assert!(listening.line().starts_with("verified: "));
        for _ in 0..13 {
            assert!(listening.line().starts_with("  "));
        }
        assert_eq!(listening.line(), "answer: 204 No Content");
    }
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
        (
            "MissingHeader",
            "401",
            replaced(&format!("{authorization}\r\n"), ""),
            &["Authorization header: is missing"][..],
        ),
        (
            "RepeatedHeader",
            "401",
            replaced(authorization, &format!("{authorization}\r\n{authorization}")),
            &["Authorization header: is there 2 times", made],
        ),
        ("UnsupportedAlgorithm", "401", replaced("SHA256", "MD5"), &["Algorithm header: names MD5", made]),
        (
            "MalformedSignature",
            "401",
            replaced("Authorization: ", "Authorization: Bearer "),
            &["Authorization header: is the signature by development, after a scheme word", made],
        ),
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
        assert!(listening.line().ends_with(", POST /webhook") || rejection == "UntrustedSignature");
        let line = listening.line();
        assert!(line.starts_with(&format!("refused: {rejection}: ")), "{line}");
        for finding in findings {
            let line = listening.line();
            assert!(line.starts_with(finding), "{rejection}: {line}");
        }
        let line = listening.line();
        assert!(line.starts_with("next: ") && line.len() > 40, "{rejection}: {line}");
        assert!(listening.line().starts_with(&format!("answer: {status} ")), "{rejection}");
    }

    // The ninth: there is nobody to answer.
    let mut stream = TcpStream::connect(listening.address).unwrap();
    stream.write_all(replaced(&length, "Content-Length: 100").as_bytes()).unwrap();
    drop(stream);
    assert!(listening.line().starts_with("delivery: 9, "));
    assert!(listening.line().starts_with("refused: BodyIncomplete: "));
    assert!(listening.line().starts_with(made));
    assert!(listening.line().starts_with("next: "));
}

#[test]
fn listen_on_a_port_that_is_taken_is_2() {
    let folder = signed();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, stdout, stderr) = run(&folder, &["listen", KEY, "--port", &port]);
    assert_eq!((code, &*stdout), (2, ""));
    assert!(stderr.starts_with(&format!("untis-webhook: cannot listen on 127.0.0.1:{port}: ")), "{stderr}");
    assert!(stderr.contains("choose another port with --port"), "{stderr}");
}

#[test]
fn a_number_that_is_no_time_or_size_is_2() {
    let folder = signed();
    for args in [
        ["listen", KEY, "--body-deadline", "18446744073709551615"],
        ["listen", KEY, "--body-deadline", "0"],
        ["listen", KEY, "--body-limit", "18446744073709551615"],
        ["listen", KEY, "--port", "65536"],
        ["send", "created", "--to=http://127.0.0.1:1/", "--timeout=18446744073709551615"],
        ["send", "created", "--to=http://127.0.0.1:1/", "--timeout=0"],
        ["send", "created", "--to=http://127.0.0.1:1/", "--count=18446744073709551615"],
        ["send", "created", "--to=http://127.0.0.1:1/", "--concurrency=65535"],
        ["keygen", "--bits=65535", "--private=a", "--public=b"],
    ] {
        let (code, stdout, stderr) = run(&folder, &args);
        assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: invalid value ") && stderr.contains(".."), "{args:?}: {stderr}");
    }
}

#[test]
fn the_advice_of_listen_fits_what_happened_to_the_body() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &[]);
    let (authorization, algorithm) = headers_of(&folder, BODY.as_bytes());
    let mut gzip = flate2::read::GzEncoder::new(BODY.as_bytes(), flate2::Compression::default());
    let mut compressed = vec![];
    gzip.read_to_end(&mut compressed).unwrap();
    for (body, next) in [
        (
            &compressed[..],
            "next: have nothing on the way compress the body, or have the decompression stand before",
        ),
        (b"", "next: find what consumed the body before the receiver"),
    ] {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\nAuthorization: {authorization}\r\nAlgorithm: \
             {algorithm}\r\n\r\n",
            body.len()
        );
        assert_eq!(listening.status([head.as_bytes(), body].concat()), "401");
        let lines: Vec<_> = std::iter::repeat_with(|| listening.line())
            .take_while(|line| !line.starts_with("answer: "))
            .collect();
        assert!(lines.last().unwrap().starts_with(next), "{lines:#?}");
    }
}
