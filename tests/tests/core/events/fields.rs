//! A field that is not as it is documented: what is refused, what is left out and named, and what is nobody's business.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it is surprised")]

use serde_json::{Value, json};
use untis_webhook::DecodeError;
use untis_webhook_tests::platform::verified;

use super::{
    credentials, credentials_v1, credentials_v2, deactivation, deactivation_example, encode, event, with,
    without,
};

#[test]
fn unknown_fields_are_ignored_whatever_they_are() {
    for value in [
        json!("text"),
        json!(7),
        json!(-7),
        json!(1.5e300),
        json!(true),
        json!(null),
        json!([[], {}]),
        json!({"a": {"b": []}}),
    ] {
        assert_eq!(credentials(&with(credentials_v2(), "added", value.clone())).tenant_id, "12345");
        assert_eq!(
            deactivation(&with(deactivation_example(), "added", value)),
            deactivation(&deactivation_example())
        );
    }
}

#[test]
fn a_required_field_that_is_missing_is_named() {
    for field in ["tenantId", "clientId", "secret", "password", "host"] {
        for body in [credentials_v1(), credentials_v2()] {
            assert_eq!(event(&without(body.clone(), field)).unwrap_err(), DecodeError::MissingField(field));
            assert_eq!(event(&with(body, field, json!(null))).unwrap_err(), DecodeError::MissingField(field));
        }
    }
    assert_eq!(
        event(&without(deactivation_example(), "tenantId")).unwrap_err(),
        DecodeError::MissingField("tenantId")
    );
    assert_eq!(event(&json!({})).unwrap_err(), DecodeError::MissingField("tenantId"));
}

#[test]
fn a_field_that_is_not_required_may_be_missing_or_null() {
    for field in [
        "country",
        "region",
        "language",
        "activatorEmail",
        "activatorUsername",
        "schoolEmail",
        "schoolPhoneNumber",
    ] {
        credentials(&without(credentials_v2(), field));
        credentials(&with(credentials_v2(), field, json!(null)));
    }
    for field in ["reasonType", "reasonText"] {
        deactivation(&without(deactivation_example(), field));
        deactivation(&with(deactivation_example(), field, json!(null)));
    }
}

/// Without these there is nothing to be done with credentials; what decides what they are is not guessed.
#[test]
fn an_identifier_or_a_secret_that_is_no_text_is_named() {
    for field in REQUIRED.into_iter().chain(["eventType"]) {
        for value in [json!(1.5), json!(-7), json!(true), json!([]), json!({})] {
            assert_eq!(
                event(&with(credentials_v2(), field, value)).unwrap_err(),
                DecodeError::NotText(field)
            );
        }
    }
    let older = without(deactivation_example(), "eventType");
    assert_eq!(event(&with(older, "type", json!(["DELETION"]))).unwrap_err(), DecodeError::NotText("type"));
    for field in &REQUIRED[1..] {
        assert_eq!(event(&with(credentials_v2(), field, 7)).unwrap_err(), DecodeError::NotText(field));
    }
    let surrogate = credentials_v2().to_string().replace("test-secret", r"\ud800");
    assert_eq!(verified(surrogate).event().unwrap_err(), DecodeError::NotText("secret"));
}

/// Credentials without a telephone number are worth having.
#[test]
fn any_other_field_that_is_no_text_is_left_out_and_named() {
    let optional = |payload: &Value| -> Vec<String> {
        let fields = payload.as_object().unwrap().keys().map(String::as_str);
        fields.filter(|field| !REQUIRED.contains(field) && *field != "eventType").map(str::to_owned).collect()
    };
    let mut left_out = 0;
    for payload in [credentials_v1(), credentials_v2(), deactivation_example()] {
        for field in optional(&payload) {
            for value in [json!(7), json!(false), json!(["a"]), json!({"a": 1})] {
                let event = event(&with(payload.clone(), &field, value)).unwrap();
                assert_eq!(event.irregular_fields(), [&*field]);
                assert_eq!(encode(&event), without(payload.clone(), &field));
                left_out += 1;
            }
        }
        assert_eq!(event(&payload).unwrap().irregular_fields(), [""; 0]);
    }
    assert_eq!(left_out, 4 * (1 + 7 + 2));
}

#[test]
fn a_tenant_that_is_an_integer_is_its_digits() {
    for digits in ["0", "10001", "18446744073709551616", "123456789012345678901234567890"] {
        for body in [credentials_v2(), credentials_v1(), deactivation_example()] {
            let event = verified(body.to_string().replace("\"12345\"", digits)).event().unwrap();
            assert_eq!((event.tenant_id(), event.irregular_fields()), (Some(digits), &["tenantId"][..]));
        }
    }
    for other in ["-1", "1.0", "1e3", "-0", "true", "[1]", "\"\\udc00\""] {
        let body = deactivation_example().to_string().replace("\"12345\"", other);
        assert_eq!(verified(body).event().unwrap_err(), DecodeError::NotText("tenantId"), "{other}");
    }
}

/// Whatever JSON can write: in a value, and in a name.
#[test]
fn an_unknown_field_refuses_nothing() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for value in [
        "1e400",
        "-1E-9999",
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#"{"a":1,"a":2}"#,
        r#"[{"\ud800":1e999}]"#,
        &deep,
    ] {
        for name in ["added", "\\ud800", "\\u0000", "", "tenantid", "TenantId", "t\\u0065nantID"] {
            for body in [credentials_v2(), deactivation_example()] {
                let body = body.to_string().replacen('{', &format!("{{\"{name}\":{value},"), 1);
                let event =
                    verified(body.clone()).event().map_err(|error| format!("{error}: {body}")).unwrap();
                assert_eq!((event.tenant_id(), event.irregular_fields().len()), (Some("12345"), 0));
            }
        }
    }
}

#[test]
fn an_unknown_field_may_be_nested_deeper_than_the_stack_is() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let body = format!("{{\"tenantId\":\"12345\",\"eventType\":\"DELETION\",\"added\":{deep}}}");
    assert_eq!(verified(body).event().unwrap().tenant_id(), Some("12345"));
}

const REQUIRED: [&str; 5] = ["tenantId", "clientId", "secret", "password", "host"];
