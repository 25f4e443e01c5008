//! The daemon as it runs, over real sockets and a real database.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use untis_webhook::event::Secret;
use untis_webhook_config::Config;
use untis_webhook_tenants::{KeyRing, Registry, StoreKey};
use untis_webhook_tenants_sqlx::SqliteStore;
use untis_webhook_testkit::{Delivery, SigningKey};
use untis_webhook_tests::log::Log;
use untis_webhook_tests::wait::within;
use untis_webhook_tests::wire::{self, Connection};

use crate::serve::daemon::{Addresses, Daemon};
use crate::serve::error::StartError;
use crate::serve::sockets::Sockets;
use crate::settings::{Api, ApiListen, Database, LogFormat, Mode, Notify, Settings, Source, Tenants};

mod admin;
mod api;
mod openapi;
mod outage;
mod page;
mod passing_on;
mod places;
mod probing;
#[cfg(unix)]
mod process;
mod receiving;
mod reloading;
mod starting;
mod stopping;
mod telling;
mod tls;

/// What a daemon is started with, and the folder in which its database is.
struct Setup {
    folder: TempDir,
    store_key: StoreKey,
    settings: Settings,
}

impl Setup {
    /// Tenants in SQLite, an API with a token, and nobody to tell.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store_key = StoreKey::generate().unwrap();
        let settings = Settings {
            webhook: config(&[("2026", SigningKey::shared())]),
            listen: any_port(),
            tls: None,
            path: "/webhook".to_owned(),
            admin_listen: any_port(),
            log: EnvFilter::default(),
            log_format: LogFormat::Text,
            source: Source::default(),
            mode: Mode::Tenants(Box::new(Tenants {
                environment: "production".to_owned(),
                environment_keys: None,
                client_ids: Vec::new(),
                database: Database::Sqlite(folder.path().join("tenants.db")),
                ring: KeyRing::new("first", store_key.clone()).unwrap(),
                secret_files: Vec::new(),
                grace: Duration::from_secs(30 * 24 * 60 * 60),
                destroy_deleted_at_once: false,
                api: Some(Api { listen: ApiListen::Tcp(any_port()), tokens: vec![Secret::new(TOKEN)] }),
                notify: None,
                probe: None,
            })),
        };
        Self { folder, store_key, settings }
    }

    fn tenants(&mut self) -> &mut Tenants {
        let Mode::Tenants(tenants) = &mut self.settings.mode else { panic!("a registry") };
        tenants
    }

    /// With an application to tell.
    fn telling(mut self, url: &str) -> Self {
        self.tenants().notify =
            Some(Notify { url: url.parse().unwrap(), secrets: vec![Secret::new(&secret(1))] });
        self
    }

    async fn start(self) -> Running {
        self.try_start().await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn try_start(self) -> Result<Running, StartError> {
        let Self { folder, store_key, settings } = self;
        let keys = settings.webhook.keys.clone();
        let daemon = Daemon::open(settings, Sockets::default()).await?;
        let addresses = daemon.addresses();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(daemon.run_until(async { drop(stopped.await) }));
        Ok(Running { folder, store_key, keys, addresses, stop, served })
    }
}

/// A daemon, until it is stopped.
struct Running {
    folder: TempDir,
    store_key: StoreKey,
    keys: untis_webhook::KeySet,
    addresses: Addresses,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Running {
    /// Sends a delivery, and gives the status of the answer.
    async fn deliver(&self, delivery: &Delivery) -> u16 {
        self.deliver_to("POST", "/webhook", delivery).await.status
    }

    async fn deliver_to(&self, method: &str, path: &str, delivery: &Delivery) -> wire::Response {
        let mut request = delivery.clone().into_request(path);
        *request.method_mut() = method.parse().unwrap();
        let length = delivery.body().len().to_string();
        let mut connection = Connection::to(self.addresses.webhook).await;
        connection.send(wire::head(&request, &[("content-length", &length)])).await;
        connection.send(delivery.body()).await;
        connection.response().await.unwrap()
    }

    /// Asks the API with its token.
    async fn ask(&self, target: &str) -> (u16, Value) {
        let response = get(self.addresses.api.unwrap(), target, &[("authorization", BEARER)]).await;
        (response.status, serde_json::from_str(&response.body).unwrap())
    }

    /// Asks the admin listener.
    async fn admin(&self, target: &str) -> (u16, String) {
        let response = get(self.addresses.admin, target, &[]).await;
        (response.status, response.body)
    }

    /// The value of a metric, with its labels as they are written.
    async fn metric(&self, name: &str) -> Option<f64> {
        let (_, metrics) = self.admin("/metrics").await;
        let values = metrics.lines().filter_map(|line| line.rsplit_once(' '));
        values.into_iter().find_map(|(other, value)| (other == name).then(|| value.parse().unwrap()))
    }

    /// Another instance's view of the same database.
    async fn registry(&self) -> Registry<SqliteStore> {
        let ring = KeyRing::new("first", self.store_key.clone()).unwrap();
        Registry::builder(&self.keys, ring).open(self.store().await).await.unwrap()
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::open(self.folder.path().join("tenants.db")).await.unwrap()
    }

    async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        timeout(Duration::from_secs(30), self.served).await.expect("an end").unwrap();
        self.folder
    }
}

async fn get(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> wire::Response {
    request(address, "GET", target, headers).await
}

async fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> wire::Response {
    let request = Request::builder().method(method).uri(target).body(Bytes::new()).unwrap();
    let mut connection = Connection::to(address).await;
    connection.send(wire::head(&request, headers)).await;
    connection.response().await.unwrap()
}

fn config(keys: &[(&str, &SigningKey)]) -> Config {
    let keys: Vec<_> = keys.iter().map(|(name, key)| format!("{name}={}", key.public_key_base64())).collect();
    let keys = keys.join(",");
    Config::from_vars(|name| (name == "UNTIS_WEBHOOK_KEYS").then(|| keys.clone())).unwrap()
}

fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn secret(number: u8) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode([number; 32]))
}

/// What is logged by this thread, on which everything runs.
fn log() -> (Log, DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.writer())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

/// A pretend application, which is told.
struct Application {
    address: SocketAddr,
    told: mpsc::UnboundedReceiver<Told>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// What it was told.
#[derive(Clone, Debug)]
struct Told {
    path: String,
    headers: HashMap<String, String>,
    body: Bytes,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

/// What it answers.
enum Answer {
    Hangs,
    /// 204, after a second.
    Late,
    Status(u16),
    With(u16, &'static str, &'static str),
}

impl Application {
    /// That answers the first message with the first of these, and all from the last on with the last.
    async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_at(any_port(), answers).await
    }

    async fn start_at(address: SocketAddr, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        let answers = Arc::new(Mutex::new(answers));
        let service = service_fn(move |request: Request<Incoming>| {
            let (tell, answers) = (tell.clone(), Arc::clone(&answers));
            async move {
                let (head, body) = request.into_parts();
                let headers = head.headers.iter();
                let headers =
                    headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
                let body = body.collect().await.unwrap().to_bytes();
                let _ = tell.send(Told { path: head.uri.to_string(), headers: headers.collect(), body });
                let answer = {
                    let mut answers = answers.lock().unwrap();
                    match answers.len() {
                        1 => match &answers[0] {
                            Answer::Hangs => Answer::Hangs,
                            Answer::Late => Answer::Late,
                            Answer::Status(status) => Answer::Status(*status),
                            Answer::With(status, name, value) => Answer::With(*status, name, value),
                        },
                        _ => answers.pop().unwrap(),
                    }
                };
                let response = Response::builder();
                Ok(match answer {
                    Answer::Hangs => std::future::pending().await,
                    Answer::Late => {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        response.status(204)
                    }
                    Answer::Status(status) => response.status(status),
                    Answer::With(status, name, value) => response.status(status).header(name, value),
                }
                .body(Full::<Bytes>::default())
                .unwrap())
            }
        });
        let stopped = async { drop(stopped.await) };
        let served = tokio::spawn(untis_webhook_serve::serve(listener, service, stopped));
        Self { address, told, stop, served }
    }

    fn url(&self) -> String {
        format!("http://{}/hook?from=untis", self.address)
    }

    /// The next message that comes.
    async fn told(&mut self) -> Told {
        timeout(Duration::from_secs(20), self.told.recv()).await.expect("a message within 20 s").unwrap()
    }

    /// Is down from now on.
    async fn stop(self) -> SocketAddr {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
        self.address
    }
}

/// Waits for what comes about by itself, with a bound.
async fn eventually<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    within(Duration::from_secs(20), "it", async || look().await).await
}

const TOKEN: &str = "a token of forty-one characters, at least";

const BEARER: &str = "Bearer a token of forty-one characters, at least";
