//! `sign`.

use crate::*;

#[test]
fn a_signed_body_is_verified_in_every_form() {
    let folder = signed();
    let (code, stdout, _) = run(&folder, &["verify", KEY, "--request", "request.http"]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("verified: by development, SHA256withRSA, digest "), "{stdout}");
    assert!(stdout.ends_with("\nevent: DELETION, tenantId \"12345\"\n"), "{stdout}");

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
