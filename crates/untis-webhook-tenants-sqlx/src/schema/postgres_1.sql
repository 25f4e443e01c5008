CREATE TABLE untis_webhook_tenants (
    environment         TEXT NOT NULL,
    tenant_id           TEXT COLLATE "C" NOT NULL,
    status              TEXT NOT NULL,
    version             BIGINT NOT NULL,
    sequence            BIGINT NOT NULL,
    client_id           TEXT,
    ended_sequence      BIGINT,
    ended_at            BIGINT,
    replayed            BIGINT,
    profile_fingerprint BYTEA,
    forgotten_at        BIGINT,
    is_contested        BOOLEAN NOT NULL,
    told                TEXT,
    acknowledged        BIGINT NOT NULL,
    deleted_version     BIGINT,
    received_at         BIGINT,
    changed_at          BIGINT,
    profile             BYTEA,
    PRIMARY KEY (environment, tenant_id)
);

CREATE INDEX untis_webhook_tenants_ended ON untis_webhook_tenants (environment, ended_at);

CREATE TABLE untis_webhook_sets (
    environment         TEXT NOT NULL,
    tenant_id           TEXT COLLATE "C" NOT NULL,
    number              BIGINT NOT NULL,
    fingerprint         BYTEA NOT NULL,
    state               TEXT NOT NULL,
    came_by             TEXT,
    client_id           TEXT NOT NULL,
    host                TEXT NOT NULL,
    worked_at           BIGINT,
    refused_at          BIGINT,
    is_refusal_confirmed BOOLEAN NOT NULL,
    secrets             BYTEA,
    PRIMARY KEY (environment, tenant_id, number),
    UNIQUE (environment, tenant_id, fingerprint),
    FOREIGN KEY (environment, tenant_id) REFERENCES untis_webhook_tenants ON DELETE CASCADE
);

CREATE UNIQUE INDEX untis_webhook_sets_current ON untis_webhook_sets (environment, tenant_id) WHERE state = 'current';

CREATE TABLE untis_webhook_records (
    environment         TEXT NOT NULL,
    tenant_id           TEXT COLLATE "C" NOT NULL,
    fingerprint         BYTEA NOT NULL,
    decision            TEXT NOT NULL,
    count               BIGINT NOT NULL,
    first_sequence      BIGINT NOT NULL,
    last_sequence       BIGINT NOT NULL,
    first_at            BIGINT NOT NULL,
    last_at             BIGINT NOT NULL,
    body_until          BIGINT,
    body                BYTEA,
    PRIMARY KEY (environment, tenant_id, fingerprint),
    FOREIGN KEY (environment, tenant_id) REFERENCES untis_webhook_tenants ON DELETE CASCADE
);

CREATE INDEX untis_webhook_records_body ON untis_webhook_records (environment, tenant_id) WHERE body IS NOT NULL;

CREATE TABLE untis_webhook_erasures (
    environment         TEXT NOT NULL,
    tenant_id           TEXT COLLATE "C" NOT NULL,
    erased_at           BIGINT NOT NULL,
    scope               TEXT NOT NULL
);

CREATE INDEX untis_webhook_erasures_tenant ON untis_webhook_erasures (environment, tenant_id);

CREATE TABLE untis_webhook_fingerprint_keys (
    environment         TEXT NOT NULL,
    name                TEXT NOT NULL,
    wrapped             BYTEA NOT NULL,
    PRIMARY KEY (environment, name)
);
