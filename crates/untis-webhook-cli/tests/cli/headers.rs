//! What `inspect` says of the headers of a delivery.

use crate::*;

/// A folder with a signed body, its signature in base64, and the digest in the report.
pub(crate) struct Signed {
    pub(crate) folder: TempDir,
    pub(crate) signature: String,
}

impl Signed {
    pub(crate) fn new() -> Self {
        let folder = signed();
        let (signature, _) = headers_of(&folder, BODY.as_bytes());
        Self { folder, signature }
    }

    /// What is said of a request with these headers and the signed body. It is refused for this reason.
    pub(crate) fn refused(&self, rejection: &str, headers: &str) -> String {
        self.refused_at(rejection, "/webhook", headers)
    }

    fn refused_at(&self, rejection: &str, target: &str, headers: &str) -> String {
        let request = format!("POST {target} HTTP/1.1\r\n{headers}\r\n{BODY}");
        fs::write(self.folder.path().join("odd.http"), request).unwrap();
        let (code, stdout, stderr) = run(&self.folder, &["inspect", KEY, "--request", "odd.http"]);
        assert_eq!((code, &*stderr), (1, ""), "{headers}: {stdout}");
        assert!(stdout.contains(&format!("\nrefused: {rejection}: ")), "{headers}: {stdout}");
        assert!(stdout.contains("\nnext: "), "{headers}: {stdout}");
        // The value of a header is never said.
        assert!(!stdout.contains(self.signature.get(..40).unwrap()), "{stdout}");
        let (_, json, _) = run(&self.folder, &["inspect", "--json", KEY, "--request", "odd.http"]);
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["rejection"], rejection, "{json}");
        stdout
    }
}

pub(crate) const GENUINE: &str = "\ndevelopment: made this signature, SHA256withRSA, over digest ";

pub(crate) const ALGORITHM: &str = "Algorithm: SHA256withRSA\r\n";

#[test]
fn which_header_is_missing_or_repeated_is_said() {
    let signed = Signed::new();
    let authorization = format!("Authorization: {}\r\n", signed.signature);
    let other = format!("Authorization: Basic YTpi\r\n{authorization}");
    for (rejection, headers, expected, next) in [
        (
            "MissingHeader",
            ALGORITHM.to_owned(),
            "Authorization header: is missing\n",
            "see whether Authorization was sent, and saved with the request; if it was, have the front end pass it on, or",
        ),
        (
            "MissingHeader",
            authorization.clone(),
            "Algorithm header: is missing\n",
            "see whether Algorithm was sent, and saved with the request; if it was, have the front end pass it on\n",
        ),
        (
            "MissingHeader",
            String::new(),
            "Authorization header: is missing\nAlgorithm header: is missing\n",
            "see whether Authorization was sent, ",
        ),
        (
            "RepeatedHeader",
            format!("{authorization}{authorization}{ALGORITHM}"),
            "Authorization header: is there 2 times, with the same value: more than one is a signature by these keys\n",
            "find what adds a second Authorization header",
        ),
        (
            "RepeatedHeader",
            format!("{other}{ALGORITHM}"),
            "Authorization header: is there 2 times, with different values: the second is the signature by development\n",
            "find what adds a second Authorization header",
        ),
        (
            "RepeatedHeader",
            format!("{authorization}{ALGORITHM}{ALGORITHM}"),
            "Algorithm header: is there 2 times\n",
            "find what adds a second Algorithm header",
        ),
    ] {
        let stdout = signed.refused(rejection, &headers);
        assert!(stdout.starts_with(expected), "{stdout}");
        assert!(stdout.contains(&format!("\nnext: {next}")), "{stdout}");
        // Where there is a signature, it is looked at all the same.
        assert_eq!(stdout.contains(GENUINE), headers.contains(&signed.signature), "{stdout}");
        assert_eq!(
            stdout.contains("\nbody: is the one that was signed\n"),
            headers.contains(&signed.signature),
            "{stdout}"
        );
        if rejection == "MissingHeader" {
            let (_, stdout, _) = run(&signed.folder, &["verify", KEY, "--request", "odd.http"]);
            assert!(stdout.contains("\nnext: see whether all headers are in what was given; "), "{stdout}");
        }
    }
}

#[test]
fn a_genuine_signature_is_found_in_any_other_place() {
    let signed = Signed::new();
    let signature = &signed.signature;
    for header in ["X-Amzn-Remapped-Authorization", "x-forwarded-authorization", "X-Sig", "Algorithm2"] {
        let shown: String =
            header.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect::<Vec<_>>().join("-");
        for beside in ["", "Authorization: Basic YTpi\r\n"] {
            let rejection = if beside.is_empty() { "MissingHeader" } else { "MalformedSignature" };
            let stdout = signed.refused(rejection, &format!("{beside}{ALGORITHM}{header}: {signature}\r\n"));
            assert!(
                stdout.contains(&format!("\n{shown} header: holds the signature by development\n")),
                "{stdout}"
            );
            assert!(
                stdout.contains(GENUINE) && stdout.contains("\nbody: is the one that was signed\n"),
                "{stdout}"
            );
            let next = format!(
                "\nnext: read the signature from that header: --signature-header {shown}, UNTIS_WEBHOOK_SIGNATURE_HEADER={shown} "
            );
            assert!(stdout.contains(&next), "{stdout}");
            // The advice helps.
            let args = ["verify", KEY, "--request", "odd.http", "--signature-header", header];
            assert_eq!(run(&signed.folder, &args).0, 0, "{header}");
        }
    }
    let stdout = signed.refused("MissingHeader", &format!("X-Sig: Bearer {signature}\r\n{ALGORITHM}"));
    assert!(
        stdout.contains("\nX-Sig header: holds the signature by development, after a scheme word\n"),
        "{stdout}"
    );
    assert!(stdout.contains("\nnext: have the front end leave the signature as it came, "), "{stdout}");
    let query = format!("/?a=b&sig={}", signature.replace('+', "%2B"));
    let stdout = signed.refused_at("MissingHeader", &query, ALGORITHM);
    assert!(stdout.contains("\nquery: holds the signature by development\n"), "{stdout}");
    let stdout =
        signed.refused("MissingHeader", &format!("Authorization: {signature}\r\nX-Alg: SHA256withRSA\r\n"));
    assert!(
        stdout.contains("\nX-Alg header: names SHA256withRSA\n")
            && stdout.contains("--algorithm-header X-Alg"),
        "{stdout}"
    );
}

#[test]
fn what_the_algorithm_header_names_is_said() {
    let signed = Signed::new();
    let java = ": the platform sends its Java name";
    for (value, expected) in [
        ("", "is empty".to_owned()),
        ("\"SHA256withRSA\"", "has quotes around the algorithm's name".into()),
        ("SHA-256", format!("names SHA256withRSA as a hash alone does{java}")),
        ("RS256", format!("names SHA256withRSA as JOSE does{java}")),
        ("rsa-sha512", format!("names SHA512withRSA as OpenSSL does{java}")),
        ("1.2.840.113549.1.1.11", format!("names SHA256withRSA as an object identifier does{java}")),
        ("RSASSA-PKCS1-v1_5", "names RSASSA-PKCS1-v1_5, and not with which hash".into()),
        ("SHA1withRSA", "names SHA-1, which is broken and never taken".into()),
        ("HMAC-SHA256", "names an HMAC, which the platform does not use".into()),
        ("SHA256withRSA, SHA256withRSA", "names an algorithm more than once".into()),
        ("Rot13", "names an algorithm that is not known here".into()),
        (&signed.signature, "holds what is longer than an algorithm's name".into()),
    ] {
        let stdout = signed.refused(
            "UnsupportedAlgorithm",
            &format!("Authorization: {}\r\nAlgorithm: {value}\r\n", signed.signature),
        );
        assert!(stdout.starts_with(&format!("Algorithm header: {expected}")), "{value}: {stdout}");
        // Which it is, the signature says itself.
        assert!(stdout.contains(GENUINE), "{stdout}");
    }
}

#[test]
fn the_headers_can_have_other_names_for_every_command_that_reads_them() {
    let signed = Signed::new();
    let request = format!(
        "POST / HTTP/1.1\r\nX-Sig: {}\r\nX-Alg: SHA256withRSA\r\nAuthorization: Basic YTpi\r\n\r\n{BODY}",
        signed.signature
    );
    fs::write(signed.folder.path().join("renamed.http"), &request).unwrap();
    let options = ["--signature-header", "X-Sig", "--algorithm-header", "X-Alg"];
    for command in ["inspect", "verify"] {
        let args = [&[command, KEY, "--request", "renamed.http"], &options[..]].concat();
        let (code, stdout, _) = run(&signed.folder, &args);
        assert_eq!(code, 0, "{stdout}");
        let mut from_environment = program(signed.folder.path());
        from_environment
            .args(&args[..4])
            .env("UNTIS_WEBHOOK_SIGNATURE_HEADER", "x-sig")
            .env("UNTIS_WEBHOOK_ALGORITHM_HEADER", "x-alg");
        assert_eq!(from_environment.output().unwrap().status.code(), Some(0));
        from_environment.env("UNTIS_WEBHOOK_SIGNATURE_HEADER", "");
        assert_eq!(from_environment.output().unwrap().status.code(), Some(1), "not set, as for a receiver");
    }
    // A renamed header is read in place of the original, and is the one that is missing then.
    let (_, stdout, _) =
        run(&signed.folder, &["inspect", KEY, "--request", "request.http", "--signature-header", "X-Sig"]);
    assert!(
        stdout.starts_with(
            "X-Sig header: is missing\nAuthorization header: holds the signature by development\n"
        ),
        "{stdout}"
    );
    for (args, expected) in [
        (
            ["--signature-header", "a b"],
            "--signature-header: expected the name of a header, found something else",
        ),
        (
            ["--algorithm-header", "'X-Alg'"],
            "--algorithm-header: expected the name of a header, found quotation marks",
        ),
        (["--signature-header", "algorithm"], "expected two headers"),
    ] {
        let (code, _, stderr) =
            run(&signed.folder, &[&["verify", KEY, "--request", "request.http"], &args[..]].concat());
        assert!(code == 2 && stderr.contains(expected), "{stderr}");
    }
}
