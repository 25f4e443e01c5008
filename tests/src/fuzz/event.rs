use serde::de::IgnoredAny;
use serde_json::{Value, json};
use untis_webhook::Event;

use crate::platform::verified;

/// A body that was signed: an event says what any reader of the same JSON would, and shows no secret.
pub fn event(input: &[u8]) {
    let is_json = str::from_utf8(input).is_ok_and(|input| serde_json::from_str::<IgnoredAny>(input).is_ok());
    let event = match verified(input.to_vec()).event() {
        Ok(event) => event,
        Err(error) => {
            assert_eq!(error.status().as_u16(), if is_json { 422 } else { 400 });
            assert!(error.to_string().starts_with("expected "));
            return;
        }
    };
    assert!(is_json);
    // Fields that are ignored are not looked into, and may hold what this reader refuses.
    let Ok(mut json) = serde_json::from_slice::<Value>(input) else { return };
    let text = |name: &str| json[name].as_str();
    assert!(json.is_object());
    match &json["tenantId"] {
        Value::Number(number) if number.is_u64() => assert_eq!(event.tenant_id(), Some(&*number.to_string())),
        // Digits beyond those of this reader, which are another number to it.
        Value::Number(_) => {}
        _ => assert_eq!(event.tenant_id(), text("tenantId")),
    }
    assert_eq!(event.event_type(), text("eventType").or(text("type")));
    match &*event {
        Event::Credentials(credentials) => {
            assert!(matches!(event.event_type(), None | Some("CREATED" | "REACTIVATED" | "RESET")));
            assert_eq!(Some(credentials.client_id.as_str()), text("clientId"));
            assert_eq!(Some(credentials.secret.expose()), text("secret"));
            assert_eq!(Some(credentials.password.expose()), text("password"));

            // With other secrets it looks the same.
            (json["secret"], json["password"]) = (json!("other"), json!("other"));
            let other = verified(json.to_string()).event().expect("still credentials").into_inner();
            assert_eq!(format!("{:?}", *event), format!("{other:?}"));
        }
        Event::Deactivation(deactivation) => {
            assert!(matches!(event.event_type(), Some("DEACTIVATION" | "DELETION")));
            assert_eq!(deactivation.reason_text.as_deref(), text("reasonText"));
        }
        unknown => {
            assert!(!matches!(unknown.event_type(), None | Some("DEACTIVATION" | "DELETION")));
            assert!(!matches!(text("eventType"), Some("CREATED" | "REACTIVATED" | "RESET")));
        }
    }
}
