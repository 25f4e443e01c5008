use std::sync::Arc;

use untis_webhook::Verifier;
use untis_webhook_tenants::{Registry, Store};

use super::error::StartError;
use super::tenants::check_api;
use crate::api::Tokens;
use crate::notify::{NotifyError, Signer};
use crate::reload::Apply;
use crate::settings::{Mode, Settings};

/// What of a registry's daemon is replaced while it runs.
pub(super) struct Reloaded<S> {
    pub(super) verifier: Verifier,
    pub(super) registry: Registry<S>,
    pub(super) tokens: Tokens,
    pub(super) signer: Option<Signer>,
}

pub(super) fn apply<S: Store + 'static>(reloaded: Reloaded<S>) -> Apply {
    let reloaded = Arc::new(reloaded);
    Box::new(move |settings| {
        let reloaded = Arc::clone(&reloaded);
        Box::pin(async move { reloaded.replace(settings).await })
    })
}

impl<S: Store> Reloaded<S> {
    /// All of it, or nothing: what can fail comes first.
    async fn replace(&self, settings: Settings) -> Result<(), StartError> {
        let Mode::Tenants(tenants) = settings.mode else { return Err(StartError::Restart) };
        check_api(&tenants)?;
        let trusted = settings.webhook.keys;
        let of_environment = tenants
            .environment_keys
            .unwrap_or_else(|| trusted.iter().map(|(id, _)| id.as_str().to_owned()).collect());
        // To read with more keys than before harms nobody, so that it matters little if it is done and the rest is not.
        self.registry.replace_ring(tenants.ring).await?;
        if let (Some(signer), Some(notify)) = (&self.signer, &tenants.notify) {
            signer.replace(&notify.secrets).map_err(NotifyError::Secret)?;
        }
        self.registry.replace_environment_keys(&trusted, &of_environment)?;
        self.verifier.replace_keys(trusted);
        self.tokens.replace(tenants.api.as_ref().map_or(&[], |api| &api.tokens));
        Ok(())
    }
}
