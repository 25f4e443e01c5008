use serde::Serialize;
use untis_webhook_tenants::{Entry, Registry, SetState, Store};

use super::OperationError;
use super::line::Line;
use super::show::{PAGE, list};
use crate::output::json;

/// Without secrets it is what `list` says to machines.
pub(super) async fn run<S: Store>(registry: &Registry<S>, show_secrets: bool) -> Result<(), OperationError> {
    if !show_secrets {
        return list(registry, None, true).await;
    }
    let mut after = None;
    loop {
        let page = registry.list(None, after.as_deref(), PAGE).await?;
        for entry in page.entries {
            export(registry, entry).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn export<S: Store>(registry: &Registry<S>, mut entry: Entry) -> Result<(), OperationError> {
    let tenant_id = entry.tenant_id.clone();
    let profile = registry.profile(&tenant_id).await?;
    let sets = registry.sets(&tenant_id).await?;
    // Last, and by themselves: what came since the entry was read must not be mixed with it.
    let credentials = registry.credentials(&tenant_id).await?;
    if let Some(credentials) = &credentials {
        entry.client_id = Some(credentials.client_id.clone());
        entry.host = Some(credentials.host.clone());
        entry.version = credentials.version;
    }
    let current = sets.iter().find(|set| set.state == SetState::Current);
    let personal = profile.clone().unwrap_or_default();
    Ok(json(&Exported {
        tenant: Line::new(registry.environment(), entry, profile),
        event_type: current.and_then(|set| set.came_by).map(|event| event.as_str()),
        secret: credentials.as_ref().map(|credentials| credentials.secret.expose()),
        password: credentials.as_ref().map(|credentials| credentials.password.expose()),
        activator_username: personal.activator_username,
        activator_email: personal.activator_email,
        school_email: personal.school_email,
        school_phone_number: personal.school_phone_number,
    })?)
}

/// What `import` takes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported<'a> {
    #[serde(flatten)]
    tenant: Line<'a>,
    event_type: Option<&'static str>,
    secret: Option<&'a str>,
    password: Option<&'a str>,
    activator_username: Option<String>,
    activator_email: Option<String>,
    school_email: Option<String>,
    school_phone_number: Option<String>,
}
