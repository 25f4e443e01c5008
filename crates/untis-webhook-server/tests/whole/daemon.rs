use std::fs::{self, File};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use untis_webhook_testkit::Delivery;
use untis_webhook_tests::port::Port;
use untis_webhook_tests::wait::within;
use untis_webhook_tests::wire::{self, Connection};

/// What instances share: their keys and secrets, and where what they log goes.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (kind, file) in [("store-key", STORE_KEY), ("token", TOKEN), ("secret", SECRET)] {
            let keygen = ["keygen", kind, file];
            let made = std::process::Command::new(PROGRAM).args(keygen).current_dir(folder.path()).output();
            assert!(made.unwrap().status.success());
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// A file that what runs in the folder writes to, behind what is there.
    pub(crate) fn log(&self, file: &str) -> File {
        File::options().create(true).append(true).open(self.path().join(file)).unwrap()
    }
}

/// An instance: the built program, at ports that stay the same.
pub(crate) struct Daemon {
    webhook: Port,
    admin: Port,
    api: Port,
    command: Command,
    child: Option<Child>,
}

impl Daemon {
    /// That logs to `NAME.log`.
    pub(crate) fn new(folder: &Folder, name: &str, database: &str, application: &Port) -> Self {
        Self::started_by(&[], folder, name, database, application)
    }

    /// One that is another program before it is itself.
    pub(crate) fn started_by(
        program: &[&str],
        folder: &Folder,
        name: &str,
        database: &str,
        application: &Port,
    ) -> Self {
        let [webhook, admin, api] = [(); 3].map(|()| Port::any());
        let env = [
            ("LISTEN", webhook.address().to_string()),
            ("UNTIS_WEBHOOK_ADMIN_LISTEN", admin.address().to_string()),
            ("UNTIS_WEBHOOK_API_LISTEN", api.address().to_string()),
            ("UNTIS_WEBHOOK_KEYS", "2026=untis-public.txt".to_owned()),
            ("UNTIS_WEBHOOK_STORE_KEYS", format!("first={STORE_KEY}")),
            ("UNTIS_WEBHOOK_API_TOKEN_FILE", TOKEN.to_owned()),
            ("UNTIS_WEBHOOK_DATABASE", database.to_owned()),
            ("UNTIS_WEBHOOK_NOTIFY_URL", format!("http://{}/untis", application.address())),
            ("UNTIS_WEBHOOK_NOTIFY_SECRET_FILE", SECRET.to_owned()),
            ("RUST_LOG", "debug".to_owned()),
        ];
        let program = [program, &[PROGRAM, "serve"]].concat();
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).current_dir(folder.path());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(env);
        let log = || folder.log(&format!("{name}.log"));
        command.stdout(log()).stderr(log()).kill_on_drop(true);
        Self { webhook, admin, api, command, child: None }
    }

    /// Comes back when it is ready.
    pub(crate) async fn start(&mut self) {
        let child = self.child.insert(self.command.spawn().unwrap());
        let admin = &self.admin;
        within(READY, "a daemon that is ready", async || {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "the daemon has ended, and its log says why");
            (get(admin, "/readyz", &[]).await?.status == 200).then_some(())
        })
        .await;
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.child.take().expect("a daemon that runs").kill().await.unwrap();
    }

    /// SIGTERM, and all that it has to end.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a daemon that runs");
        kill_process(pid(&child), Signal::TERM).unwrap();
        timeout(STOP, child.wait()).await.expect("an end").unwrap()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    pub(crate) fn pid(&self) -> Pid {
        pid(self.child.as_ref().expect("a daemon that runs"))
    }

    /// As a sender is told where it is.
    pub(crate) fn instance(&self) -> String {
        format!("{}:{}", self.webhook.number(), self.admin.number())
    }

    pub(crate) fn api(&self) -> u16 {
        self.api.number()
    }

    /// Sends it a delivery.
    pub(crate) async fn deliver(&self, delivery: &Delivery) -> wire::Response {
        let mut connection = Connection::to(self.webhook.address()).await;
        connection.send([wire::head_of(delivery).as_bytes(), delivery.body()].concat()).await;
        connection.response().await.expect("an answer")
    }

    /// Asks its API.
    pub(crate) async fn ask(&self, folder: &Folder, target: &str) -> wire::Response {
        let bearer = format!("Bearer {}", folder.read(TOKEN).trim());
        get(&self.api, target, &[("authorization", &bearer)]).await.expect("an answer")
    }

    /// Asks its admin listener.
    pub(crate) async fn admin(&self, target: &str) -> wire::Response {
        get(&self.admin, target, &[]).await.expect("an answer")
    }

    /// The value of a metric that has no labels.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let metrics = self.admin("/metrics").await.body;
        let values = metrics.lines().filter_map(|line| line.rsplit_once(' '));
        values.into_iter().find_map(|(other, value)| (other == name).then(|| value.parse().unwrap()))
    }
}

fn pid(child: &Child) -> Pid {
    let pid = child.id().and_then(|pid| pid.try_into().ok()).and_then(Pid::from_raw);
    pid.expect("a process that was not waited for")
}

/// `None` if nobody listens there, or does not answer.
async fn get(port: &Port, target: &str, headers: &[(&str, &str)]) -> Option<wire::Response> {
    let request = Request::get(target).body(Bytes::new()).unwrap();
    let mut connection = Connection::try_to(port.address()).await.ok()?;
    connection.try_send(wire::head(&request, headers)).await.ok()?;
    connection.response().await
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_untis-webhookd");

pub(crate) const STORE_KEY: &str = "store-key.txt";
pub(crate) const TOKEN: &str = "api-token.txt";
pub(crate) const SECRET: &str = "notify-secret.txt";

const READY: Duration = Duration::from_secs(30);

/// Longer than the daemon takes at most.
const STOP: Duration = Duration::from_secs(60);
