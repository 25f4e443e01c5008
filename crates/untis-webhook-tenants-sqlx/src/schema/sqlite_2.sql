ALTER TABLE untis_webhook_tenants ADD COLUMN is_refused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE untis_webhook_tenants ADD COLUMN probe_at INTEGER;
-- Of the worker alone. The times are in milliseconds, by the database's clock.
ALTER TABLE untis_webhook_tenants ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE untis_webhook_tenants ADD COLUMN due_at INTEGER;
ALTER TABLE untis_webhook_tenants ADD COLUMN is_given_up INTEGER NOT NULL DEFAULT 0;
ALTER TABLE untis_webhook_tenants ADD COLUMN lease INTEGER;
ALTER TABLE untis_webhook_tenants ADD COLUMN leased_until INTEGER;

CREATE INDEX untis_webhook_tenants_untold ON untis_webhook_tenants (environment, attempts) WHERE version > acknowledged;

CREATE INDEX untis_webhook_tenants_probe ON untis_webhook_tenants (environment, probe_at) WHERE probe_at IS NOT NULL;

-- Those that are there already are asked about in the course of a day.
UPDATE untis_webhook_tenants SET probe_at = unixepoch() + abs(random() % 86400) WHERE client_id IS NOT NULL;
