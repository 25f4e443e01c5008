//! Everything that can be said, in the file and in the environment.

/// A key of the file, and the variable that says the same.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) var: &'static str,
}

/// In the order of `untis-webhookd.toml`.
pub(super) const KEYS: [Key; 24] = [
    Key { name: "listen", var: "LISTEN" },
    Key { name: "path", var: "UNTIS_WEBHOOK_PATH" },
    Key { name: "keys", var: "UNTIS_WEBHOOK_KEYS" },
    Key { name: "signature_header", var: "UNTIS_WEBHOOK_SIGNATURE_HEADER" },
    Key { name: "algorithm_header", var: "UNTIS_WEBHOOK_ALGORITHM_HEADER" },
    Key { name: "log", var: "RUST_LOG" },
    Key { name: "log_format", var: "UNTIS_WEBHOOK_LOG_FORMAT" },
    Key { name: "admin.listen", var: "UNTIS_WEBHOOK_ADMIN_LISTEN" },
    Key { name: "proxy.upstream", var: "UNTIS_WEBHOOK_UPSTREAM" },
    Key { name: "tenants.environment", var: "UNTIS_WEBHOOK_ENVIRONMENT" },
    Key { name: "tenants.environment_keys", var: "UNTIS_WEBHOOK_ENVIRONMENT_KEYS" },
    Key { name: "tenants.client_ids", var: "UNTIS_WEBHOOK_CLIENT_IDS" },
    Key { name: "tenants.database", var: "UNTIS_WEBHOOK_DATABASE" },
    Key { name: "tenants.store_keys", var: "UNTIS_WEBHOOK_STORE_KEYS" },
    Key { name: "tenants.grace_days", var: "UNTIS_WEBHOOK_GRACE_DAYS" },
    Key { name: "tenants.destroy_deleted_at_once", var: "UNTIS_WEBHOOK_DESTROY_DELETED_AT_ONCE" },
    Key { name: "tenants.api.listen", var: "UNTIS_WEBHOOK_API_LISTEN" },
    Key { name: "tenants.api.token_file", var: "UNTIS_WEBHOOK_API_TOKEN_FILE" },
    Key { name: "tenants.notify.url", var: "UNTIS_WEBHOOK_NOTIFY_URL" },
    Key { name: "tenants.notify.secret_file", var: "UNTIS_WEBHOOK_NOTIFY_SECRET_FILE" },
    Key { name: "tenants.probe.url", var: "UNTIS_WEBHOOK_PROBE_URL" },
    Key { name: "tenants.probe.restore", var: "UNTIS_WEBHOOK_PROBE_RESTORE" },
    Key { name: "tls.certificate_file", var: "UNTIS_WEBHOOK_TLS_CERTIFICATE_FILE" },
    Key { name: "tls.key_file", var: "UNTIS_WEBHOOK_TLS_KEY_FILE" },
];

/// Of them those whose change takes no restart.
pub(super) const RELOADED: [&str; 7] = [
    "keys",
    "tenants.environment_keys",
    "tenants.store_keys",
    "tenants.api.token_file",
    "tenants.notify.secret_file",
    "tls.certificate_file",
    "tls.key_file",
];
