//! What is written of a tenant, as one query: each more would be another round trip, and two or three of those cost as
//! much as a commit.

use sqlx::QueryBuilder;
use untis_webhook::event::CredentialsEventType;
use untis_webhook_tenants::{Changes, Record, Set, StoreError, StoredTenant, TenantKey, Told};

use super::queries::{number, seconds};
use super::{Backend, Connection, Database};

type Result<T, E = StoreError> = std::result::Result<T, E>;

pub(super) async fn save(
    connection: &mut Connection,
    key: TenantKey<'_>,
    changes: &Changes<'_>,
) -> Result<()> {
    let mut query = QueryBuilder::new("");
    query.push(Backend::begin_write(0));
    write_tenant(&mut query, key, changes.tenant, changes.profile.as_deref())?;
    query.push(Backend::END_WRITE);
    let mut writes = 1;
    for (set, secrets) in &changes.sets {
        query.push(Backend::begin_write(writes));
        write_set(&mut query, key, set, secrets.as_deref(), Backend::after_write(writes - 1))?;
        query.push(Backend::END_WRITE);
        writes += 1;
    }
    if let Some((record, body)) = &changes.record {
        query.push(Backend::begin_write(writes));
        write_record(&mut query, key, record, body.as_deref())?;
        query.push(Backend::END_WRITE);
    }
    query.push(Backend::END_WRITES);
    query.build().execute(connection).await.map_err(StoreError::database)?;
    Ok(())
}

fn write_tenant(
    query: &mut QueryBuilder<Database>,
    key: TenantKey<'_>,
    stored: &StoredTenant,
    profile: Option<&[u8]>,
) -> Result<()> {
    let StoredTenant { tenant, news, received_at, changed_at, probe_at } = stored;
    let version = number(tenant.version)?;
    let mut columns = query
        .push(
            "UPDATE untis_webhook_tenants SET
                (status, version, sequence, client_id, ended_sequence, ended_at, replayed, profile_fingerprint,
                    forgotten_at, is_contested, told, acknowledged, deleted_version, received_at, changed_at,
                    is_refused, probe_at) = (",
        )
        .separated(", ");
    columns
        .push_bind(tenant.status.as_str())
        .push_bind(version)
        .push_bind(number(tenant.sequence)?)
        .push_bind(tenant.client_id.as_deref())
        .push_bind(tenant.ended.map(|ended| number(ended.sequence)).transpose()?)
        .push_bind(tenant.ended.map(|ended| ended.at.as_seconds()))
        .push_bind(tenant.replayed.map(number).transpose()?)
        .push_bind(tenant.profile.as_ref().map(|profile| profile.as_bytes().as_slice()))
        .push_bind(seconds(tenant.forgotten))
        .push_bind(tenant.is_contested())
        .push_bind(news.told.map(Told::as_str))
        .push_bind(number(news.acknowledged)?)
        .push_bind(news.deleted.map(number).transpose()?)
        .push_bind(seconds(*received_at))
        .push_bind(seconds(*changed_at))
        .push_bind(tenant.is_refused())
        .push_bind(seconds(*probe_at));
    query.push(")");
    match (tenant.profile, profile) {
        (None, _) => drop(query.push(", profile = NULL")),
        (Some(_), Some(profile)) => drop(query.push(", profile = ").push_bind(profile)),
        (Some(_), None) => {}
    }
    for (column, value) in [("attempts", "0"), ("due_at", "NULL"), ("is_given_up", "FALSE")] {
        query.push(format_args!(", {column} = CASE WHEN version < ")).push_bind(version);
        query.push(format_args!(" THEN {value} ELSE {column} END"));
    }
    query.push(" WHERE environment = ").push_bind(key.environment);
    query.push(" AND tenant_id = ").push_bind(key.tenant_id);
    Ok(())
}

fn write_set(
    query: &mut QueryBuilder<Database>,
    key: TenantKey<'_>,
    set: &Set,
    secrets: Option<&[u8]>,
    condition: String,
) -> Result<()> {
    let mut values = query
        .push(
            "INSERT INTO untis_webhook_sets
                (environment, tenant_id, number, fingerprint, state, came_by, client_id, host, worked_at,
                refused_at, is_refusal_confirmed, secrets) SELECT ",
        )
        .separated(", ");
    values
        .push_bind(key.environment)
        .push_bind(key.tenant_id)
        .push_bind(number(set.number)?)
        .push_bind(set.fingerprint.as_bytes().as_slice())
        .push_bind(set.state.as_str())
        .push_bind(set.came_by.map(CredentialsEventType::as_str))
        .push_bind(&*set.client_id)
        .push_bind(&*set.host)
        .push_bind(seconds(set.worked_at))
        .push_bind(seconds(set.refused.map(|refused| refused.since)))
        .push_bind(set.refused.is_some_and(|refused| refused.is_confirmed))
        .push_bind(secrets);
    query.push(format_args!(
        " WHERE {condition} ON CONFLICT (environment, tenant_id, number) DO UPDATE SET
            state = excluded.state, came_by = excluded.came_by, client_id = excluded.client_id,
            host = excluded.host, worked_at = excluded.worked_at, refused_at = excluded.refused_at,
            is_refusal_confirmed = excluded.is_refusal_confirmed"
    ));
    if secrets.is_some() || !set.is_stored {
        query.push(", secrets = excluded.secrets");
    }
    Ok(())
}

fn write_record(
    query: &mut QueryBuilder<Database>,
    key: TenantKey<'_>,
    record: &Record,
    body: Option<&[u8]>,
) -> Result<()> {
    let mut values = query
        .push(
            "INSERT INTO untis_webhook_records
                (environment, tenant_id, fingerprint, decision, count, first_sequence, last_sequence, first_at,
                last_at, body_until, body) VALUES (",
        )
        .separated(", ");
    values
        .push_bind(key.environment)
        .push_bind(key.tenant_id)
        .push_bind(record.body.as_bytes().as_slice())
        .push_bind(record.decision.as_str())
        .push_bind(number(record.count)?)
        .push_bind(number(record.first_sequence)?)
        .push_bind(number(record.last_sequence)?)
        .push_bind(record.first_at.as_seconds())
        .push_bind(record.last_at.as_seconds())
        .push_bind(seconds(record.body_until))
        .push_bind(body);
    query.push(
        ") ON CONFLICT (environment, tenant_id, fingerprint) DO UPDATE SET
            decision = excluded.decision, count = excluded.count, last_sequence = excluded.last_sequence,
            last_at = excluded.last_at, body_until = excluded.body_until, body = excluded.body",
    );
    Ok(())
}
