use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use untis_webhook_tests::wait::within;

use crate::daemon::Folder;

/// The platform, in Java, which delivers to one daemon or to several.
pub(crate) struct Platform {
    child: Child,
    answered: watch::Receiver<usize>,
    log: JoinHandle<Vec<String>>,
}

/// What it has done, as it counts.
pub(crate) struct Sent {
    pub(crate) counts: Value,
    pub(crate) log: String,
}

/// What a school is, to the platform or to the application.
pub(crate) type School = BTreeMap<String, Value>;

impl Platform {
    /// Comes back when its public key is there.
    pub(crate) async fn start(folder: &Folder, schools: usize, instances: &[String]) -> Self {
        let mut command = Command::new("java");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/whole/Sender.java")).arg(folder.path());
        command.args([SEED.to_string(), schools.to_string()]).args(instances);
        command.stdout(Stdio::piped()).stderr(folder.log("java.log")).kill_on_drop(true);
        let mut child = command.spawn().expect("Java");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (answer, answered) = watch::channel(0);
        let log = tokio::spawn(async move {
            let mut log = Vec::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.starts_with(|first: char| first.is_ascii_digit()) {
                    answer.send_modify(|answered| *answered += 1);
                }
                log.push(line);
            }
            log
        });
        let key = folder.path().join("untis-public.txt");
        within(Duration::from_secs(60), "a key", async || key.exists().then_some(())).await;
        Self { child, answered, log }
    }

    /// Comes back when so many deliveries are answered as they must be, and says whether it goes on.
    pub(crate) async fn has_answers(&self, count: usize) -> bool {
        self.answered.clone().wait_for(|answered| *answered >= count).await.is_ok()
    }

    /// All is delivered.
    pub(crate) async fn end(mut self) -> Sent {
        let log = timeout(END, self.log).await.expect("an end").unwrap();
        let ended = self.child.wait().await.unwrap();
        let last = log.last().expect("a last line");
        assert!(ended.success(), "{last}");
        Sent { counts: serde_json::from_str(last).unwrap(), log: log.join("\n") }
    }
}

impl Sent {
    pub(crate) fn count(&self, name: &str) -> usize {
        self.counts[name].as_u64().and_then(|count| count.try_into().ok()).expect("a count")
    }
}

/// What each school is in the end.
pub(crate) fn model(folder: &Folder) -> BTreeMap<String, School> {
    let schools = folder.read("platform.jsonl");
    let schools = schools.lines().map(|line| serde_json::from_str::<School>(line).unwrap());
    schools.map(|school| (school["tenantId"].as_str().unwrap().to_owned(), school)).collect()
}

/// A school lives through so many, of which one is forged.
pub(crate) const LIFE: usize = 10;

const SEED: u32 = 20_260_101;

/// When all is answered.
const END: Duration = Duration::from_secs(30);
