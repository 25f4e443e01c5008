//! The applications of `examples/languages`, as they are, told by the daemon and by whoever else reaches them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use untis_webhook_testkit::{Delivery, School, SigningKey};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::port::Port;
use untis_webhook_tests::wait::within;
use untis_webhook_tests::wire::Connection;

use crate::daemon::{Daemon, Folder, SECRET, STORE_KEY, TOKEN};
use crate::stranger::{Stranger, TOLERATED};

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
    // In a rotation of the secret, so that each message has two signatures, of which the second is for the application.
    let secret = format!("whsec_{}", BASE64_STANDARD.encode([7; 32]));
    fs::write(folder.path().join(SECRET), format!("{}\n{secret}\n", folder.read(SECRET).trim())).unwrap();
    let port = Port::any();
    let mut daemon = Daemon::new(&folder, "daemon", "sqlite:tenants.db", &port);
    let _application = start(&folder, language, command, &secret, &port, daemon.api());
    let stranger = Stranger::new(&secret, &port);
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

/// The shipped file, in a folder of its own with its secrets.
fn start(folder: &Folder, language: &str, command: &[&str], secret: &str, port: &Port, api: u16) -> Child {
    let (home, file) = (folder.path().join("application"), command.last().unwrap());
    fs::create_dir(&home).unwrap();
    fs::write(home.join(SECRET), secret).unwrap();
    fs::copy(folder.path().join(TOKEN), home.join(TOKEN)).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/languages").join(language);
    fs::copy(shipped.join(file), home.join(file)).unwrap();
    if let Some(modules) = std::env::var_os("NODE_PATH") {
        symlink(modules, home.join("node_modules")).unwrap();
    }
    let address = port.address().to_string();
    let words = command.iter().map(|word| if *word == "ADDRESS" { &address } else { *word });
    let words: Vec<_> = words.collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(home);
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

async fn it_takes_nothing_but_the_daemons(folder: &Folder, stranger: &Stranger<'_>) {
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

async fn what_it_could_not_handle_is_told_again(
    folder: &Folder,
    stranger: &Stranger<'_>,
    daemon: &mut Daemon,
) {
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

/// With what has to be encoded in a path.
const SCHOOL: &str = "a school/1";

const CLIENT: &str = "the-client";
const HOST: &str = "school.example";

const ACTIVE: &str = "active, as the-client at school.example";
const ERASED: &str = "erase what there is of it";

const WAITING: &str = "untis_webhook_changes_waiting";

const LOG: &str = "application.log";

/// Java compiles it first.
const START: Duration = Duration::from_secs(60);

/// The application is told within a second, and once more within five.
const PATIENCE: Duration = Duration::from_secs(20);
