use std::sync::Arc;

use untis_webhook::{KeySet, Verifier};
use untis_webhook_tenants::{Registry, Store};

use super::error::StartError;
use super::tenants::check_api;
use crate::api::tokens::Tokens;
use crate::metrics::Metrics;
use crate::notify::{NotifyError, Signer};
use crate::reload::Apply;
use crate::settings::{Mode, Settings, Tls};
use crate::tls::ServerTls;

/// What is replaced while deliveries come, whatever becomes of them. Where that itself is another now nothing of it is: it takes a
/// restart. So does whether TLS is spoken, which is named as such and holds back nothing else.
#[derive(Clone)]
pub(super) struct Receiving {
    pub(super) verifier: Verifier,
    pub(super) tls: Option<ServerTls>,
    pub(super) metrics: Metrics,
}

/// What of a registry's daemon is replaced besides.
pub(super) struct Registering<S> {
    pub(super) receiving: Receiving,
    pub(super) registry: Registry<S>,
    pub(super) tokens: Tokens,
    pub(super) signer: Option<Signer>,
}

/// Where deliveries are passed on there is nothing besides.
pub(super) fn passed_on(receiving: Receiving) -> Apply {
    Box::new(move |settings| {
        let receiving = receiving.clone();
        Box::pin(async move {
            let Settings { mode: Mode::Proxy(_), webhook, tls, .. } = settings else {
                return Err(StartError::Restart);
            };
            receiving.replace(webhook.keys, tls);
            Ok(())
        })
    })
}

pub(super) fn received<S: Store + 'static>(registering: Registering<S>) -> Apply {
    let registering = Arc::new(registering);
    Box::new(move |settings| {
        let registering = Arc::clone(&registering);
        Box::pin(async move { registering.replace(settings).await })
    })
}

impl Receiving {
    fn replace(&self, trusted: KeySet, tls: Option<Tls>) {
        self.metrics.recent().trust(trusted.iter().map(|(id, _)| id.as_str()));
        self.verifier.replace_keys(trusted);
        if let (Some(current), Some(tls)) = (&self.tls, tls) {
            current.replace(tls.identity);
        }
    }
}

impl<S: Store> Registering<S> {
    /// All of it, or nothing: what can fail comes first.
    async fn replace(&self, settings: Settings) -> Result<(), StartError> {
        let Settings { mode: Mode::Tenants(tenants), webhook, tls, .. } = settings else {
            return Err(StartError::Restart);
        };
        // The keys are those of another environment, whose deliveries would come into this one.
        if tenants.environment != self.registry.environment() {
            return Err(StartError::Restart);
        }
        check_api(&tenants)?;
        let trusted = webhook.keys;
        let of_environment = tenants
            .environment_keys
            .unwrap_or_else(|| trusted.iter().map(|(id, _)| id.as_str().to_owned()).collect());
        // To read with more keys than before harms nobody, so that it matters little if it is done and the rest is not.
        self.registry.replace_ring(tenants.ring).await?;
        if let (Some(signer), Some(notify)) = (&self.signer, &tenants.notify) {
            signer.replace(&notify.secrets).map_err(NotifyError::Secret)?;
        }
        self.registry.replace_environment_keys(&trusted, &of_environment)?;
        self.receiving.replace(trusted, tls);
        let tokens = tenants.api.as_ref().map_or(&[][..], |api| &api.tokens);
        // Without one it would answer everybody, where it listens until a restart.
        if !tokens.is_empty() && !self.tokens.is_empty() {
            self.tokens.replace(tokens);
        }
        Ok(())
    }
}
