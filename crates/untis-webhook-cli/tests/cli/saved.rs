//! Saved requests, in the forms that tools save them in.

use crate::*;

/// Whether `verify` takes this for the delivery of the folder; what `inspect` says.
fn inspect(folder: &TempDir, saved: impl AsRef<[u8]>) -> (i32, String, String) {
    fs::write(folder.path().join("saved.http"), saved).unwrap();
    run(folder, &["inspect", KEY, "--request", "saved.http"])
}

#[test]
fn a_request_is_read_as_usual_tools_save_it() {
    let folder = signed();
    let (authorization, _) = headers_of(&folder, BODY.as_bytes());
    let headers =
        format!("Host: a.example\r\nAuthorization: {authorization}\r\nAlgorithm: SHA256withRSA\r\n");
    let with_line = |line: &str| format!("{line}\r\n{headers}\r\n{BODY}");
    let curl = with_line("POST /webhook HTTP/1.1");
    let (head, _) = curl.split_once("\r\n\r\n").unwrap();
    let curl: String = head.lines().map(|line| format!("> {line}\n")).collect();
    let chunks = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    for (name, saved) in [
        ("HTTP/1.0", with_line("POST /webhook HTTP/1.0")),
        ("HTTP/2", with_line("POST /webhook HTTP/2")),
        ("HTTP/2.0", with_line("POST /webhook HTTP/2.0")),
        ("HTTP/3", with_line("POST https://a.example/webhook HTTP/3")),
        ("no version", with_line("POST /webhook")),
        ("no request line", format!("{headers}\r\n{BODY}")),
        (
            "pseudo-headers",
            with_line(":method: POST\r\n:path: /webhook\r\n:scheme: https\r\n:authority: a.example"),
        ),
        ("a byte order mark", format!("\u{feff}{}", with_line("POST /webhook HTTP/1.1"))),
        ("empty lines before", format!("\r\n\n{}", with_line("POST /webhook HTTP/1.1"))),
        ("LF alone", with_line("POST /webhook HTTP/1.1").replace("\r\n", "\n")),
        ("curl -v, the body after it", format!("* Connected to a.example (::1) port 443\n{curl}>\n{BODY}")),
        (
            "curl -v, the body among it",
            format!(
                "*   Trying [::1]:443...\n{curl}> \n{BODY}\n* upload completely sent off\n< HTTP/2 401\n< \nno"
            ),
        ),
        ("chunks", with_line("POST / HTTP/1.1").replace(&format!("\r\n{BODY}"), &chunks)),
        ("no encoding", with_line("Transfer-Encoding: Identity")),
        ("chunks that are not saved", with_line("Transfer-Encoding: chunked")),
    ] {
        let (code, stdout, stderr) = inspect(&folder, saved);
        assert_eq!(code, 0, "{name}: {stdout}{stderr}");
        assert!(stdout.contains("\ngenuine: headers and body\n"), "{name}: {stdout}");
    }
    // What curl prints has no body: the answer's is not taken for it.
    for saved in [
        format!("{curl}>\n* upload completely sent off: 61 bytes\n< HTTP/1.1 401\n< \n{{}}"),
        format!("{curl}> \n"),
        headers.clone(),
    ] {
        let (code, stdout, _) = inspect(&folder, saved);
        assert!(code == 0 && stdout.ends_with("\ngenuine: the headers\n"), "{stdout}");
        let (code, _, stderr) = run(&folder, &["verify", KEY, "--request", "saved.http"]);
        assert!(code == 2 && stderr.contains("expected a body"), "{stderr}");
    }
}

#[test]
fn what_is_no_request_is_said() {
    let folder = signed();
    let head = "POST / HTTP/1.1\r\nAuthorization: QUJD\r\n";
    for (saved, expected) in [
        ("", "expected an HTTP request, found no headers"),
        ("POST / HTTP/1.1\r\n", "expected an HTTP request, found no headers"),
        ("what is this?", "expected an HTTP request: found another text"),
        ("{\"tenantId\":\"1\"}", "found JSON: a body alone is given without --request"),
        ("{\n  \"log\": {}}", "of a HAR file the request as text"),
        (
            "== Info:   Trying 127.0.0.1:8080...\n=> Send header, 155 bytes (0x9b)\n0000: POST / HTTP/1.1\n",
            "found a trace of curl, in which octets are lost: save what curl -v prints",
        ),
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", "expected an HTTP request: found a response"),
        (&format!("{head}what is this?\r\n\r\n"), "found a line of its head that is no header"),
        (&format!("{head}Transfer-Encoding: gzip\r\n\r\n{{}}"), "found one with a transfer encoding"),
        (&format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{}}"), "found a part of one in chunks"),
        (&format!("{head}X: \u{1}\r\n\r\n"), "found a value of x that is none"),
    ] {
        let (code, stdout, stderr) = inspect(&folder, saved);
        assert_eq!((code, &*stdout), (2, ""), "{saved}");
        assert!(stderr.starts_with("untis-webhook: saved.http: ") && stderr.contains(expected), "{stderr}");
    }
    let utf_16: Vec<u8> = format!("\u{feff}{head}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(inspect(&folder, utf_16).2.contains("found text in UTF-16"));
}
