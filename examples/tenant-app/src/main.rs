//! An application that Untis calls: it keeps a table of its schools, and does something for each that is active. An
//! example of the registry: copy it, and put your own code in the place of [`schools`] and [`job`].
//!
//! What can be set is in [`settings`], and in [`receiver_support`].

mod job;
mod platform;
mod schools;
mod settings;
mod webhook;

use std::error::Error;
use std::future::pending;
use std::process::ExitCode;

use hyper_util::service::TowerToHyperService;
use receiver_support::{Stop, causes};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use untis_webhook_axum::{KeySet, Verifier};
use untis_webhook_tenants::{Registry, TokenProbe};
use untis_webhook_tenants_sqlx::SqliteStore;

use crate::job::Job;
use crate::schools::Schools;
use crate::settings::{API_URL, DATABASE, Settings};

fn main() -> ExitCode {
    receiver_support::run("tenant-app", async |webhook| {
        let app = App::open(&webhook.keys, Settings::from_env()?).await?;
        Ok(async |listener, verifier, stop| app.serve(listener, verifier, stop).await)
    })
}

struct App {
    registry: Registry<SqliteStore>,
    schools: Schools,
    activated: mpsc::Receiver<String>,
    job: Option<Job>,
    probe: Option<TokenProbe>,
}

impl App {
    /// Opens the database, and what is in it: the registry, and the application's own tables.
    async fn open(keys: &KeySet, settings: Settings) -> Result<Self, Box<dyn Error>> {
        let in_database = |error: &(dyn Error + 'static)| format!("{DATABASE}: {}", causes(error));
        let store = SqliteStore::open(&settings.database).await.map_err(|error| in_database(&error))?;
        let (schools, activated) =
            Schools::open(store.pool().clone()).await.map_err(|error| in_database(&error))?;

        let mut registry = Registry::builder(keys, settings.store_keys)
            .environment(settings.environment)
            .client_ids(settings.client_ids);
        if let Some(names) = settings.environment_keys {
            registry = registry.environment_keys(names);
        }
        let registry = registry.open(store).await.map_err(|error| causes(&error))?;
        let job = settings.platform.map(|platform| Job {
            registry: registry.clone(),
            platform,
            schools: schools.clone(),
            every: settings.every,
        });
        Ok(Self { registry, schools, activated, job, probe: settings.probe })
    }

    /// Serves until it is to stop. Then what has begun is ended, in this order: requests; the job; what the worker is
    /// telling; the database.
    async fn serve(self, listener: TcpListener, verifier: Verifier, stop: Stop) {
        let service = TowerToHyperService::new(webhook::app(verifier, self.registry.clone()));
        let (serving, served) = oneshot::channel::<()>();
        let requests = async {
            tokio::select! {
                () = receiver_support::serve(listener, service, stop) => {}
                () = run(self.job, self.activated) => {}
            }
            drop(serving);
        };
        let mut worker = self.registry.worker(self.schools);
        if let Some(probe) = self.probe {
            worker = worker.probe(probe);
        }
        let telling = worker.run_until(async {
            let _ = served.await;
        });
        tokio::join!(requests, telling);
        self.registry.store().pool().close().await;
    }
}

async fn run(job: Option<Job>, activated: mpsc::Receiver<String>) {
    match job {
        Some(job) => job.run(activated).await,
        None => {
            tracing::warn!("nothing is fetched: {API_URL} is not set");
            pending().await
        }
    }
}
