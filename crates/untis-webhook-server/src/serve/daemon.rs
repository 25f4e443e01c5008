use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use untis_webhook_config::Config;
use untis_webhook_serve::{connections, serve, serve_at_most};
use untis_webhook_tenants::{Registry, Store};
use untis_webhook_tenants_sqlx::{PgStore, SqliteStore};

use super::deliveries;
use super::error::StartError;
use super::work::{Probe, Work};
use crate::admin::Admin;
use crate::api::Api;
use crate::api::listener::ApiListener;
use crate::metrics::Metrics;
use crate::notify::Notify;
use crate::settings::{self, ApiListen, Database, Settings, Tenants};

/// All of it, opened and bound, before the first connection is taken.
pub(crate) struct Daemon {
    #[cfg(test)]
    addresses: Addresses,
    /// Ends once `stop` is gone and what had begun is done.
    serving: Pin<Box<dyn Future<Output = ()> + Send>>,
    stop: watch::Sender<()>,
}

/// Where it listens.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) webhook: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// None on a Unix socket, and where there is no API.
    pub(crate) api: Option<SocketAddr>,
}

impl Daemon {
    pub(crate) async fn open(settings: Settings) -> Result<Self, StartError> {
        checked(&settings)?;
        match &settings.tenants.database {
            Database::Postgres(url) => {
                let store = PgStore::connect(url).await?;
                Self::open_over(store, settings).await
            }
            Database::Sqlite(file) => {
                let store = SqliteStore::open(file).await?;
                Self::open_over(store, settings).await
            }
        }
    }

    async fn open_over<S: Store + 'static>(store: S, settings: Settings) -> Result<Self, StartError> {
        let Settings { webhook, listen, path, admin_listen, tenants, .. } = settings;
        let metrics = Metrics::new()?;
        let notify = tenants.notify.as_ref();
        let notify =
            notify.map(|notify| Notify::new(&notify.url, &notify.secrets, metrics.clone())).transpose()?;
        if notify.is_none() {
            tracing::warn!("there is no application to tell: UNTIS_WEBHOOK_NOTIFY_URL is not set");
        }
        let probe = tenants.probe.as_ref().map(Probe::new).transpose()?;
        let registry = registry(&webhook, &tenants, store).await?;

        let (webhook_listener, webhook_address) = bind(listen).await?;
        let (admin_listener, admin_address) = bind(admin_listen).await?;
        let api = match &tenants.api {
            Some(api) => {
                let listener = ApiListener::bind(&api.listen).await?;
                Some((listener, Api::new(registry.clone(), &api.tokens, metrics.clone())))
            }
            None => None,
        };
        let api_address = api.as_ref().and_then(|(listener, _)| listener.address());
        let keys = webhook.keys.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
        tracing::info!(
            address = %webhook_address,
            admin = %admin_address,
            api = api_address.map(tracing::field::display),
            environment = registry.environment(),
            keys,
            "listening"
        );

        let (stop, stopped) = watch::channel(());
        let is_on_loopback = admin_address.ip().is_loopback();
        let admin =
            Admin::new(registry.clone(), tenants.ring, metrics.clone(), stopped.clone(), is_on_loopback);
        let deliveries =
            deliveries::service(webhook.into_verifier(), path, registry.clone(), metrics.clone());
        let work = Work { registry, notify, probe };
        let serving = async move {
            let (receiving, received) = watch::channel(());
            let (telling, told) = watch::channel(());
            let receive = async {
                serve(webhook_listener, deliveries, gone(stopped)).await;
                drop(receiving);
            };
            let work = async {
                work.run_until(gone(received)).await;
                drop(telling);
            };
            // The application asks for what it is told of, so these stop last.
            let answer = serve_api(api, gone(told.clone()));
            let watch = serve_admin(admin_listener, admin, gone(told));
            tokio::select! {
                _ = async { tokio::join!(receive, work, answer, watch) } => {}
                () = metrics.upkeep() => {}
            }
        };
        Ok(Self {
            #[cfg(test)]
            addresses: Addresses { webhook: webhook_address, admin: admin_address, api: api_address },
            serving: Box::pin(serving),
            stop,
        })
    }

    /// Where it listens, whatever port it was told.
    #[cfg(test)]
    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves until `stop`, and then ends what has begun: first the deliveries, then what the application is being told,
    /// and last what it asks.
    pub(crate) async fn run_until(self, stop: impl Future<Output = ()>) {
        let Self { mut serving, stop: serves_on, .. } = self;
        tokio::select! {
            () = &mut serving => return,
            () = stop => {}
        }
        tracing::info!("stopping");
        drop(serves_on);
        match timeout(LONGEST_STOP, serving).await {
            Ok(()) => tracing::info!("stopped"),
            Err(_) => tracing::warn!("stopped after {LONGEST_STOP:?} with something under way"),
        }
    }
}

/// Whether the API asks whoever reaches it for a token: on a Unix socket it answers whoever may open the file.
pub(crate) fn checked(settings: &Settings) -> Result<(), StartError> {
    let is_open = |api: &settings::Api| matches!(api.listen, ApiListen::Tcp(_)) && api.tokens.is_empty();
    match settings.tenants.api.as_ref().is_some_and(is_open) {
        true => Err(StartError::ApiToken),
        false => Ok(()),
    }
}

pub(crate) async fn registry<S: Store>(
    webhook: &Config,
    tenants: &Tenants,
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

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
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
    }
}

async fn serve_admin<S: Store + 'static>(
    listener: TcpListener,
    admin: Admin<S>,
    stop: impl Future<Output = ()>,
) {
    let admin = Arc::new(admin);
    let service = service_fn(move |request| Arc::clone(&admin).answer(request));
    let connections = (connections() / 32).clamp(2, ADMIN_CONNECTIONS);
    serve_at_most(connections, listener, service, stop).await;
}

/// Comes back once whoever has the other end is done.
async fn gone(mut sender: watch::Receiver<()>) {
    while sender.changed().await.is_ok() {}
}

/// At most at once. The webhook's leave a descriptor free for each, of which these take a part.
const API_CONNECTIONS: u16 = 64;

const ADMIN_CONNECTIONS: u16 = 16;

/// Deliveries have 15 s, and then messages 25 s.
const LONGEST_STOP: Duration = Duration::from_secs(45);
