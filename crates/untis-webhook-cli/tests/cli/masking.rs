//! What `listen` shows of a delivery.

use serde_json::{Value, json};

use crate::listen::Listening;
use crate::*;

const MASKED: &str = "[masked]";

/// Payloads of every kind, and what is not masked of each.
fn payloads() -> Vec<(&'static str, Value, Value)> {
    let s = |name: &str| Value::from(format!("hidden-{name}"));
    vec![
        (
            "credentials with fields that nobody documents, secret by name or not",
            json!({
                "tenantId": "1", "clientId": "client", "secret": s("a"), "password": s("b"), "host": "localhost",
                "eventType": "CREATED", "language": "de", "activatorEmail": "jane@doe.com",
                "apiKey": s("c"), "note": s("d"), "pin": 4711, "credentials": {"secret": s("e")},
                "list": [[{"password": s("f")}]], "flag": true,
            }),
            json!({
                "tenantId": "1", "clientId": "client", "host": "localhost", "eventType": "CREATED",
                "language": "de", "activatorEmail": "jane@doe.com",
            }),
        ),
        (
            "the first version",
            json!({
                "tenantId": "1", "schoolName": "Entenhausen", "clientId": "client", "secret": s("a"),
                "password": s("b"), "host": "localhost",
            }),
            json!({"tenantId": "1", "schoolName": "Entenhausen", "clientId": "client", "host": "localhost"}),
        ),
        (
            "an unknown event",
            json!({"eventType": "ROTATED", "tenantId": "1", "new": {"secret": s("a")}, "old": s("b"), "n": null}),
            json!({"eventType": "ROTATED", "tenantId": "1"}),
        ),
        (
            "a documented name in another case",
            json!({
                "eventType": "DELETION", "tenantId": "1", "Secret": s("a"), "PASSWORD": s("b"), "ClientID": s("c"),
                "client_id": s("d"), " host": s("e"),
            }),
            json!({"eventType": "DELETION", "tenantId": "1"}),
        ),
        (
            "a documented field with something in it",
            json!({
                "eventType": "DELETION", "tenantId": "1", "reasonText": {"secret": s("a")}, "host": [s("b")],
                "country": {}, "reasonType": "NO_REASON",
            }),
            json!({"eventType": "DELETION", "tenantId": "1", "reasonType": "NO_REASON"}),
        ),
    ]
}

#[test]
fn what_is_not_documented_or_is_secret_is_masked_at_every_depth() {
    for json in [false, true] {
        let folder = signed();
        let mut listening = Listening::start(&folder, if json { &["--json"] } else { &[] });
        for (name, payload, shown) in payloads() {
            let lines = deliver(&folder, &mut listening, &payload.to_string());
            assert!(!lines.concat().contains("hidden"), "{name}: {lines:#?}");
            assert!(!lines.concat().contains("4711"), "{name}: {lines:#?}");
            for (field, value) in payload.as_object().unwrap() {
                let expected = shown.get(field).cloned().unwrap_or_else(|| MASKED.into());
                match json {
                    true => {
                        let report: Value = serde_json::from_str(&lines[0]).unwrap();
                        assert_eq!(report["fields"][field], expected, "{name}: {field}, which was {value}");
                    }
                    false => assert!(
                        lines.contains(&format!("  {field}: {expected}")),
                        "{name}: {field}: {lines:#?}"
                    ),
                }
            }
        }
        // What has no fields shows nothing of itself.
        for body in
            [r#"["hidden"]"#, r#""hidden""#, "hidden", r#"{"secret":"hidden""#, r#"[{"secret":"hidden"}]"#]
        {
            let lines = deliver(&folder, &mut listening, body);
            assert!(!lines.concat().contains("hidden"), "{body}: {lines:#?}");
        }
    }
}

#[test]
fn that_fields_cannot_be_shown_is_said() {
    let folder = signed();
    let mut listening = Listening::start(&folder, &[]);
    for odd in ["1e400", r#""\ud800""#] {
        let body = format!(r#"{{"eventType":"DELETION","tenantId":"1","new":{odd}}}"#);
        let lines = deliver(&folder, &mut listening, &body);
        assert_eq!(lines[1], "verified: by development: DELETION", "{lines:#?}");
        assert!(lines[2].starts_with("  fields: not shown, since "), "{lines:#?}");
        assert_eq!(lines[3], "answer: 204 No Content", "{lines:#?}");
    }
}

#[test]
fn secrets_are_shown_to_who_asks_for_them() {
    for json in [false, true] {
        let folder = signed();
        let args = if json { &["--show-secrets", "--json"][..] } else { &["--show-secrets"] };
        let mut listening = Listening::start(&folder, args);
        for (name, payload, _) in payloads() {
            let lines = deliver(&folder, &mut listening, &payload.to_string());
            assert!(!lines.concat().contains(MASKED), "{name}: {lines:#?}");
            let hidden = payload.to_string().matches("hidden").count();
            assert_eq!(lines.concat().matches("hidden").count(), hidden, "{name}: {lines:#?}");
        }
    }
}

/// Signs and sends the body, and gives what is shown of it.
fn deliver(folder: &TempDir, listening: &mut Listening, body: &str) -> Vec<String> {
    fs::write(folder.path().join("sent"), body).unwrap();
    let to = format!("--to=http://{}/", listening.address);
    assert_ne!(run(folder, &["send", "--body", "sent", &to]).0, 2);
    let mut lines = vec![listening.line()];
    while !lines.last().unwrap().contains("\"answer\":") && !lines.last().unwrap().starts_with("answer: ") {
        lines.push(listening.line());
    }
    lines
}
