//! What is counted, through the facade `metrics`. Without the feature `not_counted.rs` stands in the place of this file.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use untis_webhook::{KeyId, Rejection};

use crate::delivery::Outcome;

/// Says what each is, to the recorder that is there.
pub(crate) fn describe() {
    describe_counter!(
        DELIVERIES,
        "Requests to the webhook, by what became of them, why, and the key that signed them."
    );
    describe_histogram!(
        VERIFICATION,
        "Seconds from the head of a request to the verdict, the body's arrival included."
    );
    describe_gauge!(LAST_VERIFIED, "When a delivery was last verified, by the key that signed it.");
}

/// A request whose head has come.
pub(crate) struct Counted {
    began: Instant,
}

impl Counted {
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// It was not verified. No name of a key is known to be that of who sent it.
    pub(crate) fn refused(&self, rejection: Rejection) {
        let reason = format!("{rejection:?}");
        counter!(DELIVERIES, "outcome" => "refused", "reason" => reason, "key" => "").increment(1);
        histogram!(VERIFICATION, "verdict" => "refused").record(self.began.elapsed());
    }

    pub(crate) fn verified(&self, key: &KeyId) {
        histogram!(VERIFICATION, "verdict" => "verified").record(self.began.elapsed());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        gauge!(LAST_VERIFIED, "key" => key.to_string()).set(now);
    }
}

/// A delivery that was verified has come to its end.
pub(crate) fn ended(key: &KeyId, outcome: Outcome) {
    let (outcome, reason) = match outcome {
        Outcome::Accepted => ("accepted", ""),
        Outcome::Dropped => ("not_taken", "Dropped"),
        Outcome::Failed => ("not_taken", "Failed"),
        Outcome::NotTaken => ("not_taken", "NotTaken"),
    };
    counter!(DELIVERIES, "outcome" => outcome, "reason" => reason, "key" => key.to_string()).increment(1);
}

// The daemon's are called the same.
const DELIVERIES: &str = "untis_webhook_deliveries_total";
const LAST_VERIFIED: &str = "untis_webhook_last_verified_timestamp_seconds";
const VERIFICATION: &str = "untis_webhook_verification_seconds";
