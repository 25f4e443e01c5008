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
fn another_algorithm_than_the_one_claimed_is_named() {
    let folder = signed();
    let (code, stdout, _) =
        run(&folder, &["inspect", KEY, "--request", "request.http", "--algorithm", "SHA512withRSA"]);
    assert_eq!(code, 1);
    let expected = "Algorithm header: names SHA512withRSA, and the signature was made with SHA256withRSA\n\
                    development: made this signature with SHA256withRSA, which is not what the header claims\n";
    assert!(stdout.starts_with(expected), "{stdout}");
    assert!(stdout.ends_with("\nnext: find what changes Algorithm on its way\n"), "{stdout}");
}

#[test]
fn the_event_of_a_genuine_delivery_is_read_or_why_it_cannot_be() {
    let folder = signed();
    for (body, expected) in [
        (r#"{"tenantId":"4711","eventType":"DELETION"}"#, "event: DELETION, tenantId \"4711\"\n"),
        (
            r#"{"tenantId":4711,"eventType":"DELETION","reasonText":[]}"#,
            "event: DELETION, tenantId \"4711\"\nevent: is read, but not as documented in: tenantId, reasonText\n",
        ),
        (
            r#"{"eventType":"DELETION"}"#,
            "event: cannot be read: expected the field tenantId, found none; receivers answer 422\n",
        ),
        (
            "{",
            "event: cannot be read: expected JSON, found something else at line 1 column 1; receivers answer 400\n",
        ),
    ] {
        fs::write(folder.path().join("event.json"), body).unwrap();
        let (_, request, _) = run(&folder, &["sign", "--http", "/webhook", "event.json"]);
        fs::write(folder.path().join("event.http"), request).unwrap();
        // It is genuine, whether it can be read or not.
        let (code, stdout, _) = run(&folder, &["inspect", KEY, "--request", "event.http"]);
        assert_eq!(code, 0, "{stdout}");
        assert!(stdout.contains("genuine: headers and body\n") && stdout.ends_with(expected), "{stdout}");
        let (code, stdout, _) = run(&folder, &["verify", KEY, "--request", "event.http"]);
        assert_eq!(code, 0, "{stdout}");
        assert!(stdout.ends_with(expected), "{stdout}");
        for command in ["inspect", "verify"] {
            let (code, stdout, _) = run(&folder, &[command, "--json", KEY, "--request", "event.http"]);
            let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
            assert_eq!(code, 0);
            assert_eq!(report["event"]["error"].is_null(), body.contains("tenantId"), "{stdout}");
        }
    }
}
