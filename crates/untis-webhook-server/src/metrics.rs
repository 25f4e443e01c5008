use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusRecorder};
use tokio::time::sleep;
use untis_webhook::Rejection;
use untis_webhook_proxy::NotAnswered;
use untis_webhook_tenants::{Status, Summary, Timestamp};

use crate::recent::{Reason, Recent};

/// What is counted. Clones share it. No tenant is a label: whoever reads these learns of no school.
#[derive(Clone)]
pub(crate) struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    recent: Arc<Recent>,
}

/// What became of a request to the webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is durable, or the application said so.
    Accepted,
    /// It was verified, and the application did not answer.
    NotAnswered(NotAnswered),
    /// It was verified, and is not for this registry.
    NotForThisRegistry,
    /// It was verified, and could not be stored.
    NotStored,
    /// It was verified, and the application did not take it, or it is no event.
    NotTaken,
    /// It was verified, and was no POST.
    OtherMethod,
    /// It was verified, and sent to another path.
    OtherPath,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, BuildError> {
        let builder = PrometheusBuilder::new().set_buckets(SECONDS)?;
        let metrics = Self { recorder: Arc::new(builder.build_recorder()), recent: Arc::new(Recent::new()) };
        metrics.record(describe);
        metrics.reloaded(true);
        Ok(metrics)
    }

    /// In the text format of Prometheus.
    pub(crate) fn render(&self) -> String {
        self.recorder.handle().render()
    }

    /// What came of late.
    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Folds what was measured into what is kept, which otherwise happens when somebody asks: for ever. What is measured
    /// until then takes memory.
    pub(crate) async fn upkeep(&self) {
        let handle = self.recorder.handle();
        loop {
            sleep(UPKEEP).await;
            handle.run_upkeep();
        }
    }

    /// A request was refused, so long after its headers had come.
    pub(crate) fn refused(&self, rejection: Rejection, after: Duration) {
        self.recent.refused(Reason::Refused(rejection), Timestamp::now());
        self.record(|| {
            let reason = format!("{rejection:?}");
            counter!(DELIVERIES, "outcome" => "refused", "reason" => reason, "key" => "").increment(1);
            histogram!(VERIFICATION, "verdict" => "refused").record(after);
        });
    }

    /// A delivery was verified, so long after its headers had come.
    pub(crate) fn verified(&self, key: &str, after: Duration) {
        self.recent.signed(key, Timestamp::now());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.record(|| {
            histogram!(VERIFICATION, "verdict" => "verified").record(after);
            gauge!(LAST_VERIFIED, "key" => key.to_owned()).set(now);
        });
    }

    /// A verified delivery was answered.
    pub(crate) fn answered(&self, key: &str, outcome: Outcome) {
        if outcome != Outcome::Accepted {
            self.recent.refused(Reason::NotTaken(outcome), Timestamp::now());
        }
        let (outcome, reason) = match outcome {
            Outcome::Accepted => ("accepted", String::new()),
            Outcome::NotAnswered(reason) => ("not_taken", format!("NotAnswered{reason:?}")),
            other => ("not_taken", format!("{other:?}")),
        };
        self.record(|| {
            let key = key.to_owned();
            counter!(DELIVERIES, "outcome" => outcome, "reason" => reason, "key" => key).increment(1);
        });
    }

    /// It was tried to tell the application something.
    pub(crate) fn told(&self, outcome: &'static str, after: Duration) {
        self.record(|| {
            counter!(ATTEMPTS, "outcome" => outcome).increment(1);
            histogram!(TELLING, "outcome" => outcome).record(after);
        });
    }

    /// The API answered.
    pub(crate) fn asked(&self, status: StatusCode) {
        self.record(|| counter!(API_ANSWERS, "status" => status.as_str().to_owned()).increment(1));
    }

    /// Credentials were handed out.
    pub(crate) fn handed_out(&self) {
        self.record(|| counter!(HANDED_OUT).increment(1));
    }

    /// The certificate that connections of TLS are shown from now on ends then.
    pub(crate) fn certificate(&self, expires: Timestamp) {
        let expires = Duration::from_secs(expires.as_seconds().try_into().unwrap_or_default());
        self.record(|| gauge!(CERTIFICATE_EXPIRES).set(expires));
    }

    /// What is configured was read again, or could not be used.
    pub(crate) fn reloaded(&self, is_used: bool) {
        self.record(|| gauge!(RELOAD_FAILED).set(if is_used { 0 } else { 1 }));
    }

    /// How the tenants are; none if the database does not say. Then what it last said stays.
    pub(crate) fn tenants(&self, summary: Option<&Summary>) {
        self.record(|| {
            gauge!(DATABASE_UP).set(if summary.is_some() { 1 } else { 0 });
            let Some(summary) = summary else { return };
            for (status, tenants) in [
                (Status::Active, summary.active),
                (Status::Deactivated, summary.deactivated),
                (Status::Deleted, summary.deleted),
            ] {
                gauge!(TENANTS, "status" => status.as_str()).set(tenants);
            }
            gauge!(CONTESTED).set(summary.contested);
            gauge!(REFUSED).set(summary.refused);
            gauge!(WAITING).set(summary.untold);
            gauge!(GIVEN_UP).set(summary.given_up);
            let age = summary.untold_since.map_or(0, |since| Timestamp::now().seconds_since(since));
            gauge!(OLDEST_WAITING).set(u32::try_from(age).unwrap_or(u32::MAX));
        });
    }

    fn record(&self, record: impl FnOnce()) {
        with_local_recorder(&*self.recorder, record);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        DELIVERIES,
        "Requests to the webhook, by what became of them, why, and the key that signed them."
    );
    describe_histogram!(
        VERIFICATION,
        "Seconds from the head of a request to the verdict, the body's arrival included."
    );
    describe_gauge!(LAST_VERIFIED, "When a delivery was last verified, by the key that signed it.");
    describe_gauge!(
        CERTIFICATE_EXPIRES,
        "When the certificate ends that connections of TLS are shown. None without TLS."
    );
    describe_counter!(ATTEMPTS, "Attempts to tell the application of a change.");
    describe_histogram!(TELLING, "Seconds that an attempt to tell the application took.");
    describe_counter!(API_ANSWERS, "Answers of the API, by status: 401 is somebody without a token.");
    describe_counter!(HANDED_OUT, "How often credentials were handed out.");
    describe_gauge!(
        DATABASE_UP,
        "Whether the database answered when it was last asked for the numbers of tenants."
    );
    describe_gauge!(
        RELOAD_FAILED,
        "Whether what is configured cannot be used, so that what was read before is."
    );
    describe_gauge!(TENANTS, "Tenants by state.");
    describe_gauge!(CONTESTED, "Tenants of which somebody has to decide about a set of credentials.");
    describe_gauge!(REFUSED, "Tenants whose credentials the platform refuses, as far as a probe knows.");
    describe_gauge!(WAITING, "Tenants with a change that the application has not acknowledged.");
    describe_gauge!(
        GIVEN_UP,
        "Tenants with a change that the application refused: it is told again after a redrive, or a new change."
    );
    describe_gauge!(
        OLDEST_WAITING,
        "Seconds since the oldest change that the application has not acknowledged; 0 if there is none."
    );
}

const API_ANSWERS: &str = "untis_webhook_api_answers_total";
const ATTEMPTS: &str = "untis_webhook_notify_attempts_total";
const CERTIFICATE_EXPIRES: &str = "untis_webhook_tls_certificate_expires_timestamp_seconds";
const CONTESTED: &str = "untis_webhook_tenants_contested";
const DATABASE_UP: &str = "untis_webhook_database_up";
const DELIVERIES: &str = "untis_webhook_deliveries_total";
const GIVEN_UP: &str = "untis_webhook_changes_given_up";
const HANDED_OUT: &str = "untis_webhook_credentials_handed_out_total";
const LAST_VERIFIED: &str = "untis_webhook_last_verified_timestamp_seconds";
const OLDEST_WAITING: &str = "untis_webhook_oldest_change_age_seconds";
const REFUSED: &str = "untis_webhook_tenants_refused";
const RELOAD_FAILED: &str = "untis_webhook_reload_failed";
const TELLING: &str = "untis_webhook_notify_seconds";
const TENANTS: &str = "untis_webhook_tenants";
const VERIFICATION: &str = "untis_webhook_verification_seconds";
const WAITING: &str = "untis_webhook_changes_waiting";

/// From a forgery, which is refused in well under a millisecond, to the deadline of an application.
const SECONDS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

const UPKEEP: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const ALL: [&str; 16] = [
        API_ANSWERS,
        ATTEMPTS,
        CERTIFICATE_EXPIRES,
        CONTESTED,
        DATABASE_UP,
        DELIVERIES,
        GIVEN_UP,
        HANDED_OUT,
        LAST_VERIFIED,
        OLDEST_WAITING,
        REFUSED,
        RELOAD_FAILED,
        TELLING,
        TENANTS,
        VERIFICATION,
        WAITING,
    ];

    fn read(file: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)).unwrap()
    }

    /// The metrics that a text names.
    fn named(text: &str) -> BTreeSet<String> {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let names = text.split(|c| !is_name(c)).filter(|name| name.starts_with("untis_webhook_"));
        // What Prometheus makes of a histogram.
        let of_histogram = |name: &str| {
            ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end).map(str::to_owned))
        };
        names.map(|name| of_histogram(name).unwrap_or_else(|| name.to_owned())).collect()
    }

    #[test]
    fn the_layer_the_rules_and_the_documents_name_no_other_metric_and_the_dashboard_shows_every_one() {
        let all = BTreeSet::from(ALL.map(str::to_owned));
        for file in [
            "crates/untis-webhook-tower/src/counted.rs",
            "deploy/prometheus/untis-webhookd.rules.yml",
            "docs/guide/src/untis-webhookd.md",
        ] {
            let named = named(&read(file));
            assert!(!named.is_empty() && named.is_subset(&all), "{file}: {named:?}");
        }
        assert_eq!(named(&read("deploy/grafana/untis-webhookd.json")), all);
    }

    #[test]
    fn every_alert_is_in_the_document_for_operators() {
        let (rules, document) =
            (read("deploy/prometheus/untis-webhookd.rules.yml"), read("docs/guide/src/untis-webhookd.md"));
        let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
        assert!(alerts.len() > 5);
        for alert in alerts {
            assert!(document.contains(&format!("| `{alert}` |")), "{alert}");
        }
    }
}
