use serde::Serialize;
use untis_webhook_tenants::{Entry, Profile};

use crate::api::answer::TenantAnswer;
use crate::time::rfc_3339;

/// A tenant as a line of JSON: what the API says of it, and how it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line<'a> {
    #[serde(flatten)]
    tenant: TenantAnswer<'a>,
    attempts: u64,
    next_attempt: Option<String>,
    given_up: bool,
}

impl<'a> Line<'a> {
    pub(super) fn new(environment: &'a str, entry: Entry, profile: Option<Profile>) -> Self {
        Self {
            attempts: entry.attempts,
            next_attempt: entry.next_attempt.and_then(rfc_3339),
            given_up: entry.is_given_up,
            tenant: TenantAnswer::new(environment, entry, profile),
        }
    }
}
