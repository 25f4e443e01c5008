//! Two instances over one database are restarted one at a time, and nobody notices.

use std::time::Duration;

use tokio::time::Instant;
use untis_webhook_tests::wait::within;

use crate::application::{Answers, Application, View};
use crate::daemon::{Daemon, Folder};
use crate::database::Database;
use crate::platform::{self, LIFE, Platform};

#[tokio::test]
#[ignore = "needs Java, Node with standardwebhooks, PostgreSQL: .ci/postgres .ci/standardwebhooks"]
async fn two_instances_that_are_restarted_one_at_a_time_refuse_nothing_and_tell_in_order() {
    let (folder, database) = (Folder::new(), Database::postgres().await);
    let mut application = Application::new();
    let mut instances =
        ["first", "second"].map(|name| Daemon::new(&folder, name, &database.url, application.port()));
    let apis = instances.each_ref().map(Daemon::api);
    application.start(&folder, &apis, Answers::Truly).await;
    let platform = Platform::start(&folder, SCHOOLS, &instances.each_ref().map(Daemon::instance)).await;
    let begun = Instant::now();
    for instance in &mut instances {
        instance.start().await;
    }
    for restart in 1..=RESTARTS {
        assert!(
            platform.has_answers(SCHOOLS * LIFE * restart / (RESTARTS + 1)).await,
            "the platform goes on"
        );
        let instance = &mut instances[restart % 2];
        assert!(instance.stop().await.success());
        instance.start().await;
    }
    assert!(platform.has_answers(SCHOOLS * LIFE).await, "the platform goes on");
    let (sent, delivered) = (platform.end().await, begun.elapsed());
    assert_eq!((sent.count("unavailable"), sent.count("lost")), (0, 0), "{}: {}", sent.counts, sent.log);

    let model = platform::model(&folder);
    let knows_all = async || (View::of(&folder).schools == model).then_some(());
    within(PATIENCE, "the application knows what the platform knows", knows_all).await;
    let [first, _] = &instances;
    let has_told = async || (first.metric("untis_webhook_changes_waiting").await == Some(0.0)).then_some(());
    within(PATIENCE, "nothing waits to be told", has_told).await;
    let view = View::of(&folder);
    assert_eq!(view.out_of_order(), Vec::<&String>::new());
    println!(
        "{}: {RESTARTS} restarts in {} s, {} messages in order, all known after {} s",
        sent.counts,
        delivered.as_secs(),
        view.messages(),
        begun.elapsed().as_secs(),
    );
}

const SCHOOLS: usize = 500;
const RESTARTS: usize = 12;

/// Nobody was killed, so nothing waits for a lease to end.
const PATIENCE: Duration = Duration::from_secs(30);
