use std::fs;

use serde_json::Value;
use untis_webhook::event::CredentialsEventType::{Created, Reset};
use untis_webhook::event::{DeactivationEventType::Deactivation, ReasonType};
use untis_webhook_testkit::{Forgery, Payload};

use crate::{Operator, sign};

#[test]
fn a_school_is_received_decided_about_and_given_to_who_shows_the_token() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let activation = sign(Payload::credentials(Created).set("password", "own"));
    assert_eq!(daemon.deliver(&activation.clone().forge(Forgery::OtherKey)), 401);
    assert_eq!(operator.says(&["tenants", "list"]), "");
    assert_eq!(daemon.deliver(&activation), 204);
    let foreign = Payload::credentials(Reset).set("password", "foreign").set("clientId", "another");
    assert_eq!(daemon.deliver(&sign(foreign)), 204);

    // The daemon runs meanwhile.
    assert!(operator.says(&["tenants", "list"]).contains("12345"));
    assert!(operator.says(&["tenants", "list"]).contains("contested, not told yet"));
    assert_eq!(operator.says(&["tenants", "list", "--status", "deleted"]), "");
    let shown: Value = serde_json::from_str(&operator.says(&["tenants", "show", "12345", "--json"])).unwrap();
    assert_eq!(
        (&shown["tenant"]["status"], &shown["sets"][1]["state"]),
        (&"active".into(), &"candidate".into())
    );
    assert_eq!((&shown["sets"][1]["clientId"], &shown["sets"][1]["set"]), (&"another".into(), &2.into()));

    let token = fs::read_to_string(operator.0.path().join("api-token.txt")).unwrap();
    let password = |expected: &str| {
        let (status, body) = daemon.credentials("12345", token.trim());
        let credentials: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &credentials["password"]), (200, &expected.into()), "{body}");
    };
    assert_eq!(daemon.credentials("12345", "another token").0, 401);
    password("own");
    operator.says(&["tenants", "accept", "12345", "2"]);
    password("foreign");
    operator.says(&["tenants", "accept", "12345", "1"]);
    password("own");
    assert_eq!(
        daemon.deliver(&sign(Payload::from([("tenantId", "12345"), ("eventType", "DEACTIVATION")]))),
        204
    );
    assert_eq!(daemon.credentials("12345", token.trim()).0, 404);
    operator.says(&["tenants", "restore", "12345"]);
    password("own");
    assert_eq!(operator.says(&["tenants", "redrive", "12345"]), "due at once\n");
    assert_eq!(operator.says(&["tenants", "redrive"]), "1 due at once\n");
    operator.says(&["tenants", "forget", "12345"]);
    assert_eq!(daemon.credentials("12345", token.trim()).0, 404);
    let refused = operator.run(&["tenants", "restore", "12345"], &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("expected a set that is stored"));
    let unknown = operator.run(&["tenants", "show", "unknown"], &[]);
    assert_eq!(unknown.status.code(), Some(1));

    let log = daemon.stop();
    assert!(log.contains("12345"), "{log}");
    for secret in ["own\"", "foreign\"", token.trim(), "test-secret"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn it_is_shown_about_which_set_somebody_has_to_decide() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let created = |id, secret| Payload::credentials(Created).set("tenantId", id).set("secret", secret);
    let deactivation = Payload::deactivation(Deactivation, &ReasonType::NoReason);
    let contested = |id| -> Vec<Value> {
        let shown = operator.says(&["tenants", "show", id, "--json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let sets = shown["sets"].as_array().unwrap().iter();
        sets.filter(|set| set["contested"] == true).map(|set| set["set"].clone()).collect()
    };

    // What came again is the first of three, and neither the current one nor the candidate.
    for secret in ["first", "second"] {
        assert_eq!(daemon.deliver(&sign(created("1", secret))), 204);
    }
    let reset = Payload::credentials(Reset).set("tenantId", "1").set("secret", "third");
    for payload in [reset, created("1", "late")] {
        assert_eq!(daemon.deliver(&sign(payload)), 204);
    }
    assert_eq!(contested("1"), [0; 0]);
    assert_eq!(daemon.deliver(&sign(deactivation.set("tenantId", "1"))), 204);
    assert_eq!(daemon.deliver(&sign(created("1", "first"))), 204);
    assert_eq!(contested("1"), [1]);
    let shown = operator.says(&["tenants", "show", "1"]);
    let noted: Vec<_> = shown.lines().filter(|line| line.ends_with("  contested")).collect();
    assert!(matches!(noted[..], [set] if set.starts_with("1    superseded")), "{shown}");
    operator.says(&["tenants", "reject", "1", "1"]);
    assert_eq!(contested("1"), [0; 0]);

    let foreign = created("2", "foreign").set("clientId", "another");
    for payload in [created("2", "own"), foreign] {
        assert_eq!(daemon.deliver(&sign(payload)), 204);
    }
    assert_eq!(contested("2"), [2]);
}

#[test]
fn a_candidate_is_rejected_and_a_tenant_forgotten_until_it_is_new_again() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let activation = sign(Payload::credentials(Created).set("tenantId", "1"));
    assert_eq!(daemon.deliver(&activation), 204);
    let foreign = Payload::credentials(Reset).set("tenantId", "1").set("clientId", "another");
    assert_eq!(daemon.deliver(&sign(foreign)), 204);
    assert!(operator.says(&["tenants", "list"]).contains("contested"));
    assert_eq!(operator.says(&["tenants", "reject", "1", "2"]), "");
    assert!(!operator.says(&["tenants", "list"]).contains("contested"));
    assert!(operator.says(&["tenants", "show", "1"]).contains("2    dead"));

    // A late retry brings it back only when its fingerprints are gone as well.
    for (args, comes_back) in
        [(&["tenants", "forget", "1"][..], false), (&["tenants", "forget", "1", "--everything"], true)]
    {
        operator.says(args);
        assert_eq!(operator.says(&["tenants", "list"]), "");
        assert_eq!(daemon.deliver(&activation), 204);
        assert_eq!(operator.says(&["tenants", "list"]).contains("active"), comes_back, "{args:?}");
    }
}

/// What came may be any text, also one that a terminal would obey.
#[test]
fn people_read_a_table_and_machines_json_and_neither_shows_a_secret() {
    let operator = Operator::new();
    let daemon = operator.serve();
    let id = "Grüße\u{1b}[2J\u{202e}";
    let activation = Payload::credentials(Created).set("tenantId", id).set("password", "own-password");
    assert_eq!(daemon.deliver(&sign(activation)), 204);
    let foreign = Payload::credentials(Reset).set("tenantId", id).set("clientId", "another");
    assert_eq!(daemon.deliver(&sign(foreign)), 204);

    let list = operator.says(&["tenants", "list"]);
    let lines: Vec<_> = list.lines().collect();
    let [head, line] = lines[..] else { panic!("{list}") };
    for (text, column) in
        [(r"Grüße\u{1b}[2J\u{202e}", "TENANT"), ("active", "STATUS"), ("contested", "NOTES")]
    {
        let place = |line: &str, text: &str| line.find(text).map(|at| line[..at].chars().count());
        assert!(place(line, text).is_some() && place(line, text) == place(head, column), "{list}");
    }
    let show = operator.says(&["tenants", "show", id]);
    for line in ["status     active", "notes      contested, not told yet", "client id  test-client-id"] {
        assert!(show.lines().any(|shown| shown == line), "{line}: {show}");
    }
    let is_set = |line: &&str| line.starts_with("2    candidate  RESET    another");
    assert_eq!(show.lines().filter(is_set).count(), 1, "{show}");

    let list_json = operator.says(&["tenants", "list", "--json"]);
    let show_json = operator.says(&["tenants", "show", id, "--json"]);
    let tenant: Value = serde_json::from_str(&list_json).unwrap();
    assert_eq!((&tenant["tenantId"], &tenant["contested"]), (&id.into(), &true.into()));
    assert_eq!(serde_json::from_str::<Value>(&show_json).unwrap()["tenant"], tenant);
    for said in [&list, &show, &list_json, &show_json, &operator.says(&["tenants", "export"])] {
        assert!(!said.contains("own-password") && !said.contains("test-secret"), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}']) && !said.contains("activator"), "{said}");
    }
}
