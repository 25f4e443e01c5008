//! The applications of `examples/languages`, as they are, told by the daemon and by whoever else reaches them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::process::{Child, Command};
use untis_webhook_testkit::{Delivery, School, SigningKey};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::wire::{self, Connection};

use crate::daemon::{Daemon, Folder, SECRET, STORE_KEY, TOKEN};
use crate::port::Port;
use crate::within;

#[tokio::test]
#[ignore = "needs Java with Jackson: libjackson2-databind-java"]
async fn an_application_in_java_checks_what_it_is_told_and_asks_for_credentials() {
    application("java", &["java", "-cp", "/usr/share/java/*", "App.java"]).await;
}

#[tokio::test]
#[ignore = "needs Node with standardwebhooks: .ci/standardwebhooks"]
async fn an_application_in_node_checks_what_it_is_told_and_asks_for_credentials() {
    application("node", &["node", "app.mjs"]).await;
}

#[tokio::test]
#[ignore = "needs PHP with PDO for SQLite: php-cli, php-sqlite3"]
async fn an_application_in_php_checks_what_it_is_told_and_asks_for_credentials() {
    application("php", &["php", "-S", "ADDRESS", "app.php"]).await;
}

#[tokio::test]
#[ignore = "needs Python with standardwebhooks: .ci/standardwebhooks"]
async fn an_application_in_python_checks_what_it_is_told_and_asks_for_credentials() {
    application("python", &["python3", "app.py"]).await;
}

async fn application(language: &str, command: &[&str]) {
    let folder = Folder::new();
    fs::write(folder.path().join("untis-public.txt"), SigningKey::shared().public_key_base64()).unwrap();
    let port = Port::any();
    let mut daemon = Daemon::new(&folder, "daemon", "sqlite:tenants.db", &port);
    let _application = start(&folder, language, command, &port, daemon.api());
    let stranger = Sender::new(&folder, &port);
    within(START, "an application that listens", async || Connection::try_to(port.address()).await.ok())
        .await;
    daemon.start().await;

    what_the_platform_does_reaches_it(&folder, &daemon).await;
    it_takes_nothing_but_the_daemons(&folder, &stranger).await;
    what_it_could_not_handle_is_told_again(&folder, &stranger, &mut daemon).await;

    let mut hidden = Hidden::default();
    for file in [STORE_KEY, TOKEN, SECRET] {
        folder.read(file).lines().for_each(|secret| hidden.secret(secret));
    }
    hidden.text("-password-");
    hidden.text("-secret-");
    hidden.assert_absent("what it prints", &folder.read(LOG));
    assert!(daemon.stop().await.success());
    println!("{language}: told and asked; {} of a stranger refused", stranger.forgeries(b"").len());
}

/// The shipped file, where its secrets are.
fn start(folder: &Folder, language: &str, command: &[&str], port: &Port, api: u16) -> Child {
    let file = command.last().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/languages").join(language);
    fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
    if let Some(modules) = std::env::var_os("NODE_PATH") {
        symlink(modules, folder.path().join("node_modules")).unwrap();
    }
    let address = port.address().to_string();
    let words = command.iter().map(|word| if *word == "ADDRESS" { &address } else { *word });
    let words: Vec<_> = words.collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder.path());
    command.env("PORT", port.number().to_string()).env("API", format!("127.0.0.1:{api}"));
    command.stdout(folder.log(LOG)).stderr(folder.log(LOG)).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}", words[0]))
}

async fn what_the_platform_does_reaches_it(folder: &Folder, daemon: &Daemon) {
    let mut school = School::new(SigningKey::shared(), SCHOOL).client_id(CLIENT).set("host", HOST);
    type Step = (fn(&mut School) -> Delivery, &'static str);
    let steps: [Step; 6] = [
        (School::activate, ACTIVE),
        (School::reset, ACTIVE),
        (School::deactivate, "deactivated, stop working for it"),
        (School::reactivate_with_new_credentials, ACTIVE),
        (School::delete, "deleted, stop working for it"),
        (School::reactivate_with_new_credentials, ACTIVE),
    ];
    for (step, says) in steps {
        let before = said(folder, says);
        assert_eq!(daemon.deliver(&step(&mut school)).await.status, 204);
        within(PATIENCE, says, async || (said(folder, says) == before + 1).then_some(())).await;
        let is_told = async || (daemon.metric(WAITING).await == Some(0.0)).then_some(());
        within(PATIENCE, "its answer", is_told).await;
        // What it was given, or would be.
        let asked = daemon.ask(folder, "/v1/tenants/a%20school%2F1/credentials").await;
        match school.credentials() {
            None => assert_eq!(asked.status, 404),
            Some(credentials) => {
                let found: Value = serde_json::from_str(&asked.body).unwrap();
                let text = |name: &str| found[name].as_str().unwrap();
                assert_eq!((text("clientId"), text("host")), (CLIENT, HOST));
                assert_eq!(
                    (text("secret"), text("password")),
                    (&*credentials.secret, &*credentials.password)
                );
            }
        }
    }
    assert_eq!(said(folder, ERASED), 1);
    // To the application four times, and to the test as often.
    assert_eq!(daemon.metric("untis_webhook_credentials_handed_out_total").await, Some(8.0));
}

async fn it_takes_nothing_but_the_daemons(folder: &Folder, stranger: &Sender<'_>) {
    let before = folder.read(LOG).matches(SCHOOL).count();
    let newer = message(SCHOOL, 1000);
    for (what, forgery) in stranger.forgeries(&newer) {
        assert_eq!(stranger.send(&forgery, &newer).await, Some(401), "{what}");
    }
    // What came before, by the same secret: of some time ago, and in a rotation.
    let again = message(SCHOOL, 6);
    for headers in [
        stranger.headers(-TOLERATED, &again, &[&stranger.secret]),
        stranger.headers(TOLERATED, &again, &[&stranger.secret]),
        stranger.headers(0, &again, &[b"the one before", &stranger.secret]),
        stranger.headers(0, &again, &[&stranger.secret, b"the one after"]),
    ] {
        assert_eq!(stranger.send(&headers, &again).await, Some(204));
    }
    assert_eq!(folder.read(LOG).matches(SCHOOL).count(), before, "{}", folder.read(LOG));
}

async fn what_it_could_not_handle_is_told_again(folder: &Folder, stranger: &Sender<'_>, daemon: &mut Daemon) {
    // Told of a school that is not active any more when it asks.
    let gone = message("gone", 1);
    assert_eq!(stranger.send_genuine(&gone).await, Some(204));
    assert_eq!(folder.read(LOG).matches("gone: ").count(), 0);

    daemon.kill().await;
    let before = said(folder, ACTIVE);
    let newer = message(SCHOOL, 7);
    let answer = stranger.send_genuine(&newer).await;
    assert!(answer.is_none_or(|status| status >= 500), "{answer:?}");
    daemon.start().await;
    assert_eq!(stranger.send_genuine(&newer).await, Some(204));
    assert_eq!(said(folder, ACTIVE), before + 1);
}

/// How often the application has said this of the school.
fn said(folder: &Folder, says: &str) -> usize {
    folder.read(LOG).matches(&format!("{SCHOOL}: {says}")).count()
}

/// That this school is active, as the daemon would say it.
fn message(tenant_id: &str, version: u64) -> Vec<u8> {
    let data = json!({
        "tenantId": tenant_id, "environment": "production", "status": "active", "version": version,
        "previousVersion": version - 1, "deletedSince": false, "contested": false, "refused": false,
    });
    let message = json!({ "type": "tenant.updated", "timestamp": "2026-01-01T00:00:00Z", "data": data });
    message.to_string().into_bytes()
}

/// Whoever reaches the application.
struct Sender<'a> {
    port: &'a Port,
    secret: Vec<u8>,
}

type Headers = Vec<(&'static str, String)>;

impl<'a> Sender<'a> {
    fn new(folder: &Folder, port: &'a Port) -> Self {
        let secret = folder.read(SECRET);
        let secret = BASE64_STANDARD.decode(secret.trim().trim_start_matches("whsec_")).unwrap();
        Self { port, secret }
    }

    /// Those of a message that is signed with each of these secrets, so many seconds from now.
    fn headers(&self, seconds: i64, body: &[u8], secrets: &[&[u8]]) -> Headers {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let timestamp = now.checked_add_signed(seconds).unwrap().to_string();
        let signatures = secrets.iter().map(|secret| {
            let mut hmac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            hmac.update(format!("{ID}.{timestamp}.").as_bytes());
            hmac.update(body);
            format!("v1,{}", BASE64_STANDARD.encode(hmac.finalize().into_bytes()))
        });
        let signatures = signatures.collect::<Vec<_>>().join(" ");
        vec![
            ("webhook-id", ID.to_owned()),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signatures),
        ]
    }

    /// What is not the daemon's, each for one reason.
    fn forgeries(&self, body: &[u8]) -> Vec<(&'static str, Headers)> {
        let genuine = || self.headers(0, body, &[&self.secret]);
        let with = |header: usize, change: fn(&str) -> String| {
            let mut headers = genuine();
            headers[header].1 = change(&headers[header].1);
            headers
        };
        let without = |header: usize| {
            let mut headers = genuine();
            headers.remove(header);
            headers
        };
        vec![
            ("old", self.headers(-TOLERATED - 40, body, &[&self.secret])),
            ("of the future", self.headers(TOLERATED + 40, body, &[&self.secret])),
            ("signed by others", self.headers(0, body, &[b"a stranger", b"another"])),
            ("over another body", self.headers(0, b"{}", &[&self.secret])),
            ("another id", with(0, |id| format!("{id}0"))),
            ("another time", with(1, |time| (time.parse::<u64>().unwrap() - 1).to_string())),
            ("no time", with(1, |_| "now".to_owned())),
            ("another version", with(2, |signature| signature.replace("v1,", "v2,"))),
            ("without its version", with(2, |signature| signature.replace("v1,", ""))),
            ("half a signature", with(2, |signature| signature[..signature.len() / 2].to_owned())),
            ("an empty signature", with(2, |_| "v1,".to_owned())),
            ("no id", without(0)),
            ("no timestamp", without(1)),
            ("no signature", without(2)),
        ]
    }

    async fn send_genuine(&self, body: &[u8]) -> Option<u16> {
        self.send(&self.headers(0, body, &[&self.secret]), body).await
    }

    /// The status, or none if it closes without one.
    async fn send(&self, headers: &Headers, body: &[u8]) -> Option<u16> {
        let headers = headers.iter().map(|(name, value)| (*name, &**value));
        let length = body.len().to_string();
        let headers: Vec<_> = headers.chain([("content-length", &*length)]).collect();
        let request = Request::post("/untis").body(Bytes::new()).unwrap();
        let mut connection = Connection::to(self.port.address()).await;
        connection.send([wire::head(&request, &headers).as_bytes(), body].concat()).await;
        connection.response().await.map(|response| response.status)
    }
}

/// With what has to be encoded in a path.
const SCHOOL: &str = "a school/1";

const CLIENT: &str = "the-client";
const HOST: &str = "school.example";

const ACTIVE: &str = "active, as the-client at school.example";
const ERASED: &str = "erase what there is of it";

const WAITING: &str = "untis_webhook_changes_waiting";

const LOG: &str = "application.log";
const ID: &str = "msg_1";

/// Seconds: within the five minutes of Standard Webhooks, and with what is added to it beyond them.
const TOLERATED: i64 = 270;

/// Java compiles it first.
const START: Duration = Duration::from_secs(60);

/// The application is told within a second, and once more within five.
const PATIENCE: Duration = Duration::from_secs(20);
