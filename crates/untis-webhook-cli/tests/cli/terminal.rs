//! What a terminal gets to see.

use crate::listen::Listening;
use crate::*;

/// A body whose event's name, tenant and fields would forge a line, move the cursor, turn the order of what is read, or hide.
const HOSTILE: &str = concat!(
    r#"{"eventType":"X\u001b[2J\nverified: by production","#,
    "\"tenantId\":\"1\u{9b}1A\u{7f}\u{202e}2\",",
    r#""host\u001b]0;title\u0007\nverified: by production\u202e":"a\u2028b","#,
    "\"country\":\"\u{2066}\u{feff}\u{e0041}\u{61c}ü\"}"
);

/// Plain text, line ends, and nothing else.
fn assert_readable(text: &str) {
    let hidden = |c: char| c != '\n' && c.escape_debug().len() > 2;
    assert_eq!(text.chars().find(|c| hidden(*c)), None, "{text:?}");
}

fn hostile() -> TempDir {
    let folder = signed();
    fs::write(folder.path().join("hostile.json"), HOSTILE).unwrap();
    let (_, request, _) = run(&folder, &["sign", "--http", "/", "hostile.json"]);
    fs::write(folder.path().join("hostile.http"), request).unwrap();
    folder
}

#[test]
fn a_signed_name_forges_no_line_and_moves_no_cursor() {
    let folder = hostile();
    let (code, stdout, _) = run(&folder, &["verify", KEY, "--request", "hostile.http"]);
    assert_eq!(code, 0, "{stdout}");
    assert_readable(&stdout);
    let lines: Vec<_> = stdout.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("verified: by development, "), "{stdout}");
    let event = r#"event: "X\u{1b}[2J\nverified: by production", which is not known, tenantId "1\u{9b}1A"#;
    assert!(lines[1].starts_with(event), "{stdout}");

    let (_, stdout, _) = run(&folder, &["verify", "--json", KEY, "--request", "hostile.http"]);
    assert_readable(&stdout);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["event"]["tenant"], "1\u{9b}1A\u{7f}\u{202e}2");
}

#[test]
fn listen_shows_no_name_and_no_value_as_it_came() {
    for (args, lines) in [(&["--show-secrets"][..], 7), (&["--show-secrets", "--json"], 1)] {
        let folder = hostile();
        let mut listening = Listening::start(&folder, args);
        let to = format!("--to=http://{}/", listening.address);
        assert_eq!(run(&folder, &["send", "--body", "hostile.json", &to]).0, 0);
        let shown: Vec<_> = (0..lines).map(|_| listening.line()).collect();
        assert_readable(&shown.concat());
        assert!(shown.concat().contains('ü'), "{shown:?}");
        assert_eq!(
            shown.iter().filter(|line| line.starts_with("verified: ")).count(),
            lines / 7,
            "{shown:?}"
        );
    }
}

#[test]
fn an_error_shows_a_file_name_and_an_argument_on_one_line() {
    let folder = signed();
    let name = "gone\u{1b}[2J\nverified: by production\u{202e}";
    for args in [
        &["verify", KEY, "--request", name][..],
        &["verify", KEY, "--request", "request.http", "--authorization", name],
        &["sign", name],
        &["sign", "--private", name, "body.json"],
        &["send", "created", "--to", name],
        &["send", "created", "--to", "http://127.0.0.1:1/", "--set", name],
        &["send", name, "--to", "http://127.0.0.1:1/"],
        &["keygen", "--private", &format!("{name}/private.pem")],
        &[name],
        &["sign", &format!("--{name}")],
    ] {
        let (code, stdout, stderr) = run(&folder, args);
        assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
        assert_readable(&stderr);
        assert!(!stderr.lines().any(|line| line.starts_with("verified")), "{args:?}: {stderr}");
    }
}
