use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use untis_webhook_tenants::{Message, Timestamp};

use crate::time::rfc_3339;

/// What the application is sent.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    timestamp: Option<String>,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    tenant_id: &'a str,
    environment: &'a str,
    status: &'static str,
    version: u64,
    previous_version: u64,
    deleted_since: bool,
    contested: bool,
    refused: bool,
}

/// The message as JSON. It is the same at each attempt, and holds no secret.
pub(super) fn body(message: &Message) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Body {
        kind: format!("tenant.{}", message.told.as_str()),
        timestamp: rfc_3339(message.changed_at.unwrap_or_else(Timestamp::now)),
        data: Data {
            tenant_id: &message.tenant_id,
            environment: &message.environment,
            status: message.status.as_str(),
            version: message.version,
            previous_version: message.previous_version,
            deleted_since: message.deleted_since,
            contested: message.is_contested,
            refused: message.is_refused,
        },
    })
}

/// The message's id: the same at each attempt, and another for each change. The time is in it since the versions of a
/// tenant that was forgotten begin again.
pub(super) fn id(message: &Message) -> String {
    let mut hash = Sha256::new();
    for text in [&message.environment, &message.tenant_id] {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.update(message.version.to_be_bytes());
    hash.update(message.changed_at.map_or(0, Timestamp::as_seconds).to_be_bytes());
    format!("msg_{}", BASE64_URL_SAFE_NO_PAD.encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;
    use untis_webhook_tenants::{Status, Told};

    use super::*;

    fn message() -> Message {
        let mut message = Message::new("12345", Told::CredentialsReplaced, Status::Active, 3);
        message.changed_at = Some(Timestamp::from_seconds(1_800_000_000));
        message
    }

    #[test]
    fn a_message_says_which_tenant_and_what_happened() {
        let body: serde_json::Value = serde_json::from_slice(&body(&message()).unwrap()).unwrap();
        let expected = json!({
            "type": "tenant.credentials_replaced",
            "timestamp": "2027-01-15T08:00:00Z",
            "data": {
                "tenantId": "12345", "environment": "production", "status": "active", "version": 3,
                "previousVersion": 2, "deletedSince": false, "contested": false, "refused": false,
            },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn an_id_is_that_of_a_change_whatever_the_attempt() {
        let mut again = message();
        again.attempt = 7;
        assert_eq!(id(&again), id(&message()));

        let mut others = [const { None }; 5].map(|none: Option<Message>| none.unwrap_or_else(message));
        others[0].version = 4;
        others[1].tenant_id = "1234".to_owned();
        others[2].environment = "integration".to_owned();
        others[3].changed_at = Some(Timestamp::from_seconds(1_800_000_001));
        (others[4].environment, others[4].tenant_id) = ("production1".to_owned(), "2345".to_owned());
        let ids: HashSet<_> = others.iter().chain([&message()]).map(id).collect();
        assert_eq!(ids.len(), 6);
    }
}
