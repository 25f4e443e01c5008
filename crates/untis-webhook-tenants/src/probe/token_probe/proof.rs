use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Answer;

/// What an answer of a token endpoint proves (RFC 6749 section 5); none if nothing.
pub(super) fn of(status: StatusCode, body: &[u8]) -> Option<Answer> {
    // An array would be taken for the fields in their order.
    let body = Some(body.trim_ascii_start()).filter(|body| body.starts_with(b"{"))?;
    let Fields { access_token, error } = serde_json::from_slice(body).ok()?;
    match (status, access_token.map(RawValue::get), error.as_deref()) {
        // 5.1
        (StatusCode::OK, Some(token), None) => {
            (token.starts_with('"') && token != r#""""#).then_some(Answer::Works)
        }
        // 5.2; any other error is about the request, or about the server.
        (
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED,
            None,
            Some("invalid_client" | "invalid_grant" | "unauthorized_client"),
        ) => Some(Answer::Refused),
        _ => None,
    }
}

/// A field twice is an error of its own.
#[derive(Deserialize)]
struct Fields<'a> {
    /// As it stands there: nothing of a token is copied.
    #[serde(borrow)]
    access_token: Option<&'a RawValue>,
    error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_a_refusal_of_the_client_refuses_and_everything_else_proves_nothing() {
        let token = r#"{"access_token":"abc","token_type":"Bearer","expires_in":180}"#;
        let rows = [
            (200, token, Some(Answer::Works)),
            (200, " {\"access_token\" : \"a\\u0062c\"}\n", Some(Answer::Works)),
            (201, token, None),
            (204, "", None),
            (302, token, None),
            (400, token, None),
            (500, token, None),
            (200, "", None),
            (200, "{}", None),
            (200, "abc", None),
            (200, "[\"abc\"]", None),
            (200, r#"{"access_token":""}"#, None),
            (200, r#"{"access_token":null}"#, None),
            (200, r#"{"access_token":1}"#, None),
            (200, r#"{"access_token":{"abc":"abc"}}"#, None),
            (200, r#"{"access_token":"abc","error":"invalid_client"}"#, None),
            (200, r#"{"access_token":"abc","access_token":"def"}"#, None),
            (200, r#"{"access_token":"abc"} and more"#, None),
            (200, r#"{"access_token":"abc"#, None),
            (200, r#"{"token":{"access_token":"abc"}}"#, None),
            (200, r#"{"access_token":"abc","error":1}"#, None),
            (200, r#"{"access_token":"abc","error":null}"#, Some(Answer::Works)),
            (200, r#"{"access_token":"abc","access\u005ftoken":"def"}"#, None),
            (200, "\u{feff}{\"access_token\":\"abc\"}", None),
            (200, "<!DOCTYPE html>", None),
            (400, r#"{"error":"invalid_client"}"#, Some(Answer::Refused)),
            (400, r#"{"error":"invalid_grant","error_description":"x"}"#, Some(Answer::Refused)),
            (400, r#"{"error":"unauthorized_client"}"#, Some(Answer::Refused)),
            (401, r#"{"error":"invalid_client"}"#, Some(Answer::Refused)),
            (401, r#"{"error":"invalid_grant"}"#, Some(Answer::Refused)),
            (401, r#"{"error":"unauthorized_client"}"#, Some(Answer::Refused)),
            (200, r#"{"error":"invalid_client"}"#, None),
            (403, r#"{"error":"invalid_client"}"#, None),
            (404, r#"{"error":"invalid_client"}"#, None),
            (429, r#"{"error":"invalid_client"}"#, None),
            (500, r#"{"error":"invalid_client"}"#, None),
            (503, r#"{"error":"invalid_client"}"#, None),
            (400, r#"{"error":"invalid_request"}"#, None),
            (400, r#"{"error":"invalid_scope"}"#, None),
            (400, r#"{"error":"unsupported_grant_type"}"#, None),
            (401, r#"{"error":"INVALID_CLIENT"}"#, None),
            (401, r#"{"error":"invalid_client_metadata"}"#, None),
            (401, r#"{"error":"invalid_client","access_token":"abc"}"#, None),
            (401, r#"{"error":"invalid_client","error":"invalid_client"}"#, None),
            (401, r#"{"error":"invalid_request","error":"invalid_client"}"#, None),
            (401, r#"{"error":{"invalid_client":null}}"#, None),
            (401, r#"{"error":["invalid_client"]}"#, None),
            (401, r#"{"error":{"code":"invalid_client"}}"#, None),
            (401, r#"{"error":"Unauthorized","message":"invalid_client"}"#, None),
            (401, r#"{"error":" invalid_client"}"#, None),
            (401, r#"{"error":"invalid_client"}{}"#, None),
            (401, r#"{"fault":{"detail":{"errorcode":"invalid_client"}}}"#, None),
            (401, r#"{"ErrorCode":"invalid_client","Error":"ClientId is Invalid"}"#, None),
            (401, "<html><body>{\"error\":\"invalid_client\"}</body></html>", None),
            (407, r#"{"error":"invalid_client"}"#, None),
            (511, r#"{"error":"invalid_client"}"#, None),
            (401, r#"[null,"invalid_client"]"#, None),
            (401, r#"{"message":"invalid_client"}"#, None),
            (401, "invalid_client", None),
            (401, "", None),
        ];
        for (status, body, expected) in rows {
            assert_eq!(
                of(StatusCode::from_u16(status).unwrap(), body.as_bytes()),
                expected,
                "{status} {body}"
            );
        }
    }
}
