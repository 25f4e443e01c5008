use std::net::SocketAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use tokio::sync::watch;
use untis_webhook_config::{Config, shown};
use untis_webhook_serve::{connections, serve_at_most};
use untis_webhook_tenants::{Registry, Store};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

use super::daemon::{Addresses, Daemon, Front, gone, serve_admin, serve_webhook};
use super::deliveries;
use super::error::StartError;
use super::reloaded::{self, Receiving, Registering};
use super::work::{Probe, Work};
use crate::admin::{self, Access, Admin};
use crate::api::Api;
use crate::api::listener::ApiListener;
use crate::api::tokens::Tokens;
use crate::notify::{Notify, is_in_the_clear};
use crate::reload::Reload;
use crate::settings::{self, ApiListen, Database, Mode, Settings};

/// What is verified is kept, and the application is told.
pub(super) async fn open(front: Front, tenants: settings::Tenants) -> Result<Daemon, StartError> {
    check_api(&tenants)?;
    match &tenants.database {
        Database::Postgres(url) => {
            let store = PgStore::connect(url).await?;
            let pool = store.pool().clone();
            open_over(store, front, tenants, async move { pool.close().await }).await
        }
        Database::Sqlite(file) => {
            let store = SqliteStore::open(file).await?;
            let pool = store.pool().clone();
            open_over(store, front, tenants, async move { pool.close().await }).await
        }
    }
}

async fn open_over<S: Store + 'static>(
    store: S,
    mut front: Front,
    tenants: settings::Tenants,
    close: impl Future<Output = ()> + Send + 'static,
) -> Result<Daemon, StartError> {
    let notify = tenants.notify.as_ref();
    let notify =
        notify.map(|notify| Notify::new(&notify.url, &notify.secrets, front.metrics.clone())).transpose()?;
    let probe = tenants.probe.as_ref().map(Probe::new).transpose()?;
    let registry = registry(&front.webhook, &tenants, store).await?;

    let listeners = front.bind().await?;
    let tokens = Tokens::new(tenants.api.as_ref().map_or(&[], |api| &api.tokens));
    let api = match &tenants.api {
        Some(api) => {
            let listener = ApiListener::open(front.sockets.api.take(), &api.listen).await?;
            Some((listener, Api::new(registry.clone(), tokens.clone(), front.metrics.clone())))
        }
        None => None,
    };
    let addresses = Addresses {
        webhook: listeners.webhook_address,
        admin: listeners.admin_address,
        api: api.as_ref().and_then(|(listener, _)| listener.address()),
    };
    tracing::info!(
        address = %addresses.webhook,
        admin = %addresses.admin,
        api = tenants.api.as_ref().map(|api| tracing::field::display(api_at(&api.listen, addresses.api))),
        environment = registry.environment(),
        keys = front.keys(),
        "listening"
    );

    match &tenants.notify {
        None => tracing::warn!("there is no application to tell: UNTIS_WEBHOOK_NOTIFY_URL is not set"),
        Some(notify) if is_in_the_clear(&notify.url) => tracing::warn!(
            "the application is told in the clear: whoever is on the way reads which schools there are"
        ),
        Some(_) => {}
    }

    let Front { webhook, path, metrics, tls, reloads, source, .. } = front;
    let verifier = webhook.into_verifier();
    let receiving = Receiving { verifier: verifier.clone(), tls: tls.clone(), metrics: metrics.clone() };
    let apply = reloaded::received(Registering {
        receiving,
        registry: registry.clone(),
        database: tenants.database,
        tokens: tokens.clone(),
        signer: notify.as_ref().map(Notify::signer).zip(tenants.notify.map(|notify| notify.url)),
    });
    let reload = Reload { apply, reloads: reloads.clone(), metrics: metrics.clone(), source };
    Ok(Daemon::new(addresses, reload, |stopped| async move {
        let admin = Admin::new(
            admin::Tenants::new(registry.clone()),
            metrics.clone(),
            reloads,
            stopped.clone(),
            Access::new(addresses.admin.ip().is_loopback(), tokens),
        );
        let deliveries = deliveries::received(verifier, path, registry.clone(), metrics);
        let work = Work { registry, notify, probe };
        let (receiving, received) = watch::channel(());
        let (telling, told) = watch::channel(());
        let receive = async {
            serve_webhook(listeners.webhook, tls, deliveries, gone(stopped)).await;
            drop(receiving);
        };
        let work = async {
            work.run_until(gone(received)).await;
            drop(telling);
        };
        // The application asks for what it is told of, so these stop last.
        let answer = serve_api(api, gone(told.clone()));
        let watch = serve_admin(listeners.admin, admin, gone(told));
        tokio::join!(receive, work, answer, watch);
        // Otherwise the process may end before SQLite has put its log into the file.
        close.await;
    }))
}

/// Whether all that can be known without opening anything is right.
pub(crate) fn checked(settings: &Settings) -> Result<(), StartError> {
    match &settings.mode {
        Mode::Proxy(_) => Ok(()),
        Mode::Tenants(tenants) => check_api(tenants),
    }
}

/// Whether the API asks whoever reaches it for a token: on a Unix socket it answers whoever may open the file.
pub(super) fn check_api(tenants: &settings::Tenants) -> Result<(), StartError> {
    let is_open = |api: &settings::Api| matches!(api.listen, ApiListen::Tcp(_)) && api.tokens.is_empty();
    match tenants.api.as_ref().is_some_and(is_open) {
        true => Err(StartError::ApiToken),
        false => Ok(()),
    }
}

pub(crate) async fn registry<S: Store>(
    webhook: &Config,
    tenants: &settings::Tenants,
    store: S,
) -> Result<Registry<S>, StartError> {
    let mut builder = Registry::builder(&webhook.keys, tenants.ring.clone())
        .environment(&tenants.environment)
        .client_ids(&tenants.client_ids)
        .grace(tenants.grace);
    if let Some(keys) = &tenants.environment_keys {
        builder = builder.environment_keys(keys);
    }
    if tenants.destroy_deleted_at_once {
        builder = builder.destroy_deleted_at_once();
    }
    Ok(builder.open(store).await?)
}

/// Where the API listens, whatever port it was told.
fn api_at(listen: &ApiListen, bound: Option<SocketAddr>) -> String {
    match listen {
        ApiListen::Tcp(address) => bound.unwrap_or(*address).to_string(),
        ApiListen::Unix(path) => shown(path),
    }
}

async fn serve_api<S: Store + 'static>(api: Option<(ApiListener, Api<S>)>, stop: impl Future<Output = ()>) {
    let Some((listener, api)) = api else { return };
    let api = Arc::new(api);
    let service = service_fn(move |request| Arc::clone(&api).answer(request));
    let connections = (connections() / 8).clamp(2, API_CONNECTIONS);
    match listener {
        ApiListener::Tcp(listener) => serve_at_most(connections, listener, service, stop).await,
        #[cfg(unix)]
        ApiListener::Unix(listener) => serve_at_most(connections, listener, service, stop).await,
        #[cfg(unix)]
        ApiListener::Given(listener) => serve_at_most(connections, listener, service, stop).await,
    }
}

/// At most at once. The webhook's leave a descriptor free for each, of which these take a part.
const API_CONNECTIONS: u16 = 64;
