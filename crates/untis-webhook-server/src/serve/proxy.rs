use tokio::sync::watch;
use untis_webhook::Verifier;
use untis_webhook_proxy::Proxy;
use untis_webhook_serve::serve;

use super::daemon::{Addresses, Daemon, Front, gone, serve_admin};
use super::deliveries;
use super::error::StartError;
use crate::admin::{Admin, Application};
use crate::reload::{Apply, Reload};
use crate::settings::{self, Mode};

/// What is verified is passed on to the application, and nothing is kept.
pub(super) async fn open(front: Front, proxy: settings::Proxy) -> Result<Daemon, StartError> {
    let settings::Proxy { upstream, unused } = proxy;
    let listeners = front.bind().await?;
    if let Some(place) = unused {
        tracing::warn!(place, "what is said of tenants is not used: deliveries are passed on");
    }
    tracing::info!(
        address = %listeners.webhook_address,
        admin = %listeners.admin_address,
        upstream = upstream.as_str(),
        keys = front.keys(),
        "listening"
    );
    let addresses =
        Addresses { webhook: listeners.webhook_address, admin: listeners.admin_address, api: None };
    let Front { webhook, path, metrics, reloads, source, .. } = front;
    let verifier = webhook.into_verifier();
    let reload =
        Reload { apply: apply(verifier.clone()), reloads: reloads.clone(), metrics: metrics.clone(), source };
    Ok(Daemon::new(addresses, reload, |stopped| async move {
        let admin = Admin::new(
            Application::new(upstream.clone()),
            metrics.clone(),
            reloads,
            stopped.clone(),
            addresses.admin.ip().is_loopback(),
        );
        let deliveries = deliveries::passed_on(verifier, path, Proxy::new(upstream), metrics);
        let (receiving, received) = watch::channel(());
        let receive = async {
            serve(listeners.webhook, deliveries, gone(stopped)).await;
            drop(receiving);
        };
        let watch = serve_admin(listeners.admin, admin, gone(received));
        tokio::join!(receive, watch);
    }))
}

/// The keys that are trusted are all there is to replace.
fn apply(verifier: Verifier) -> Apply {
    Box::new(move |settings| {
        let verifier = verifier.clone();
        Box::pin(async move {
            let Mode::Proxy(_) = settings.mode else { return Err(StartError::Restart) };
            verifier.replace_keys(settings.webhook.keys);
            Ok(())
        })
    })
}
