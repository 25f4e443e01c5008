//! `verify` and `inspect`.

use crate::*;

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
        (bytes(&again(&pretty)), bytes(&pretty), "it is JSON, and white space was added to it"),
        (bytes(&pretty), bytes(&again(&pretty)), "it is JSON, and white space was taken out of it"),
        (bytes(&jackson), bytes(&again(&pretty)), "it is JSON, and white space was taken out of it"),
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
