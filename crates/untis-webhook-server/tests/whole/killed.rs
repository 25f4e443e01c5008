//! The daemon is killed and the application is down, again and again, and in the end the application knows what the
//! platform knows, and no log knows a secret.

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::wait::within;

use crate::application::{Answers, Application, View};
use crate::daemon::{Daemon, Folder, SECRET, STORE_KEY, TOKEN};
use crate::database::Database;
use crate::platform::{self, LIFE, Platform};

#[tokio::test]
#[ignore = "needs Java, Node with standardwebhooks, PostgreSQL: .ci/postgres .ci/standardwebhooks"]
async fn what_the_application_knows_is_what_the_platform_knows_over_postgresql() {
    whole(Database::postgres().await).await;
}

#[tokio::test]
#[ignore = "needs Java, Node with standardwebhooks: .ci/standardwebhooks"]
async fn what_the_application_knows_is_what_the_platform_knows_over_sqlite() {
    let folder = TempDir::new().unwrap();
    whole(Database::sqlite(folder.path())).await;
}

async fn whole(database: Database) {
    let folder = Folder::new();
    let mut application = Application::new();
    let mut daemon = Daemon::new(&folder, "daemon", &database.url, application.port());
    let apis = [daemon.api()];
    let platform = Platform::start(&folder, SCHOOLS, &[daemon.instance()]).await;
    daemon.start().await;
    let begun = Instant::now();
    let kill = async {
        for kill in 1..=KILLS {
            assert!(platform.has_answers(SCHOOLS * LIFE * kill / (KILLS + 1)).await, "the platform goes on");
            // At another moment of what is under way each time.
            sleep(Duration::from_micros((kill * 617 % 9000).try_into().unwrap())).await;
            daemon.kill().await;
            daemon.start().await;
        }
        platform.has_answers(SCHOOLS * LIFE).await
    };
    let mut down = Duration::ZERO;
    let come_and_go = async {
        for answers in [Answers::Not, Answers::Unavailable].into_iter().cycle() {
            application.start(&folder, &apis, Answers::Truly).await;
            sleep(2 * DOWN).await;
            let since = Instant::now();
            application.start(&folder, &apis, answers).await;
            sleep(DOWN).await;
            down += since.elapsed();
        }
    };
    tokio::select! {
        has_all = kill => assert!(has_all, "the platform goes on"),
        () = come_and_go => unreachable!("it does not end"),
    }
    let (sent, delivered) = (platform.end().await, begun.elapsed());
    assert_eq!(
        (sent.count("genuine"), sent.count("forged")),
        (SCHOOLS * (LIFE - 1), SCHOOLS),
        "{}",
        sent.counts
    );
    assert!(down * 4 > delivered, "{down:?} of {delivered:?}");

    application.start(&folder, &apis, Answers::Truly).await;
    let model = platform::model(&folder);
    assert_eq!(model.len(), SCHOOLS);
    let knows_all = async || (View::of(&folder).schools == model).then_some(());
    within(PATIENCE, "the application knows what the platform knows", knows_all).await;
    let has_told = async || (daemon.metric("untis_webhook_changes_waiting").await == Some(0.0)).then_some(());
    within(PATIENCE, "nothing waits to be told", has_told).await;
    let known = begun.elapsed();

    let view = View::of(&folder);
    assert_eq!(view.out_of_order(), Vec::<&String>::new());
    assert!(daemon.stop().await.success());
    let (mut logs, hidden) = (Vec::new(), hidden(&folder, &database));
    for file in ["daemon.log", "node.log", "java.log"] {
        logs.push((file, folder.read(file)));
    }
    logs.push(("the log of Java", sent.log));
    if let Some(log) = &database.log {
        logs.push(("the log of PostgreSQL", fs::read_to_string(log).unwrap()));
    }
    for (what, log) in &logs {
        assert!(log.contains("school-") || log.is_empty(), "{what} says what goes on");
        hidden.assert_absent(what, log);
    }
    assert!(!logs[0].1.contains("panicked"));
    println!(
        "{}: {} of {} s down, {} messages, all known after {} s; {} forms of secrets in no log of {} KiB",
        sent.counts,
        down.as_secs(),
        delivered.as_secs(),
        view.messages(),
        known.as_secs(),
        hidden.count(),
        logs.iter().map(|(_, log)| log.len() / 1024).sum::<usize>(),
    );
}

/// All that no log may hold.
fn hidden(folder: &Folder, database: &Database) -> Hidden {
    let mut hidden = Hidden::default();
    for file in [STORE_KEY, TOKEN, SECRET, "platform-secrets.txt"] {
        folder.read(file).lines().for_each(|secret| hidden.secret(secret));
    }
    hidden.octets(&BASE64_STANDARD.decode(folder.read(STORE_KEY).trim()).unwrap());
    let secret = folder.read(SECRET);
    hidden.octets(&BASE64_STANDARD.decode(secret.trim().trim_start_matches("whsec_")).unwrap());
    database.password.into_iter().for_each(|password| hidden.secret(password));
    hidden
}

const SCHOOLS: usize = 500;
const KILLS: usize = 20;

/// The application is down for that long, after it was up for twice as long.
const DOWN: Duration = Duration::from_secs(1);

/// Whoever was killed had leased what it told, for 40 s.
const PATIENCE: Duration = Duration::from_secs(150);
