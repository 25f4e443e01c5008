//! What `inspect` says of a body that is not the one that was signed.

use crate::*;

/// What is said of a body that arrived in the place of the signed one, with these headers beside the signature's.
fn inspect(folder: &TempDir, signed: &[u8], headers: &str, arrived: &[u8]) -> String {
    let (authorization, algorithm) = headers_of(folder, signed);
    let head = format!(
        "POST / HTTP/1.1\r\nAuthorization: {authorization}\r\nAlgorithm: {algorithm}\r\n{headers}\r\n"
    );
    fs::write(folder.path().join("arrived.http"), [head.as_bytes(), arrived].concat()).unwrap();
    let (code, stdout, stderr) = run(folder, &["inspect", KEY, "--request", "arrived.http"]);
    assert_eq!((code, &*stderr), (1, ""), "{stdout}");
    assert!(stdout.starts_with("development: made this signature, SHA256withRSA, over digest "), "{stdout}");
    assert!(stdout.contains("\nrefused: DigestMismatch: "), "{stdout}");
    stdout
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut gzip = flate2::read::GzEncoder::new(body, flate2::Compression::default());
    gzip.read_to_end(&mut compressed).unwrap();
    compressed
}

#[test]
fn each_kind_of_rewriting_is_named_with_what_to_do_about_it() {
    let folder = signed();
    let pretty = "{\n  \"tenantId\": \"12345\",\n  \"reasonText\": \"Übernahme\"\n}";
    let minified = r#"{"tenantId":"12345","reasonText":"Übernahme"}"#;
    let as_sent = "next: let the receiver have the bytes as they were sent: ";
    for (signed, arrived, expected, next) in [
        (minified, format!("{minified}\n").into(), "a line end was added to it", as_sent),
        (minified, pretty.into(), "it is JSON, and white space was added to it", as_sent),
        (pretty, minified.into(), "it is JSON, and white space was taken out of it", as_sent),
        (
            minified,
            minified.replace('Ü', "\\u00dc").into(),
            "it is JSON, and characters were written as JSON escapes (such as \\u00fc)",
            as_sent,
        ),
        (
            minified,
            minified.replace('Ü', "Ã\u{9c}").into(),
            "its UTF-8 was read as Latin-1 and written as UTF-8 again",
            as_sent,
        ),
        (
            minified,
            format!("[{minified}]").into(),
            "it was put into a list",
            "next: have the body passed on as it came",
        ),
        (
            minified,
            gzip(minified.as_bytes()),
            "it was compressed (gzip)",
            "next: have nothing on the way compress the body, or have the decompression stand before",
        ),
    ] {
        let stdout = inspect(&folder, signed.as_bytes(), "", &arrived);
        assert!(
            stdout.contains(&format!("\nbody: is not the one that was signed: {expected}\n")),
            "{stdout}"
        );
        assert!(stdout.contains(&format!("\n{next}")), "{stdout}");
    }
    // The sender signed what was compressed: here it is the other way round.
    let stdout = inspect(&folder, &gzip(minified.as_bytes()), "", minified.as_bytes());
    assert!(
        stdout.contains("\nbody: is not the one that was signed: it was decompressed (gzip)\n"),
        "{stdout}"
    );
    assert!(stdout.contains("\nnext: verify before anything decompresses the body"), "{stdout}");
}

#[test]
fn a_chain_of_rewritings_is_told_in_order_and_undone_from_its_end() {
    let folder = signed();
    let expected = "is not the one that was signed: it is JSON, and white space was added to it, then it was compressed (gzip)\n";
    let arrived = gzip(BODY.replace(':', ": ").replace(',', ", ").as_bytes());
    let stdout = inspect(&folder, BODY.as_bytes(), "Content-Encoding: gzip\r\n", &arrived);
    assert!(stdout.contains(expected), "{stdout}");
    assert!(stdout.contains("\nnext: have nothing on the way compress"), "{stdout}");

    let (code, json, _) = run(&folder, &["inspect", "--json", KEY, "--request", "arrived.http"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, report["body"]["changes"].as_array().map(Vec::len)), (1, Some(2)), "{json}");
    assert_eq!(report["body"]["changes"][1], "it was compressed (gzip)");
    assert!(report["next"].as_str().unwrap().starts_with("have nothing on the way compress"), "{json}");
}

#[test]
fn what_is_plainly_so_is_said_first() {
    let folder = signed();
    let body = BODY.as_bytes();
    let stdout = inspect(&folder, body, "Content-Length: 0\r\n", b"");
    assert!(stdout.contains("\nbody: is not the one that was signed: it is empty\n"), "{stdout}");
    assert!(stdout.contains("\nnext: find what consumed the body before the receiver"), "{stdout}");

    let declared = format!("Content-Length: {}\r\n", body.len());
    let stdout = inspect(&folder, body, &declared, b"");
    let length =
        format!("\nbody: is {} octets shorter than its Content-Length of {}\n", body.len(), body.len());
    assert!(stdout.contains(&length), "{stdout}");
    let stdout = inspect(&folder, body, &declared, &body[..body.len() - 1]);
    let length = format!(
        "\nbody: is 1 octet shorter than its Content-Length of {}\nbody: is not the one that was signed: ",
        body.len()
    );
    assert!(stdout.contains(&length), "{stdout}");
    assert!(
        stdout.contains("\nbody: perhaps its end was lost: it is JSON that ends too early\n"),
        "{stdout}"
    );
    let stdout = inspect(&folder, body, &declared, &[body, b"trailer"].concat());
    let length = format!(
        "\nbody: is 7 octets longer than its Content-Length of {}\nbody: is not the one that was signed: octets were added after its end\n",
        body.len()
    );
    assert!(stdout.contains(&length), "{stdout}");
}

#[test]
fn a_method_that_a_redirect_made_is_said() {
    let folder = signed();
    let (authorization, algorithm) = headers_of(&folder, BODY.as_bytes());
    let request =
        format!("GET / HTTP/1.1\r\nAuthorization: {authorization}\r\nAlgorithm: {algorithm}\r\n\r\n");
    fs::write(folder.path().join("get.http"), request).unwrap();
    let (_, stdout, _) = run(&folder, &["inspect", KEY, "--request", "get.http"]);
    assert!(
        stdout.contains("see what made a GET of the POST that the platform sends: a redirect"),
        "{stdout}"
    );
}

/// As nginx does with `auth_request`, and others with `forward_auth`.
#[test]
fn a_front_end_that_asks_whether_a_request_may_pass_is_said() {
    let folder = signed();
    let (authorization, algorithm) = headers_of(&folder, BODY.as_bytes());
    let headers = format!("Authorization: {authorization}\r\nAlgorithm: {algorithm}\r\n\r\n");
    fs::write(folder.path().join("get.http"), format!("GET /verify HTTP/1.0\r\n{headers}")).unwrap();
    let (_, stdout, _) = run(&folder, &["inspect", KEY, "--request", "get.http"]);
    assert!(stdout.contains("(auth_request, forward_auth), which sends no body"), "{stdout}");
    fs::write(folder.path().join("post.http"), format!("POST /verify HTTP/1.0\r\n{headers}")).unwrap();
    let (_, stdout, _) = run(&folder, &["inspect", KEY, "--request", "post.http"]);
    assert!(stdout.contains("it is empty") && !stdout.contains("auth_request"), "{stdout}");
}

#[test]
fn what_can_only_be_suspected_is_said_with_perhaps() {
    let folder = signed();
    let body = r#"{"tenantId":"4711","reasonText":"Größe"}"#;
    for (headers, arrived, expected) in [
        (
            "",
            body.replace(['ö', 'ß'], "?").into_bytes(),
            Some("characters were lost in another charset: it has a question mark inside a word"),
        ),
        (
            "",
            body.replace(['ö', 'ß'], "\u{fffd}").into(),
            Some("characters were lost in another charset: it has U+FFFD"),
        ),
        (
            "",
            body.replace(['ö', 'ß'], "\\ufffd").into(),
            Some("characters were lost in another charset: it has U+FFFD"),
        ),
        (
            "Content-Encoding: br\r\n",
            b"\x8b\x02\x80\xff\xfe".to_vec(),
            Some("it was compressed on its way: its Content-Encoding is br"),
        ),
        ("", b"(\xb5/\xfd\x00\x01".to_vec(), Some("it was compressed (zstd) on its way")),
        (
            "Content-Encoding: gzip\r\n",
            body.replace("4711", "4712").into(),
            Some("it was decompressed on its way"),
        ),
        (
            "Content-Type: application/x-www-form-urlencoded\r\n",
            b"tenantId=4711".to_vec(),
            Some("something made a form of it"),
        ),
        ("", body.replace("4711", "4712").into(), None),
        ("", body.replace("Größe", "Wirklich?").into(), None),
    ] {
        let stdout = inspect(&folder, body.as_bytes(), headers, &arrived);
        assert!(stdout.contains(", and no usual rewriting explains it\n"), "{stdout}");
        let perhaps: Vec<_> = stdout.lines().filter_map(|line| line.strip_prefix("body: perhaps ")).collect();
        match expected {
            Some(expected) => assert!(perhaps.len() == 1 && perhaps[0].starts_with(expected), "{stdout}"),
            None => assert!(perhaps.is_empty(), "{stdout}"),
        }
    }
}

/// The whole address space of the program is limited, so that it fails where it would take more.
#[cfg(target_os = "linux")]
#[test]
fn no_body_makes_inspect_take_much_memory() {
    let folder = signed();
    let len = 64 * 1024;
    let program = env!("CARGO_BIN_EXE_untis-webhook");
    let run_limited = |file: &str, kibibytes: u32| {
        let (authorization, _) = headers_of(&folder, BODY.as_bytes());
        let line = format!(
            "ulimit -v {kibibytes}; exec {program} inspect {KEY} --authorization '{authorization}' --algorithm SHA256withRSA {file}"
        );
        let output = Command::new("sh").arg("-c").arg(line).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    // The least in which it can say that a body is genuine; what it takes beyond that is for the explanation.
    fs::write(folder.path().join("genuine"), BODY).unwrap();
    let baseline = (8..256)
        .map(|mebibytes| mebibytes * 1024)
        .find(|limit| run_limited("genuine", *limit).0 == Some(0))
        .unwrap();
    for (name, body) in [
        ("lists", [b"[".to_vec(), b"[],".repeat(len / 3), b"0]".to_vec()].concat()),
        (
            "fields",
            format!("{{{}\"a\":1}}", (0..len / 13).map(|at| format!("\"{at:05}\":1.0,")).collect::<String>())
                .into_bytes(),
        ),
        ("text", format!("{{\"reasonText\":\"{}\"}}", "ü/<".repeat(len / 4)).into_bytes()),
        ("percent", b"%5b".repeat(len / 3)),
        ("bomb", gzip(&vec![b'['; 60 * 1024 * 1024])),
    ] {
        fs::write(folder.path().join("other"), body).unwrap();
        let (code, stdout) = run_limited("other", baseline + 20 * 1024);
        assert_eq!(code, Some(1), "{name}: {stdout}");
        assert!(stdout.contains("no usual rewriting explains it"), "{name}: {stdout}");
    }
}
