//! What came of late, for the page: which key signed when, and what was refused or not taken, and how often. It holds
//! nothing of a request, and takes the same memory whatever comes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use untis_webhook::{KeySet, Rejection, VerifyingKey};
use untis_webhook_tenants::Timestamp;

use crate::metrics::Outcome;

/// What came since the start.
#[derive(Debug)]
pub(crate) struct Recent {
    since: Timestamp,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: BTreeMap<String, (VerifyingKey, Option<Timestamp>)>,
    /// As many as there are reasons at most.
    refusals: Vec<(Reason, Count)>,
}

/// Why a request was not answered with success. There are few, and none has a text of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It was verified, and this became of it.
    NotTaken(Outcome),
    Refused(Rejection),
}

/// How often, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) last: Timestamp,
    /// Since the start.
    pub(crate) total: u64,
    /// In the hour of the last one, the hour before, and so on.
    hours: [u64; HOURS],
}

impl Recent {
    pub(crate) fn new() -> Self {
        Self { since: Timestamp::now(), state: Mutex::default() }
    }

    /// These keys are trusted from now on, and no others.
    pub(crate) fn trust(&self, keys: &KeySet) {
        let mut state = self.state();
        let mut before = std::mem::take(&mut state.keys);
        for (name, key) in keys.iter() {
            // Under a name there may be another key now.
            let last = before.remove(name.as_str()).and_then(|(known, last)| last.filter(|_| known == *key));
            state.keys.insert(name.as_str().to_owned(), (key.clone(), last));
        }
    }

    pub(crate) fn signed(&self, key: &str, now: Timestamp) {
        if let Some((_, last)) = self.state().keys.get_mut(key) {
            *last = Some(now);
        }
    }

    pub(crate) fn refused(&self, reason: Reason, now: Timestamp) {
        let mut state = self.state();
        match state.refusals.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => count.add(now),
            None => state.refusals.push((reason, Count::first(now))),
        }
    }

    /// Since when it is counted.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Which keys are trusted, and when each signed last.
    pub(crate) fn keys(&self) -> Vec<(String, Option<Timestamp>)> {
        self.state().keys.iter().map(|(name, (_, last))| (name.clone(), *last)).collect()
    }

    /// Why requests were refused or not taken, the last first.
    pub(crate) fn refusals(&self) -> Vec<(Reason, Count)> {
        let mut refusals = self.state().refusals.clone();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(count.last));
        refusals
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    fn first(now: Timestamp) -> Self {
        let mut hours = [0; HOURS];
        hours[0] = 1;
        Self { last: now, total: 1, hours }
    }

    fn add(&mut self, now: Timestamp) {
        // Where a clock goes back it counts as the last hour that was.
        let now = now.max(self.last);
        self.hours = self.hours_until(now);
        self.hours[0] = self.hours[0].saturating_add(1);
        self.total = self.total.saturating_add(1);
        self.last = now;
    }

    /// In each of the last 24 hours, this one first.
    pub(crate) fn hours_until(&self, now: Timestamp) -> [u64; HOURS] {
        let passed = hour(now).saturating_sub(hour(self.last));
        let passed = usize::try_from(passed).unwrap_or(0).min(HOURS);
        let mut hours = [0; HOURS];
        for (place, count) in hours.iter_mut().skip(passed).zip(self.hours) {
            *place = count;
        }
        hours
    }
}

fn hour(time: Timestamp) -> i64 {
    time.as_seconds().div_euclid(3600)
}

const HOURS: usize = 24;

#[cfg(test)]
mod tests {
    use untis_webhook_tests::platform::{PLATFORM, STRANGER};

    use super::*;

    const FORGED: Reason = Reason::Refused(Rejection::UntrustedSignature);

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_seconds(hours * 3600)
    }

    #[test]
    fn what_was_refused_is_counted_by_the_hour_for_a_day_and_takes_no_more_memory() {
        let recent = Recent::new();
        for _ in 0..1000 {
            recent.refused(FORGED, at(1000));
        }
        recent.refused(FORGED, at(1002));
        recent.refused(FORGED, at(1001));
        recent.refused(Reason::NotTaken(Outcome::NotStored), at(1003));
        let [(first, _), (second, count)] = recent.refusals()[..] else { panic!("two reasons") };
        assert_eq!((first, second), (Reason::NotTaken(Outcome::NotStored), FORGED));
        assert_eq!((count.total, count.last), (1002, at(1002)));
        let hours = |now| count.hours_until(at(now));
        assert_eq!((hours(1002)[0], hours(1002)[2]), (2, 1000));
        assert_eq!(hours(1002).iter().sum::<u64>(), 1002);
        assert_eq!((hours(1023)[21], hours(1023)[23]), (2, 1000));
        assert_eq!(hours(1024).iter().sum::<u64>(), 2);
        assert_eq!(hours(1026), [0; 24]);
        assert_eq!(hours(i64::MAX / 3600), [0; 24]);
    }

    #[test]
    fn of_each_key_that_is_trusted_it_says_when_it_signed_last() {
        let keys: [VerifyingKey; 2] =
            [&*PLATFORM, &*STRANGER].map(|key| key.public_key_base64().parse().unwrap());
        let set = |names: [(&str, usize); 2]| {
            KeySet::new(names.map(|(name, key)| (name, keys[key].clone()))).unwrap()
        };
        let recent = Recent::new();
        recent.trust(&set([("2025", 0), ("2026", 1)]));
        recent.signed("2026", at(1));
        recent.signed("another", at(1));
        assert_eq!(recent.keys(), [("2025".to_owned(), None), ("2026".to_owned(), Some(at(1)))]);
        recent.trust(&set([("2026", 1), ("2027", 0)]));
        assert_eq!(recent.keys(), [("2026".to_owned(), Some(at(1))), ("2027".to_owned(), None)]);
        // Another key has its name: it has not signed.
        recent.trust(&set([("2026", 0), ("2027", 1)]));
        assert_eq!(recent.keys(), [("2026".to_owned(), None), ("2027".to_owned(), None)]);
    }
}
