use tokio::sync::watch;
use untis_webhook_proxy::Proxy;

use super::daemon::{Addresses, Daemon, Front, gone, serve_admin, serve_webhook};
use super::deliveries;
use super::error::StartError;
use super::reloaded::{self, Receiving};
use crate::admin::{Access, Admin, Application};
use crate::api::tokens::Tokens;
use crate::reload::Reload;
use crate::settings;

/// What is verified is passed on to the application, and nothing is kept.
pub(super) async fn open(mut front: Front, proxy: settings::Proxy) -> Result<Daemon, StartError> {
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
    let Front { webhook, path, metrics, tls, reloads, source, .. } = front;
    let verifier = webhook.into_verifier();
    let receiving = Receiving { verifier: verifier.clone(), tls: tls.clone(), metrics: metrics.clone() };
    let apply = reloaded::passed_on(receiving, upstream.clone());
    let reload = Reload { apply, reloads: reloads.clone(), metrics: metrics.clone(), source };
    Ok(Daemon::new(addresses, reload, |stopped| async move {
        let admin = Admin::new(
            Application::new(upstream.clone()),
            metrics.clone(),
            reloads,
            stopped.clone(),
            Access::new(addresses.admin.ip().is_loopback(), Tokens::new(&[])),
        );
        let deliveries = deliveries::passed_on(verifier, path, Proxy::new(upstream), metrics);
        let (receiving, received) = watch::channel(());
        let receive = async {
            serve_webhook(listeners.webhook, tls, deliveries, gone(stopped)).await;
            drop(receiving);
        };
        let watch = serve_admin(listeners.admin, admin, gone(received));
        tokio::join!(receive, watch);
    }))
}
