use serde::Serialize;
use untis_webhook_tenants::{Entry, Profile, Registry, RegistryError, Set, Status, Store, Timestamp};

use super::OperationError;
use super::line::Line;
use crate::output::{self, escaped, print, table};
use crate::time::rfc_3339;

/// A page at a time, so that any number takes the memory of one page.
pub(super) async fn list<S: Store>(
    registry: &Registry<S>,
    status: Option<&str>,
    json: bool,
) -> Result<(), OperationError> {
    let (status, mut after) = (status.and_then(Status::from_name), None);
    loop {
        let page = registry.list(status, after.as_deref(), PAGE).await?;
        match json {
            true => {
                for entry in page.entries {
                    let profile = registry.profile(&entry.tenant_id).await?;
                    output::json(&Line::new(registry.environment(), entry, profile))?;
                }
            }
            false if page.entries.is_empty() => {}
            false => {
                let head = ["TENANT", "STATUS", "VERSION", "CLIENT ID", "CHANGED", "NOTES"];
                let rows: Vec<_> =
                    [head.map(str::to_owned)].into_iter().chain(page.entries.iter().map(row)).collect();
                print(table(&rows))?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

pub(super) async fn show<S: Store>(
    registry: &Registry<S>,
    tenant_id: &str,
    json: bool,
) -> Result<(), OperationError> {
    let entry = registry.get(tenant_id).await?.ok_or(RegistryError::UnknownTenant)?;
    let profile = registry.profile(tenant_id).await?;
    let (sets, contested) = (registry.sets(tenant_id).await?, registry.contested(tenant_id).await?);
    let sets = sets.iter().map(|set| (set, contested.contains(&set.number)));
    if json {
        let tenant = Line::new(registry.environment(), entry, profile);
        let sets = sets.map(|(set, is_contested)| SetLine::new(set, is_contested)).collect();
        return Ok(output::json(&Shown { tenant, sets })?);
    }
    print(table(&about(&entry, &profile.unwrap_or_default())))?;
    let head = ["SET", "STATE", "CAME BY", "CLIENT ID", "HOST", "WORKED", "NOTES"];
    let rows = sets.map(|(set, is_contested)| set_row(set, is_contested));
    let rows: Vec<_> = [head.map(str::to_owned)].into_iter().chain(rows).collect();
    Ok(print(format!("\n{}", table(&rows)))?)
}

fn row(entry: &Entry) -> [String; 6] {
    [
        escaped(&entry.tenant_id),
        entry.status.as_str().to_owned(),
        entry.version.to_string(),
        text(entry.client_id.as_deref()),
        time(entry.changed_at),
        notes(entry),
    ]
}

fn about(entry: &Entry, profile: &Profile) -> Vec<[String; 2]> {
    let told = match entry.next_attempt {
        Some(next) => {
            format!("{}, {} times in vain, again {}", entry.acknowledged, entry.attempts, time(Some(next)))
        }
        None => entry.acknowledged.to_string(),
    };
    let rows = [
        ("tenant", escaped(&entry.tenant_id)),
        ("status", entry.status.as_str().to_owned()),
        ("version", entry.version.to_string()),
        ("told", told),
        ("notes", notes(entry)),
        ("client id", text(entry.client_id.as_deref())),
        ("host", text(entry.host.as_deref())),
        ("country", text(profile.country.as_deref())),
        ("region", text(profile.region.as_deref())),
        ("language", text(profile.language.as_deref())),
        ("school", text(profile.school_name.as_deref())),
        ("received", time(entry.received_at)),
        ("changed", time(entry.changed_at)),
        ("worked", time(entry.worked_at)),
    ];
    rows.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| [label.to_owned(), text])
        .collect()
}

fn set_row(set: &Set, is_contested: bool) -> [String; 7] {
    let contested = is_contested.then(|| "contested".to_owned());
    let refused = set.refused.map(|refused| format!("refused since {}", time(Some(refused.since))));
    let destroyed = (!set.is_stored).then(|| "destroyed".to_owned());
    [
        set.number.to_string(),
        set.state.as_str().to_owned(),
        set.came_by.map(|event| event.as_str().to_owned()).unwrap_or_default(),
        escaped(&set.client_id),
        escaped(&set.host),
        time(set.worked_at),
        [contested, refused, destroyed].into_iter().flatten().collect::<Vec<_>>().join(", "),
    ]
}

fn notes(entry: &Entry) -> String {
    let notes = [
        (entry.is_contested, "contested"),
        (entry.is_refused, "refused by the platform"),
        (entry.is_given_up, "given up"),
        (entry.acknowledged < entry.version, "not told yet"),
    ];
    notes.iter().filter(|(is, _)| *is).map(|(_, note)| *note).collect::<Vec<_>>().join(", ")
}

fn text(text: Option<&str>) -> String {
    text.map(escaped).unwrap_or_default()
}

fn time(time: Option<Timestamp>) -> String {
    time.and_then(rfc_3339).unwrap_or_default()
}

#[derive(Serialize)]
struct Shown<'a> {
    tenant: Line<'a>,
    sets: Vec<SetLine<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetLine<'a> {
    set: u64,
    state: &'static str,
    came_by: Option<&'static str>,
    client_id: &'a str,
    host: &'a str,
    contested: bool,
    stored: bool,
    worked_at: Option<String>,
    refused_since: Option<String>,
}

impl<'a> SetLine<'a> {
    fn new(set: &'a Set, is_contested: bool) -> Self {
        Self {
            set: set.number,
            state: set.state.as_str(),
            came_by: set.came_by.map(|event| event.as_str()),
            client_id: &set.client_id,
            host: &set.host,
            contested: is_contested,
            stored: set.is_stored,
            worked_at: set.worked_at.and_then(rfc_3339),
            refused_since: set.refused.and_then(|refused| rfc_3339(refused.since)),
        }
    }
}

pub(super) const PAGE: u32 = 1000;
