use std::time::Duration;

use untis_webhook_testkit::{Delivery, School, SigningKey};
use untis_webhook_tests::wait::within;

use crate::daemon::{Daemon, Folder};

/// What the platform knows to be taken.
#[derive(Default)]
pub(crate) struct Schools {
    /// As they were when a delivery was last acknowledged; `None` if none was.
    all: Vec<Option<School>>,
    /// What was refused, with the school as it is after it.
    refused: Vec<(usize, School, Delivery)>,
}

impl Schools {
    /// Delivers until so many deliveries were refused.
    pub(crate) async fn fill(&mut self, daemon: &Daemon, refused: usize) {
        for step in 0.. {
            if self.refused.len() == refused {
                break;
            }
            assert!(step < 10_000, "it does not become full");
            // After every two schools that are new something happens to one before.
            let number = if step % 3 == 2 { step / 3 } else { self.add() };
            let mut school = self.get(number);
            let delivery = match (school.credentials(), number % 2) {
                (None, _) => school.activate(),
                (Some(_), 0) => school.reset(),
                (Some(_), _) => school.deactivate(),
            };
            self.deliver(daemon, number, school, delivery).await;
        }
    }

    /// What was refused is taken now, or soon.
    pub(crate) async fn deliver_again(&mut self, daemon: &Daemon) {
        for (number, school, delivery) in std::mem::take(&mut self.refused) {
            within(PATIENCE, "a delivery that is taken", async || {
                (daemon.deliver(&delivery).await.status == 204).then_some(())
            })
            .await;
            self.all[number] = Some(school);
        }
    }

    fn add(&mut self) -> usize {
        self.all.push(None);
        self.all.len() - 1
    }

    fn get(&self, number: usize) -> School {
        let fresh = || School::new(SigningKey::shared(), format!("school {number}"));
        self.all[number].clone().unwrap_or_else(fresh)
    }

    /// Delivers what makes this school what it is now.
    async fn deliver(&mut self, daemon: &Daemon, number: usize, school: School, delivery: Delivery) {
        let response = daemon.deliver(&delivery).await;
        match response.status {
            204 => self.all[number] = Some(school),
            status => {
                assert_eq!((status, response.header("retry-after")), (503, Some("10")));
                self.refused.push((number, school, delivery));
            }
        }
    }

    pub(crate) fn all(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.all.iter().flatten().count()
    }

    pub(crate) async fn assert_given_out_by(&self, daemon: &Daemon, folder: &Folder) {
        for (number, school) in self.all.iter().enumerate() {
            let response = daemon.ask(folder, &format!("/v1/tenants/school%20{number}/credentials")).await;
            let expected = school.as_ref().and_then(School::credentials);
            assert_eq!(
                response.status,
                if expected.is_some() { 200 } else { 404 },
                "{number}: {}",
                response.body
            );
            if let Some(expected) = expected {
                let found: serde_json::Value = serde_json::from_str(&response.body).unwrap();
                let found = (found["secret"].as_str(), found["password"].as_str());
                assert_eq!(found, (Some(&*expected.secret), Some(&*expected.password)), "{number}");
            }
        }
    }
}

/// Longer than a connection of the pool waits.
const PATIENCE: Duration = Duration::from_secs(20);
