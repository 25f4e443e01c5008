use std::sync::Arc;

use http::Uri;
use untis_webhook::{KeySet, Verifier};
use untis_webhook_proxy::Upstream;
use untis_webhook_tenants::{Registry, Store};

use super::error::StartError;
use super::tenants::check_api;
use crate::api::tokens::Tokens;
use crate::metrics::Metrics;
use crate::notify::{NotifyError, Signer};
use crate::reload::Apply;
use crate::settings::{Database, Mode, Settings, Tls};
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
    /// That of the registry.
    pub(super) database: Database,
    pub(super) tokens: Tokens,
    /// What the application is told with, and where.
    pub(super) signer: Option<(Signer, Uri)>,
}

/// Where deliveries are passed on there is nothing besides. What another application is sent is not for this one.
pub(super) fn passed_on(receiving: Receiving, upstream: Upstream) -> Apply {
    Box::new(move |settings| {
        let (receiving, upstream) = (receiving.clone(), upstream.clone());
        Box::pin(async move {
            let Settings { mode: Mode::Proxy(proxy), webhook, tls, .. } = settings else {
                return Err(StartError::Restart);
            };
            if proxy.upstream.as_str() != upstream.as_str() {
                return Err(StartError::Restart);
            }
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
        self.metrics.recent().trust(&trusted);
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
        // The keys may be those of another environment, whose deliveries would come into this one.
        if tenants.environment != self.registry.environment() || tenants.database != self.database {
            return Err(StartError::Restart);
        }
        let signer = match (&self.signer, &tenants.notify) {
            // The secret is one that another application knows.
            (Some((_, url)), Some(notify)) if notify.url != *url => return Err(StartError::Restart),
            (Some((signer, _)), Some(notify)) => {
                Some((signer, Signer::new(&notify.secrets).map_err(NotifyError::Secret)?))
            }
            _ => None,
        };
        check_api(&tenants)?;
        let trusted = webhook.keys;
        let of_environment = tenants
            .environment_keys
            .unwrap_or_else(|| trusted.iter().map(|(id, _)| id.as_str().to_owned()).collect());
        self.registry.replace_ring(tenants.ring).await?;
        // From here nothing fails: settings are refused whose environment has a key that is not trusted.
        self.registry.replace_environment_keys(&trusted, &of_environment)?;
        if let Some((signer, new)) = signer {
            signer.replace(&new);
        }
        self.receiving.replace(trusted, tls);
        let tokens = tenants.api.as_ref().map_or(&[][..], |api| &api.tokens);
        // Without one it would answer everybody, where it listens until a restart.
        if !tokens.is_empty() && !self.tokens.is_empty() {
            self.tokens.replace(tokens);
        }
        Ok(())
    }
}
