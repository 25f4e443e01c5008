use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use untis_webhook::event::CredentialsEventType::Created;
use untis_webhook_testkit::Payload;

use crate::{Operator, sign};

#[test]
fn what_is_exported_with_its_secrets_is_taken_over_by_another_registry() {
    let operator = Operator::new();
    let daemon = operator.serve();
    for id in ["1", "2", "3"] {
        let payload =
            Payload::credentials(Created).set("tenantId", id).set("password", format!("password {id}"));
        assert_eq!(daemon.deliver(&sign(payload)), 204);
    }
    let ended = Payload::from([("tenantId", "3"), ("eventType", "DEACTIVATION")]);
    assert_eq!(daemon.deliver(&sign(ended)), 204);
    let exported = operator.says(&["tenants", "export", "--show-secrets"]);
    assert!(exported.contains("password 1") && exported.contains("password 2"));
    // A tenant that is not active has its credentials given to nobody.
    assert!(!exported.contains("password 3"));

    let other = Operator::new();
    fs::write(other.path("schools.jsonl"), &exported).unwrap();
    let import = |expected: &str| {
        assert_eq!(other.says(&["tenants", "import", "schools.jsonl"]), expected);
    };
    import("activated 2, known 0, skipped 1, refused 0\n");
    import("activated 0, known 2, skipped 1, refused 0\n");
    let fields =
        ["tenantId", "clientId", "secret", "password", "host", "eventType", "country", "activatorEmail"];
    let of = |exported: &str| -> Vec<Value> {
        let lines = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let active = lines.filter(|line| line["status"] == "active");
        active.map(|line| fields.map(|field| line[field].clone()).into()).collect()
    };
    assert_eq!(of(&other.says(&["tenants", "export", "--show-secrets"])), of(&exported));
}

#[test]
fn a_line_that_cannot_be_taken_is_said_without_what_is_in_it_and_the_others_are_taken() {
    let operator = Operator::new();
    let line = |tenant_id: &str, more: &str| {
        format!(
            r#"{{"tenantId":"{tenant_id}","clientId":"c","secret":"hidden-secret","password":"hidden-password"{more}}}"#
        )
    };
    let host = r#","host":"localhost""#;
    let lines = [
        format!("\u{feff}{}", line("1", host)),
        line("2", ""),
        line("3", r#","host":"localhost","country":12345678"#),
        line("4", r#","host":"localhost","eventType":"HIDDEN""#),
        "hidden-secret".to_owned(),
        String::new(),
        line("", host),
        line("8", host),
    ];
    let mut child = operator.command(&["tenants", "import", "-"], &[]);
    let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "activated 2, known 0, skipped 0, refused 5\n");
    let beginnings: Vec<_> = said.lines().map(|line| line.split(": expected").next().unwrap()).collect();
    assert_eq!(beginnings, [2, 3, 4, 5, 7].map(|line| format!("untis-webhookd: line {line}")));
    assert!(!said.to_lowercase().contains("hidden") && !said.contains("12345678"), "{said}");

    let foreign =
        operator.run(&["tenants", "import", "schools.jsonl"], &[("UNTIS_WEBHOOK_CLIENT_IDS", "ours")]);
    assert_eq!(foreign.status.code(), Some(1));
    fs::write(operator.path("schools.jsonl"), line("9", host)).unwrap();
    let foreign =
        operator.run(&["tenants", "import", "schools.jsonl"], &[("UNTIS_WEBHOOK_CLIENT_IDS", "ours")]);
    assert!(String::from_utf8_lossy(&foreign.stderr).contains("line 1: expected a client id of this"));
    fs::write(operator.path("schools.jsonl"), line("9", host) + &" ".repeat(64 * 1024)).unwrap();
    let long = operator.run(&["tenants", "import", "schools.jsonl"], &[]);
    assert_eq!(long.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&long.stderr).contains("line 1: expected no more than 64 KiB"));
}
