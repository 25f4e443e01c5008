use std::collections::BTreeMap;

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::daemon::{Folder, SECRET, TOKEN};
use crate::platform::School;
use untis_webhook_tests::port::Port;

/// The application, in Node, which checks with `standardwebhooks` what it is told.
pub(crate) struct Application {
    port: Port,
    child: Option<Child>,
}

/// What it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// It does not run.
    Not,
    Truly,
    /// 503, whatever it is told.
    Unavailable,
}

impl Application {
    pub(crate) fn new() -> Self {
        Self { port: Port::any(), child: None }
    }

    pub(crate) fn port(&self) -> &Port {
        &self.port
    }

    /// Starts it, in place of the one that runs, which is killed. It asks these APIs, one after the other.
    pub(crate) async fn start(&mut self, folder: &Folder, apis: &[u16], answers: Answers) {
        self.stop().await;
        if answers == Answers::Not {
            return;
        }
        let apis: Vec<_> = apis.iter().map(u16::to_string).collect();
        let mut command = Command::new("node");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/whole/application.js"));
        command.current_dir(folder.path()).env("PORT", self.port.number().to_string());
        command.env("APIS", apis.join(",")).env("JOURNAL", JOURNAL);
        command.env("TOKEN_FILE", TOKEN).env("SECRET_FILE", SECRET);
        if answers == Answers::Unavailable {
            command.env("UNAVAILABLE", "1");
        }
        let log = || folder.log("node.log");
        command.stdout(log()).stderr(log()).kill_on_drop(true);
        self.child = Some(command.spawn().expect("Node"));
    }

    async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "the application has ended, and its log says why");
            child.kill().await.unwrap();
        }
    }
}

/// What the application has heard and learned.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) schools: BTreeMap<String, School>,
    /// The versions it was told, as they came.
    pub(crate) told: BTreeMap<String, Vec<u64>>,
}

impl View {
    pub(crate) fn of(folder: &Folder) -> Self {
        let mut view = Self::default();
        let journal = folder.path().join(JOURNAL);
        if !journal.exists() {
            return view;
        }
        // What is being written just now has no end of line.
        for line in folder.read(JOURNAL).split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let line: Value = serde_json::from_str(line).unwrap();
            assert!(line.get("refused").is_none(), "{line}");
            if let Some(tenant_id) = line.get("heard") {
                let told = view.told.entry(tenant_id.as_str().unwrap().to_owned()).or_default();
                told.push(line["version"].as_u64().unwrap());
            }
            if let Some(known) = line.get("known") {
                let mut school: School = serde_json::from_value(known.clone()).unwrap();
                school.remove("version");
                view.schools.insert(known["tenantId"].as_str().unwrap().to_owned(), school);
            }
        }
        view
    }

    /// How many messages came.
    pub(crate) fn messages(&self) -> usize {
        self.told.values().map(Vec::len).sum()
    }

    /// The schools of which the version went down.
    pub(crate) fn out_of_order(&self) -> Vec<&String> {
        let told = self.told.iter();
        told.filter(|(_, versions)| !versions.is_sorted()).map(|(tenant_id, _)| tenant_id).collect()
    }
}

const JOURNAL: &str = "journal.jsonl";
