ALTER TABLE untis_webhook_tenants
    ADD COLUMN is_refused   BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN probe_at     BIGINT,
    -- Of the worker alone. The times are in milliseconds, by the database's clock.
    ADD COLUMN attempts     BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN due_at       BIGINT,
    ADD COLUMN is_given_up  BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN lease        BIGINT,
    ADD COLUMN leased_until BIGINT;

CREATE INDEX untis_webhook_tenants_untold ON untis_webhook_tenants (environment, attempts) WHERE version > acknowledged;

CREATE INDEX untis_webhook_tenants_probe ON untis_webhook_tenants (environment, probe_at) WHERE probe_at IS NOT NULL;

-- Those that are there already are asked about in the course of a day.
UPDATE untis_webhook_tenants
    SET probe_at = CAST(EXTRACT(EPOCH FROM now()) + random() * 86400 AS BIGINT) WHERE client_id IS NOT NULL;
