-- A list of those of one kind, however few they are among how many.
CREATE INDEX untis_webhook_tenants_status ON untis_webhook_tenants (environment, status, tenant_id)
    WHERE client_id IS NOT NULL;

CREATE INDEX untis_webhook_tenants_contested ON untis_webhook_tenants (environment, tenant_id) WHERE is_contested;

CREATE INDEX untis_webhook_tenants_refused ON untis_webhook_tenants (environment, tenant_id) WHERE is_refused;

CREATE INDEX untis_webhook_tenants_unacknowledged ON untis_webhook_tenants (environment, tenant_id)
    WHERE version > acknowledged;
