use serde::Serialize;
use untis_webhook_tenants::{Entry, Profile, TenantCredentials, Timestamp};

use crate::time::rfc_3339;

/// `GET /v1/tenants`
#[derive(Serialize)]
pub(super) struct TenantsAnswer<'a> {
    pub(super) tenants: Vec<TenantAnswer<'a>>,
    /// What to go on after.
    pub(super) next: Option<String>,
}

/// `GET /v1/tenants/{tenantId}`, and what the commands print of a tenant.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantAnswer<'a> {
    tenant_id: String,
    environment: &'a str,
    status: &'static str,
    version: u64,
    client_id: Option<String>,
    host: Option<String>,
    country: Option<String>,
    region: Option<String>,
    language: Option<String>,
    school_name: Option<String>,
    contested: bool,
    refused: bool,
    acknowledged_version: u64,
    received_at: Option<String>,
    changed_at: Option<String>,
    worked_at: Option<String>,
}

impl<'a> TenantAnswer<'a> {
    /// What is personal in the profile stays out.
    pub(crate) fn new(environment: &'a str, entry: Entry, profile: Option<Profile>) -> Self {
        let profile = profile.unwrap_or_default();
        let time = |time: Option<Timestamp>| time.and_then(rfc_3339);
        Self {
            tenant_id: entry.tenant_id,
            environment,
            status: entry.status.as_str(),
            version: entry.version,
            client_id: entry.client_id,
            host: entry.host,
            country: profile.country,
            region: profile.region,
            language: profile.language,
            school_name: profile.school_name,
            contested: entry.is_contested,
            refused: entry.is_refused,
            acknowledged_version: entry.acknowledged,
            received_at: time(entry.received_at),
            changed_at: time(entry.changed_at),
            worked_at: time(entry.worked_at),
        }
    }
}

/// `GET /v1/tenants/{tenantId}/credentials`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialsAnswer<'a> {
    client_id: &'a str,
    secret: &'a str,
    password: &'a str,
    host: &'a str,
    version: u64,
}

impl<'a> From<&'a TenantCredentials> for CredentialsAnswer<'a> {
    fn from(credentials: &'a TenantCredentials) -> Self {
        Self {
            client_id: &credentials.client_id,
            secret: credentials.secret.expose(),
            password: credentials.password.expose(),
            host: &credentials.host,
            version: credentials.version,
        }
    }
}

/// Any other answer.
#[derive(Serialize)]
pub(super) struct ErrorAnswer {
    pub(super) error: &'static str,
}
