//! The application as it is built and run, a pretend platform, and the database between them.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::path::PathBuf;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};
use tempfile::TempDir;
use untis_webhook_tenants::StoreKey;
use untis_webhook_testkit::{Delivery, School, TokenEndpoint};
use untis_webhook_tests::platform::PLATFORM;
use untis_webhook_tests::receiver::{Program, Receiver};
use untis_webhook_tests::wire::{head_of, status};

pub(crate) struct Setup {
    folder: TempDir,
    pub(crate) endpoint: TokenEndpoint,
    fetch_seconds: u32,
}

impl Setup {
    /// With rounds that are an hour apart.
    pub(crate) fn new() -> Self {
        Self::with_rounds_every(3600)
    }

    pub(crate) fn with_rounds_every(fetch_seconds: u32) -> Self {
        let (folder, endpoint) = (tempfile::tempdir().unwrap(), TokenEndpoint::start());
        let setup = Self { folder, endpoint, fetch_seconds };
        std::fs::write(setup.file("store.key"), StoreKey::generate().unwrap().to_base64()).unwrap();
        setup
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn program(&self) -> Program {
        let env = vec![
            ("FETCH_SECONDS", self.fetch_seconds.to_string()),
            ("UNTIS_WEBHOOK_CLIENT_IDS", "test-client-id".to_owned()),
            ("UNTIS_WEBHOOK_DATABASE", format!("sqlite:{}", self.file("app.db").display())),
            ("UNTIS_WEBHOOK_PROBE_URL", self.endpoint.url()),
            ("UNTIS_WEBHOOK_STORE_KEYS", format!("first={}", self.file("store.key").display())),
        ];
        Program { name: "tenant-app", path: env!("CARGO_BIN_EXE_tenant-app"), args: &[], env }
    }

    /// Starts it, and waits until its first round is over: what comes then, the handler brings about.
    pub(crate) async fn start(&self) -> Receiver {
        let mut app = Receiver::start_with_log(&self.program(), &keys(), "info").await;
        app.until(|log| log.contains("a round is over")).await;
        app
    }

    pub(crate) fn school(&self, tenant_id: &str) -> School {
        School::new(&PLATFORM, tenant_id).at(&self.endpoint)
    }

    /// Status and version in the application's own table.
    pub(crate) async fn school_row(&self, tenant_id: &str) -> Option<(String, i64)> {
        let row = sqlx::query_as("SELECT status, version FROM schools WHERE tenant_id = $1").bind(tenant_id);
        row.fetch_optional(&mut self.database().await).await.unwrap()
    }

    /// How often something was fetched for the school, as far as it is kept.
    pub(crate) async fn fetched(&self, tenant_id: &str) -> Option<i64> {
        let times = sqlx::query_scalar("SELECT times FROM fetched WHERE tenant_id = $1").bind(tenant_id);
        times.fetch_optional(&mut self.database().await).await.unwrap()
    }

    /// Changes the database, from beside the application.
    pub(crate) async fn execute(&self, statement: &'static str) {
        self.database().await.execute(statement).await.unwrap();
    }

    pub(crate) async fn database(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.file("app.db")).connect().await.unwrap()
    }
}

/// What the application trusts.
pub(crate) fn keys() -> String {
    format!("production={}", PLATFORM.public_key_base64())
}

/// The status that answers this delivery.
pub(crate) async fn deliver(app: &Receiver, delivery: &Delivery) -> u16 {
    let body = str::from_utf8(delivery.body()).unwrap();
    status(app.address, head_of(delivery) + body).await
}

/// That the application was told of this version.
pub(crate) fn told(tenant_id: &str, version: u64) -> impl Fn(&str) -> bool {
    said("the application is told", tenant_id, version)
}

/// That something was fetched with the credentials of this version, and kept.
pub(crate) fn fetched(tenant_id: &str, version: u64) -> impl Fn(&str) -> bool {
    said("fetched", tenant_id, version)
}

fn said(what: &'static str, tenant_id: &str, version: u64) -> impl Fn(&str) -> bool {
    let parts = [format!(" {what} tenant=\"{tenant_id}\""), format!(" version={version}")];
    move |log| log.lines().any(|line| parts.iter().all(|part| line.contains(part)))
}

/// So many rounds.
pub(crate) fn rounds(log: &str) -> usize {
    log.matches("a round is over").count()
}
