use std::error::Error;
use std::net::{self, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use untis_webhook_config::Config;
use untis_webhook_serve::{connections, serve, serve_at_most};

use super::deliveries::DeliveryService;
use super::error::StartError;
use super::sockets::Sockets;
use super::stop::HangUps;
use super::{proxy, tenants};
use crate::admin::{Admin, Watched};
use crate::metrics::Metrics;
use crate::reload::{Read, Reload, Reloads};
use crate::settings::{Mode, Settings, Source};
use crate::tls::{ServerTls, TlsListener};

/// All of it, opened and bound, before the first connection is taken.
pub(crate) struct Daemon {
    #[cfg(test)]
    addresses: Addresses,
    /// Ends once `stop` is gone and what had begun is done.
    serving: Pin<Box<dyn Future<Output = ()> + Send>>,
    stop: watch::Sender<()>,
    /// None once it is part of what is served.
    reload: Option<Reload>,
}

/// Where it listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) webhook: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// None on a Unix socket, and where there is no API.
    pub(crate) api: Option<SocketAddr>,
}

impl Daemon {
    pub(crate) async fn open(settings: Settings, sockets: Sockets) -> Result<Self, StartError> {
        let Settings { webhook, listen, tls, path, admin_listen, mode, source, .. } = settings;
        let metrics = Metrics::new()?;
        metrics.recent().trust(&webhook.keys);
        let tls = tls.map(|tls| ServerTls::new(tls.identity, metrics.clone()));
        let reloads = Reloads::default();
        let front = Front { webhook, path, metrics, tls, reloads, source, listen, admin_listen, sockets };
        match mode {
            Mode::Proxy(_) if front.sockets.api.is_some() => Err(StartError::NoApi),
            Mode::Proxy(proxy) => proxy::open(front, proxy).await,
            Mode::Tenants(tenants) => tenants::open(front, *tenants).await,
        }
    }

    /// Serves by the future that is made of what tells it to stop.
    pub(super) fn new<F>(
        addresses: Addresses,
        reload: Reload,
        serve: impl FnOnce(watch::Receiver<()>) -> F,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        #[cfg(not(test))]
        let _ = addresses;
        let (stop, stopped) = watch::channel(());
        let serving = serve(stopped);
        let metrics = reload.metrics.clone();
        Self {
            #[cfg(test)]
            addresses,
            serving: Box::pin(async move {
                tokio::select! {
                    () = serving => {}
                    () = metrics.upkeep() => {}
                }
            }),
            stop,
            reload: Some(reload),
        }
    }

    /// With settings that are read again at these signals, and when a file of theirs changes.
    pub(crate) fn reading_again(mut self, read: Read, hang_ups: HangUps) -> Self {
        if let Some(reload) = self.reload.take() {
            let serving = self.serving;
            self.serving = Box::pin(async move {
                tokio::select! {
                    () = serving => {}
                    () = reload.run(read, hang_ups) => {}
                }
            });
        }
        self
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

/// What both modes have: where deliveries come, and where it is watched.
pub(super) struct Front {
    pub(super) webhook: Config,
    pub(super) path: String,
    pub(super) metrics: Metrics,
    /// None is HTTP.
    pub(super) tls: Option<ServerTls>,
    pub(super) reloads: Reloads,
    pub(super) source: Source,
    listen: SocketAddr,
    admin_listen: SocketAddr,
    pub(super) sockets: Sockets,
}

impl Front {
    /// The names of the keys that are trusted.
    pub(super) fn keys(&self) -> String {
        self.webhook.keys.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
    }

    pub(super) async fn bind(&mut self) -> Result<Listeners, StartError> {
        let (webhook, webhook_address) = bind(self.sockets.webhook.take(), self.listen, "LISTEN").await?;
        let (admin, admin_address) =
            bind(self.sockets.admin.take(), self.admin_listen, "UNTIS_WEBHOOK_ADMIN_LISTEN").await?;
        Ok(Listeners { webhook, webhook_address, admin, admin_address })
    }
}

pub(super) struct Listeners {
    pub(super) webhook: TcpListener,
    pub(super) webhook_address: SocketAddr,
    pub(super) admin: TcpListener,
    pub(super) admin_address: SocketAddr,
}

/// Takes what was bound already, wherever that is, or binds.
async fn bind(
    given: Option<net::TcpListener>,
    address: SocketAddr,
    variable: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen(address, error, variable);
    let listener = match given {
        Some(given) => given.set_nonblocking(true).and_then(|()| TcpListener::from_std(given)),
        None => TcpListener::bind(address).await,
    };
    let listener = listener.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Serves deliveries, by TLS if there is one.
pub(super) async fn serve_webhook<B>(
    listener: TcpListener,
    tls: Option<ServerTls>,
    service: impl DeliveryService<B>,
    stop: impl Future<Output = ()>,
) where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    match tls {
        Some(tls) => serve(TlsListener::new(listener, tls), service, stop).await,
        None => serve(listener, service, stop).await,
    }
}

pub(super) async fn serve_admin<W: Watched>(
    listener: TcpListener,
    admin: Admin<W>,
    stop: impl Future<Output = ()>,
) {
    let admin = Arc::new(admin);
    let service = service_fn(move |request| Arc::clone(&admin).answer(request));
    let connections = (connections() / 32).clamp(2, ADMIN_CONNECTIONS);
    serve_at_most(connections, listener, service, stop).await;
}

/// Comes back once whoever has the other end is done.
pub(super) async fn gone(mut sender: watch::Receiver<()>) {
    while sender.changed().await.is_ok() {}
}

/// At most at once. The webhook's leave a descriptor free for each, of which these take a part.
const ADMIN_CONNECTIONS: u16 = 16;

/// Deliveries have 18 s, and then messages 25 s.
const LONGEST_STOP: Duration = Duration::from_secs(45);
