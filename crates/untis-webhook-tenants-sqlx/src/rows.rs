//! From a row to what it says.

use sqlx::Row as _;
use untis_webhook::event::CredentialsEventType;
use untis_webhook_tenants::{
    Column, Decision, EndedAt, Entry, Erasure, ErasureScope, Fingerprint, Message, News, Record, Refused,
    Set, SetState, Status, StoreError, StoredTenant, Summary, Tenant, Timestamp, Told,
};

use super::Row;

/// Whether the tables that these rows of a tenant are from are those that this library knows.
pub(super) fn are_of_this_version(rows: &[Row]) -> Result<bool, StoreError> {
    rows.first().map_or(Ok(false), |row| get(row, "is_this_version"))
}

/// A tenant with its sets, one a row; a tenant without one has a row without one.
pub(super) fn tenant(rows: &[Row]) -> Result<Option<StoredTenant>, StoreError> {
    let Some(row) = rows.first() else { return Ok(None) };
    let ended_sequence = optional_number(row, "ended_sequence")?;
    let ended_at = optional_time(row, "ended_at")?;
    let mut sets = Vec::new();
    for row in rows {
        if let Some(number) = optional_number(row, "number")? {
            sets.push(set(row, number)?);
        }
    }
    Ok(Some(StoredTenant {
        tenant: Tenant {
            status: name(row, "status", Status::from_name)?,
            version: number(row, "version")?,
            sequence: number(row, "sequence")?,
            client_id: get(row, "client_id")?,
            ended: ended_sequence.zip(ended_at).map(|(sequence, at)| EndedAt { sequence, at }),
            replayed: optional_number(row, "replayed")?,
            profile: get::<Option<Vec<u8>>>(row, "profile_fingerprint")?.map(fingerprint).transpose()?,
            forgotten: optional_time(row, "forgotten_at")?,
            sets,
        },
        news: News {
            told: optional_name(row, "told", Told::from_name)?,
            acknowledged: number(row, "acknowledged")?,
            deleted: optional_number(row, "deleted_version")?,
            attempts: number(row, "attempts")?,
            next_attempt: optional_millis(row, "due_at")?,
            is_given_up: get(row, "is_given_up")?,
        },
        received_at: optional_time(row, "received_at")?,
        changed_at: optional_time(row, "changed_at")?,
        probe_at: optional_time(row, "probe_at")?,
    }))
}

fn set(row: &Row, number: u64) -> Result<Set, StoreError> {
    let is_confirmed = get(row, "is_refusal_confirmed")?;
    Ok(Set {
        number,
        fingerprint: fingerprint(get(row, "fingerprint")?)?,
        state: name(row, "state", SetState::from_name)?,
        came_by: optional_name(row, "came_by", event_type)?,
        client_id: get(row, "set_client_id")?,
        host: get(row, "host")?,
        is_stored: get(row, "is_stored")?,
        worked_at: optional_time(row, "worked_at")?,
        refused: optional_time(row, "refused_at")?.map(|since| Refused { since, is_confirmed }),
    })
}

pub(super) fn entry(row: &Row) -> Result<Entry, StoreError> {
    let mut entry = Entry::new(get(row, "tenant_id")?, name(row, "status", Status::from_name)?);
    entry.version = number(row, "version")?;
    entry.client_id = get(row, "client_id")?;
    entry.host = get(row, "host")?;
    entry.is_contested = get(row, "is_contested")?;
    entry.is_refused = get(row, "is_refused")?;
    entry.worked_at = optional_time(row, "worked_at")?;
    entry.acknowledged = number(row, "acknowledged")?;
    entry.attempts = number(row, "attempts")?;
    entry.next_attempt = optional_millis(row, "due_at")?;
    entry.is_given_up = get(row, "is_given_up")?;
    entry.received_at = optional_time(row, "received_at")?;
    entry.changed_at = optional_time(row, "changed_at")?;
    Ok(entry)
}

/// Counts, a kind of tenant a row.
pub(super) fn summary(rows: &[Row]) -> Result<Summary, StoreError> {
    let mut summary = Summary::default();
    for row in rows {
        let place = match get(row, "kind")? {
            "contested" => &mut summary.contested,
            "given up" => &mut summary.given_up,
            "refused" => &mut summary.refused,
            "untold" => {
                summary.untold_since = optional_time(row, "since")?;
                &mut summary.untold
            }
            _ => match name(row, "kind", Status::from_name)? {
                Status::Active => &mut summary.active,
                Status::Deactivated => &mut summary.deactivated,
                Status::Deleted => &mut summary.deleted,
            },
        };
        *place = u32::try_from(number(row, "tenants")?).unwrap_or(u32::MAX);
    }
    Ok(summary)
}

pub(super) fn message(row: &Row) -> Result<Message, StoreError> {
    let told = name(row, "told", Told::from_name)?;
    let status = name(row, "status", Status::from_name)?;
    let previous_version = number(row, "acknowledged")?;
    let mut message = Message::new(get::<String>(row, "tenant_id")?, told, status, number(row, "version")?);
    message.environment = get(row, "environment")?;
    message.previous_version = previous_version;
    message.deleted_since =
        optional_number(row, "deleted_version")?.is_some_and(|version| version > previous_version);
    message.is_contested = get(row, "is_contested")?;
    message.is_refused = get(row, "is_refused")?;
    message.changed_at = optional_time(row, "changed_at")?;
    message.attempt = number(row, "attempts")?;
    Ok(message)
}

/// The record beside a tenant, if there is one.
pub(super) fn record_beside(rows: &[Row]) -> Result<Option<Record>, StoreError> {
    let Some(row) = rows.first() else { return Ok(None) };
    let body: Option<&[u8]> = get(row, "body")?;
    body.map(|_| record(row, "body")).transpose()
}

/// A record, of the body whose fingerprint this column holds.
pub(super) fn record(row: &Row, body: &'static str) -> Result<Record, StoreError> {
    Ok(Record {
        body: fingerprint(get(row, body)?)?,
        decision: name(row, "decision", Decision::from_name)?,
        count: number(row, "count")?,
        first_sequence: number(row, "first_sequence")?,
        last_sequence: number(row, "last_sequence")?,
        first_at: time(row, "first_at")?,
        last_at: time(row, "last_at")?,
        body_until: optional_time(row, "body_until")?,
    })
}

/// What is encrypted, and the column that it stands in, which the row says by what is not null.
pub(super) fn sealed(row: &Row) -> Result<(Column, Vec<u8>), StoreError> {
    let body: Option<Vec<u8>> = get(row, "fingerprint")?;
    let column = match (body, optional_number(row, "number")?) {
        (Some(body), _) => Column::Body(fingerprint(body)?),
        (None, Some(number)) => Column::Secrets(number),
        (None, None) => Column::Profile,
    };
    Ok((column, get(row, "sealed")?))
}

pub(super) fn erasure(row: &Row) -> Result<Erasure, StoreError> {
    Ok(Erasure {
        tenant_id: get(row, "tenant_id")?,
        at: time(row, "erased_at")?,
        scope: name(row, "scope", ErasureScope::from_name)?,
    })
}

/// A column, as the database gives it.
pub(super) fn get<'r, T>(row: &'r Row, column: &'static str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, super::Database> + sqlx::Type<super::Database>,
{
    row.try_get(column).map_err(StoreError::database)
}

pub(super) fn number(row: &Row, column: &'static str) -> Result<u64, StoreError> {
    optional_number(row, column)?.ok_or(StoreError::Foreign("a number"))
}

fn optional_number(row: &Row, column: &'static str) -> Result<Option<u64>, StoreError> {
    let number: Option<i64> = get(row, column)?;
    number.map(u64::try_from).transpose().map_err(|_| StoreError::Foreign("a number that is not negative"))
}

fn time(row: &Row, column: &'static str) -> Result<Timestamp, StoreError> {
    get(row, column).map(Timestamp::from_seconds)
}

fn optional_time(row: &Row, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_seconds))
}

/// A time that the database gave, in milliseconds.
fn optional_millis(row: &Row, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(|millis| Timestamp::from_seconds(millis / 1000)))
}

fn name<T>(row: &Row, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    optional_name(row, column, parse)?.ok_or(StoreError::Foreign("a name"))
}

fn optional_name<T>(
    row: &Row,
    column: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let Some(name) = get::<Option<&str>>(row, column)? else { return Ok(None) };
    parse(name).map(Some).ok_or(StoreError::Foreign("a name that this version knows"))
}

fn event_type(name: &str) -> Option<CredentialsEventType> {
    CredentialsEventType::ALL.into_iter().find(|known| known.as_str() == name)
}

fn fingerprint(octets: Vec<u8>) -> Result<Fingerprint, StoreError> {
    let octets = octets.try_into().map_err(|_| StoreError::Foreign("a fingerprint of 32 octets"))?;
    Ok(Fingerprint::from_bytes(octets))
}
