CREATE TABLE untis_webhook_tenants (
    environment         TEXT NOT NULL,
    tenant_id           TEXT NOT NULL,
    status              TEXT NOT NULL,
    version             INTEGER NOT NULL,
    sequence            INTEGER NOT NULL,
    client_id           TEXT,
    ended_sequence      INTEGER,
    ended_at            INTEGER,
    replayed            INTEGER,
    profile_fingerprint BLOB,
    forgotten_at        INTEGER,
    is_contested        INTEGER NOT NULL,
    told                TEXT,
    acknowledged        INTEGER NOT NULL,
    deleted_version     INTEGER,
    received_at         INTEGER,
    changed_at          INTEGER,
    profile             BLOB,
    PRIMARY KEY (environment, tenant_id)
) STRICT;

CREATE INDEX untis_webhook_tenants_ended ON untis_webhook_tenants (environment, ended_at);

CREATE TABLE untis_webhook_sets (
    environment         TEXT NOT NULL,
    tenant_id           TEXT NOT NULL,
    number              INTEGER NOT NULL,
    fingerprint         BLOB NOT NULL,
    state               TEXT NOT NULL,
    came_by             TEXT,
    client_id           TEXT NOT NULL,
    host                TEXT NOT NULL,
    worked_at           INTEGER,
    refused_at          INTEGER,
    is_refusal_confirmed INTEGER NOT NULL,
    secrets             BLOB,
    PRIMARY KEY (environment, tenant_id, number),
    UNIQUE (environment, tenant_id, fingerprint),
    FOREIGN KEY (environment, tenant_id) REFERENCES untis_webhook_tenants ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX untis_webhook_sets_current ON untis_webhook_sets (environment, tenant_id) WHERE state = 'current';

CREATE TABLE untis_webhook_records (
    environment         TEXT NOT NULL,
    tenant_id           TEXT NOT NULL,
    fingerprint         BLOB NOT NULL,
    decision            TEXT NOT NULL,
    count               INTEGER NOT NULL,
    first_sequence      INTEGER NOT NULL,
    last_sequence       INTEGER NOT NULL,
    first_at            INTEGER NOT NULL,
    last_at             INTEGER NOT NULL,
    body_until          INTEGER,
    body                BLOB,
    PRIMARY KEY (environment, tenant_id, fingerprint),
    FOREIGN KEY (environment, tenant_id) REFERENCES untis_webhook_tenants ON DELETE CASCADE
) STRICT;

CREATE INDEX untis_webhook_records_body ON untis_webhook_records (environment, tenant_id) WHERE body IS NOT NULL;

CREATE TABLE untis_webhook_erasures (
    environment         TEXT NOT NULL,
    tenant_id           TEXT NOT NULL,
    erased_at           INTEGER NOT NULL,
    scope               TEXT NOT NULL
) STRICT;

CREATE INDEX untis_webhook_erasures_tenant ON untis_webhook_erasures (environment, tenant_id);

CREATE TABLE untis_webhook_fingerprint_keys (
    environment         TEXT NOT NULL,
    name                TEXT NOT NULL,
    wrapped             BLOB NOT NULL,
    PRIMARY KEY (environment, name)
) STRICT;
