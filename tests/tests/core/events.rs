//! The documented payloads as types, from verified bytes. The examples are the documentation's ("Credentials
//! Webhook", "Deactivation Webhook"; the older forms help.untis.at, articles 8769847025180 and
//! 20446208021660).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it is surprised"
)]

mod fields;

use http::StatusCode;
use serde_json::{Value, json};
use untis_webhook::event::{
    Credentials, CredentialsEventType, Deactivation, DeactivationEventType, ReasonType,
};
use untis_webhook::{DecodeError, Event, Verified};
use untis_webhook_tests::platform::verified;

fn event(body: &Value) -> Result<Event, DecodeError> {
    verified(body.to_string()).event().map(Verified::into_inner)
}

fn credentials(body: &Value) -> Credentials {
    match event(body) {
        Ok(Event::Credentials(credentials)) => credentials,
        other => panic!("{other:?}"),
    }
}

fn deactivation(body: &Value) -> Deactivation {
    match event(body) {
        Ok(Event::Deactivation(deactivation)) => deactivation,
        other => panic!("{other:?}"),
    }
}

fn credentials_v2() -> Value {
    json!({
        "tenantId": "12345", "clientId": "test-client-id", "secret": "test-secret", "password": "test-password",
        "host": "localhost", "country": "AT", "region": "AT-3", "language": "de", "eventType": "CREATED",
        "activatorEmail": "jane@doe.com", "activatorUsername": "Jane Doe",
        "schoolEmail": "school@entenhausen.com", "schoolPhoneNumber": "555 / 123 456 789"
    })
}

fn credentials_v1() -> Value {
    json!({
        "tenantId": "12345", "schoolName": "Entenhausen", "clientId": "test-client-id", "secret": "test-secret",
        "password": "test-password", "host": "localhost"
    })
}

fn deactivation_example() -> Value {
    json!({
        "tenantId": "12345", "eventType": "DEACTIVATION", "reasonType": "NO_REASON",
        "reasonText": "The tenant requested deactivation."
    })
}

fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body.as_object_mut().unwrap().insert(field.to_owned(), value.into());
    body
}

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field).unwrap();
    body
}

/// The payload again, field by field, from what was decoded.
fn encode(event: &Event) -> Value {
    let fields = match event {
        Event::Credentials(c) => vec![
            ("tenantId", Some(c.tenant_id.as_str())),
            ("schoolName", c.school_name.as_deref()),
            ("clientId", Some(&c.client_id)),
            ("secret", Some(c.secret.expose())),
            ("password", Some(c.password.expose())),
            ("host", Some(&c.host)),
            ("country", c.country.as_deref()),
            ("region", c.region.as_deref()),
            ("language", c.language.as_deref()),
            ("eventType", c.event_type.map(CredentialsEventType::as_str)),
            ("activatorEmail", c.activator_email.as_deref()),
            ("activatorUsername", c.activator_username.as_deref()),
            ("schoolEmail", c.school_email.as_deref()),
            ("schoolPhoneNumber", c.school_phone_number.as_deref()),
        ],
        Event::Deactivation(d) => vec![
            ("tenantId", Some(d.tenant_id.as_str())),
            ("eventType", Some(d.event_type.as_str())),
            ("reasonType", d.reason_type.as_ref().map(ReasonType::as_str)),
            ("reasonText", d.reason_text.as_deref()),
        ],
        Event::Unknown { event_type, tenant_id, .. } => {
            vec![("tenantId", tenant_id.as_deref()), ("eventType", Some(event_type))]
        }
        other => panic!("{other:?}"),
    };
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))).collect()
}

#[test]
fn every_documented_payload_survives_a_round_trip() {
    let mut payloads =
        vec![credentials_v1(), deactivation_example(), without(deactivation_example(), "reasonText")];
    for event_type in ["CREATED", "REACTIVATED", "RESET", "NOT_KNOWN_YET"] {
        payloads.push(with(credentials_v2(), "eventType", event_type));
    }
    for event_type in ["DEACTIVATION", "DELETION", "SUSPENSION"] {
        for reason_type in [
            "NO_REASON",
            "SCHOOL_DEACTIVATION",
            "SCHOOL_DELETION",
            "REMOTE_DEACTIVATION",
            "REMOTE_DELETION",
            "NOT_KNOWN_YET",
        ] {
            payloads.push(with(
                with(deactivation_example(), "eventType", event_type),
                "reasonType",
                reason_type,
            ));
        }
    }
    for payload in payloads {
        let decoded = event(&payload).unwrap();
        let again = encode(&decoded);
        match decoded {
            Event::Unknown { .. } => assert_eq!(
                again,
                json!({"tenantId": payload["tenantId"], "eventType": payload["eventType"]}),
                "{payload}"
            ),
            _ => assert_eq!(again, payload),
        }
    }
}

#[test]
fn the_names_are_read_as_what_they_mean() {
    for (name, expected) in [
        ("CREATED", CredentialsEventType::Created),
        ("REACTIVATED", CredentialsEventType::Reactivated),
        ("RESET", CredentialsEventType::Reset),
    ] {
        let body = with(credentials_v2(), "eventType", name);
        assert_eq!(credentials(&body).event_type, Some(expected));
        assert_eq!(event(&body).unwrap().event_type(), Some(name));
    }
    for (name, expected) in
        [("DEACTIVATION", DeactivationEventType::Deactivation), ("DELETION", DeactivationEventType::Deletion)]
    {
        let body = with(deactivation_example(), "eventType", name);
        assert_eq!(deactivation(&body).event_type, expected);
        assert_eq!(event(&body).unwrap().event_type(), Some(name));
    }
    for (code, expected) in [
        ("NO_REASON", ReasonType::NoReason),
        ("SCHOOL_DEACTIVATION", ReasonType::SchoolDeactivation),
        ("SCHOOL_DELETION", ReasonType::SchoolDeletion),
        ("REMOTE_DEACTIVATION", ReasonType::RemoteDeactivation),
        ("REMOTE_DELETION", ReasonType::RemoteDeletion),
        ("no_reason", ReasonType::Unknown("no_reason".into())),
    ] {
        assert_eq!(
            deactivation(&with(deactivation_example(), "reasonType", code)).reason_type,
            Some(expected)
        );
    }
}

#[test]
fn credentials_of_the_first_version_have_no_event_type() {
    assert_eq!(credentials(&credentials_v1()).event_type, None);
    assert_eq!(event(&credentials_v1()).unwrap().event_type(), None);
    assert_eq!(event(&credentials_v1()).unwrap().tenant_id(), Some("12345"));
}

#[test]
fn a_deactivation_is_understood_in_both_spellings() {
    let older = |event_type: &str| with(without(deactivation_example(), "eventType"), "type", event_type);
    assert_eq!(deactivation(&older("DEACTIVATION")), deactivation(&deactivation_example()));
    assert_eq!(deactivation(&older("DELETION")).event_type, DeactivationEventType::Deletion);
    // With both, it is the documented spelling that counts.
    let both = with(deactivation_example(), "type", "DELETION");
    assert_eq!(deactivation(&both).event_type, DeactivationEventType::Deactivation);
    assert_eq!(event(&with(credentials_v2(), "type", json!(7))).unwrap().event_type(), Some("CREATED"));
}

#[test]
fn an_unknown_event_is_handed_on_and_never_taken_for_a_known_one() {
    for body in [
        with(credentials_v2(), "eventType", "REVOKED"),
        with(deactivation_example(), "eventType", "deactivation"),
        with(without(deactivation_example(), "eventType"), "type", "CREATED"),
        json!({"eventType": ""}),
    ] {
        let event = event(&body).unwrap();
        assert!(matches!(event, Event::Unknown { .. }), "{body}");
        assert_eq!(event.tenant_id(), body["tenantId"].as_str());
        assert_eq!(event.event_type(), body["eventType"].as_str().or(body["type"].as_str()));
    }
}

#[test]
fn a_known_event_of_no_tenant_is_refused() {
    for empty in ["", " ", "\t\n", "\u{a0}"] {
        for body in [credentials_v2(), credentials_v1(), deactivation_example()] {
            let error = event(&with(body, "tenantId", empty)).unwrap_err();
            assert_eq!((error.status().as_u16(), error), (422, DecodeError::EmptyField("tenantId")));
        }
    }
}

/// What this version cannot know of it, it does not refuse.
#[test]
fn an_unknown_event_has_any_tenant_or_none() {
    for (tenant, expected) in [
        ("7", Some("7")),
        ("\"7\"", Some("7")),
        ("\"\"", Some("")),
        ("1e400", None),
        ("\"\\ud800\"", None),
        ("[{\"a\":-0.0}]", None),
        ("null", None),
    ] {
        let body = format!(r#"{{"eventType":"LICENCE_RENEWED","tenantId":{tenant}}}"#);
        let event = verified(body).event().unwrap();
        assert!(matches!(*event, Event::Unknown { .. }));
        assert_eq!(event.tenant_id(), expected, "{tenant}");
    }
}

#[test]
fn a_name_is_the_same_with_escapes() {
    let escaped = r#"{"t\u0065nantId":"1","\u0065ventType":"DELETION"}"#;
    assert_eq!(verified(escaped).event().unwrap().tenant_id(), Some("1"));
    for repeated in [
        r#"{"tenantId":"1","t\u0065nantId":"2","eventType":"DELETION"}"#,
        r#"{"tenantId":"1","a":1,"\u0061":1,"eventType":"DELETION"}"#,
        r#"{"tenantId":"1","\ud800":1,"\uD800":1,"eventType":"DELETION"}"#,
    ] {
        let error = verified(repeated).event().unwrap_err();
        assert!(matches!(error, DecodeError::Shape { .. }), "{repeated}: {error}");
    }
}

#[test]
fn what_is_not_json_is_400_and_json_of_another_shape_is_422() {
    for (body, expected) in [
        ("", StatusCode::BAD_REQUEST),
        ("not JSON", StatusCode::BAD_REQUEST),
        ("{\"tenantId\":\"12345\"", StatusCode::BAD_REQUEST),
        ("{\"tenantId\":\"12345\"} and more", StatusCode::BAD_REQUEST),
        ("\u{feff}{}", StatusCode::BAD_REQUEST),
        ("[1,2", StatusCode::BAD_REQUEST),
        ("[\"DELETION\",", StatusCode::BAD_REQUEST),
        ("{\"a\":[}", StatusCode::BAD_REQUEST),
        ("{\"a\":01,\"eventType\":\"X\"}", StatusCode::BAD_REQUEST),
        ("{\"a\":\"\\x\",\"eventType\":\"X\"}", StatusCode::BAD_REQUEST),
        ("{\"a\":1,\"a\":2", StatusCode::BAD_REQUEST),
        ("nul", StatusCode::BAD_REQUEST),
        ("{\"a\nb\":1,\"eventType\":\"X\"}", StatusCode::BAD_REQUEST),
        ("{\"\\u0061\u{1}\":1,\"eventType\":\"X\"}", StatusCode::BAD_REQUEST),
        ("{\"a\":\"\t\",\"eventType\":\"X\"}", StatusCode::BAD_REQUEST),
        ("[]", StatusCode::UNPROCESSABLE_ENTITY),
        ("[\"DELETION\",\"12345\"]", StatusCode::UNPROCESSABLE_ENTITY),
        ("\"text\"", StatusCode::UNPROCESSABLE_ENTITY),
        ("null", StatusCode::UNPROCESSABLE_ENTITY),
        ("{}", StatusCode::UNPROCESSABLE_ENTITY),
        (
            "{\"tenantId\":\"1\",\"tenantId\":\"2\",\"eventType\":\"DELETION\"}",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "{\"tenantId\":\"1\",\"eventType\":\"DELETION\",\"eventType\":\"RESET\"}",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(verified(body).event().unwrap_err().status(), expected, "{body}");
    }
    for body in
        [&b"{\n \"tenantId\":\"\xff\"}"[..], b"{\n  \"not known\":\"\xff\"}", b"{\n    \"another \xff\":1}"]
    {
        let error = verified(body).event().unwrap_err();
        assert!(matches!(error, DecodeError::NotJson { line: 2, column: 14..=18 }), "{error:?}");
    }
    assert!(matches!(verified("[1,2").json::<Vec<u8>>(), Err(DecodeError::NotJson { .. })));
    assert!(matches!(verified("[1,2").json::<u8>(), Err(DecodeError::NotJson { .. })));
    assert!(matches!(verified("[1,2]").json::<u8>(), Err(DecodeError::Shape { .. })));
}

#[test]
fn no_error_and_no_debug_shows_a_secret() {
    let hidden = ["test-secret", "test-password", "Jane Doe", "jane@doe.com", "entenhausen", "555 / 123"];
    let body = credentials_v2().to_string();
    let mut shown =
        vec![format!("{:?}", event(&credentials_v2()).unwrap()), format!("{:?}", verified(body.clone()))];
    assert!(shown.concat().contains("secret: [redacted], password: [redacted]"));
    // Every way in which one character more or less breaks the body, and a secret of the wrong kind.
    for end in 0..body.len() {
        shown.push(verified(body.as_bytes()[..end].to_vec()).event().unwrap_err().to_string());
    }
    for error in [
        event(&with(credentials_v2(), "secret", json!(["test-secret"]))).unwrap_err(),
        verified(body.clone()).json::<Vec<String>>().unwrap_err(),
        verified("\"test-secret\"").json::<u32>().unwrap_err(),
        verified("{\"test-secret\":1,\"test-secret\":2}").event().unwrap_err(),
    ] {
        shown.push(format!("{error} {error:?}"));
    }
    for shown in shown {
        assert!(!hidden.iter().any(|hidden| shown.contains(hidden)), "{shown}");
    }
}

#[test]
fn an_escaped_secret_is_decoded() {
    let body = credentials_v2().to_string().replace("test-secret", r#"t\u00e4st \"secret\" \ud83d\udd11"#);
    let Event::Credentials(credentials) = verified(body).event().unwrap().into_inner() else {
        panic!("no credentials")
    };
    assert_eq!(credentials.secret.expose(), "täst \"secret\" 🔑");
}

#[test]
fn a_type_of_the_callers_own_keeps_the_proof() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Tenant {
        tenant_id: String,
    }
    let tenant = verified(credentials_v1().to_string()).json::<Tenant>().unwrap();
    assert_eq!(tenant.tenant_id, "12345");
    assert_eq!(tenant.key_id(), "production");
    assert_eq!(verified(credentials_v1().to_string()).event().unwrap().digest(), tenant.digest());
}
