//! What a probe is asked about, when, and what its answer does to a tenant.

use std::cmp::Reverse;

use super::{Refused, Set, SetState, Status, Tenant, Told};
use crate::{Contest, Decision, Ended, Timestamp};

/// What a probe says of a set of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The platform takes it.
    Works,
    /// The platform refuses it.
    Refused,
    /// Nothing is proved: no answer, or one that says something else.
    Unknown,
}

/// What was asked about, to be compared with what is there when the answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The tenant's version.
    pub version: u64,
    /// The number of the set.
    pub number: u64,
    /// The set's state.
    pub state: SetState,
}

/// What became of a probe's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It is about something that has changed since, and must be asked again.
    Outdated,
    /// It is taken; this is what the application is told, if anything.
    Taken(Option<Told>),
}

impl Tenant {
    /// The next set to ask about in a round, after those of these numbers; `None` when the round is over.
    ///
    /// Of an active tenant that is the current one, and the others only when that is refused for certain; of one that
    /// ended, when an hour is over, the set that came again, or all. A set of another client id is never asked about: that
    /// of another partner works as well.
    pub fn to_ask(&self, asked: &[u64], now: Timestamp) -> Option<Asked> {
        if asked.len() >= MAX_ASKED || self.revoked_by().is_some_and(|at| now < at) {
            return None;
        }
        let set = self.in_question().into_iter().find(|set| !asked.contains(&set.number))?;
        Some(Asked { version: self.version, number: set.number, state: set.state })
    }

    /// When to ask next, after a delivery about which this was decided; `before` is when it was to be.
    pub fn probe_after(
        &self,
        decision: Decision,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        match decision {
            // Nothing new is known of a set of the tenant's own.
            Decision::Contest(Contest::ClientId)
            | Decision::Nothing
            | Decision::Record
            | Decision::Remember(_)
            | Decision::Update => before,
            Decision::Deactivate | Decision::Delete => self.probe_at(now),
            // It is asked about already, or was just now.
            Decision::Contest(Contest::Replay)
                if before.is_some_and(|at| at > now && at <= now.after(REFUSED)) =>
            {
                before
            }
            Decision::Activate
            | Decision::Candidate
            | Decision::Contest(Contest::Replay)
            | Decision::Replace
            | Decision::Stale => before.into_iter().chain(self.probe_at(now)).min(),
        }
    }

    /// When to ask, now that something has happened to the tenant; `None` if there is nothing to ask about.
    pub fn probe_at(&self, now: Timestamp) -> Option<Timestamp> {
        let first = *self.in_question().first()?;
        let soon = now.after(SETTLE);
        // Until that is known, nobody is given credentials that perhaps work. Who sends it again and again does not have
        // it asked about each time.
        let is_known =
            first.refused.is_some() || first.worked_at.is_some_and(|at| now.seconds_since(at) < SETTLE);
        let earliest = if self.replayed.is_some() && !is_known { now } else { soon };
        Some(self.revoked_by().map_or(earliest, |at| at.max(earliest)))
    }

    /// When to ask again, after a round in which each answer was [taken](Probed::Taken) and proved something; of an
    /// active tenant that works, after so many seconds.
    pub fn probe_again(&self, now: Timestamp, sweep: u64) -> Option<Timestamp> {
        let sets = self.in_question();
        let is_open = |set: &&Set| match set.refused {
            Some(refused) => !refused.is_confirmed,
            // Of one that was asked about too early nothing is known yet.
            None => self.status != Status::Active && !self.is_revived(set, now),
        };
        if sets.iter().any(is_open) {
            let soon = now.after(SETTLE);
            return Some(self.revoked_by().map_or(soon, |at| at.max(soon)));
        }
        match self.status {
            Status::Active if self.is_current_refused() => Some(now.after(REFUSED)),
            Status::Active if self.is_unsettled(now) => Some(now.after(sweep.min(HOUR))),
            Status::Active => Some(now.after(sweep)),
            Status::Deactivated | Status::Deleted => {
                sets.iter().any(|set| self.is_revived(set, now)).then(|| now.after(sweep))
            }
        }
    }

    /// Takes the answer of a probe; `may_restore` says whether one may undo a deactivation.
    ///
    /// [`Answer::Unknown`] never changes anything. A set of another client id is never taken because it works: that of
    /// another partner works as well.
    pub fn probed(&mut self, asked: Asked, answer: Answer, now: Timestamp, may_restore: bool) -> Probed {
        let Asked { version, number, state } = asked;
        if self.version != version {
            return Probed::Outdated;
        }
        let was_refused = self.is_refused();
        let Some(set) = self.set_mut(number).filter(|set| set.state == state) else {
            return Probed::Outdated;
        };
        match answer {
            Answer::Works => {
                set.worked_at = Some(now);
                set.refused = None;
            }
            Answer::Refused => set.refuse(now),
            Answer::Unknown => return Probed::Taken(None),
        }
        let told = match self.status {
            Status::Active => self.prefer_what_works(now),
            Status::Deactivated if self.replayed == Some(number) => self.decide_replay(number),
            Status::Deactivated | Status::Deleted => {
                let is_revived =
                    self.sets.iter().any(|set| set.number == number && self.is_revived(set, now));
                (is_revived && may_restore).then(|| self.activate(number))
            }
        };
        let is_flagged = self.is_refused() != was_refused;
        Probed::Taken(told.or_else(|| is_flagged.then(|| self.tell(Told::Updated))))
    }

    /// Whether the platform refuses the set that is given out and there is none that it takes, as far as a probe knows.
    pub fn is_refused(&self) -> bool {
        let mut own = self.sets.iter().filter(|set| set.is_stored && self.is_own(set));
        self.is_current_refused() && own.all(|set| set.refused.is_some())
    }

    /// What a round asks about: the newest first, after the current one.
    fn in_question(&self) -> Vec<&Set> {
        let is_enough = self.status == Status::Active && !self.is_current_refused();
        let is_in_question = |set: &&Set| {
            set.is_stored
                && match self.replayed {
                    Some(number) => set.number == number,
                    None => self.is_own(set) && (set.state == SetState::Current || !is_enough),
                }
        };
        let mut sets: Vec<_> = self.sets.iter().filter(is_in_question).collect();
        sets.sort_by_key(|set| Reverse((set.state == SetState::Current, set.number)));
        sets.truncate(MAX_ASKED);
        sets
    }

    /// From when on the sets of a tenant that ended are asked about: before, one that works proves nothing.
    fn revoked_by(&self) -> Option<Timestamp> {
        let ended = self.ended.filter(|_| self.status != Status::Active);
        ended.map(|ended| ended.at.after(HOUR))
    }

    /// Whether the set that is given out works perhaps only as yet: the tenant ended within the hour and the platform has
    /// not revoked it, or a newer one was refused within the day and is not in force there.
    fn is_unsettled(&self, now: Timestamp) -> bool {
        let Some(current) = self.current() else { return false };
        let is_newer = |set: &Set| set.number > current.number && set.is_stored && self.is_own(set);
        self.ended.is_some_and(|ended| now.seconds_since(ended.at) < HOUR)
            || self.sets.iter().any(|set| {
                is_newer(set) && set.refused.is_some_and(|refused| now.seconds_since(refused.since) < DAY)
            })
    }

    fn is_current_refused(&self) -> bool {
        self.current().is_some_and(|set| self.is_refused_for_certain(set.number))
    }

    pub(super) fn is_refused_for_certain(&self, number: u64) -> bool {
        let set = self.sets.iter().find(|set| set.number == number);
        set.and_then(|set| set.refused).is_some_and(|refused| refused.is_confirmed)
    }

    /// Whether this set of a tenant that ended still works, when the platform has had time to revoke it.
    pub(crate) fn is_revived(&self, set: &Set, now: Timestamp) -> bool {
        let Some(ended) = self.ended.filter(|_| self.status != Status::Active) else { return false };
        let works =
            set.refused.is_none() && set.worked_at.is_some_and(|at| at.seconds_since(ended.at) >= HOUR);
        works && self.is_own(set) && now.seconds_since(ended.at) >= HOUR
    }

    fn is_own(&self, set: &Set) -> bool {
        self.is_held_to(&set.client_id)
    }

    /// The current set is given up only for one that works, or when none has worked for an hour.
    fn prefer_what_works(&mut self, now: Timestamp) -> Option<Told> {
        let refused = self.current()?.refused.filter(|refused| refused.is_confirmed)?;
        let works = |set: &&Set| set.worked_at.is_some_and(|at| at >= refused.since) && set.refused.is_none();
        let own = self.sets.iter().filter(|set| set.is_stored && self.is_own(set));
        if let Some(number) = own.clone().filter(works).map(|set| set.number).next_back() {
            return Some(self.activate(number));
        }
        let is_dead = |set: &Set| {
            set.refused.is_some_and(|refused| refused.is_confirmed)
                && set.worked_at.is_none_or(|at| now.seconds_since(at) >= HOUR)
        };
        let for_an_hour = now.seconds_since(refused.since) >= HOUR;
        (for_an_hour && own.into_iter().all(is_dead)).then(|| {
            // A number of its own, so that what came before is not taken for what comes after.
            self.sequence = self.sequence.saturating_add(1);
            self.end(Ended::Deactivated, now);
            self.tell(Told::Deactivated)
        })
    }

    fn decide_replay(&mut self, number: u64) -> Option<Told> {
        match self.set_mut(number)?.refused {
            None => Some(self.activate(number)),
            Some(refused) => {
                if refused.is_confirmed {
                    self.take_for_replay(number);
                }
                None
            }
        }
    }
}

impl Set {
    fn refuse(&mut self, now: Timestamp) {
        self.refused = Some(match self.refused {
            None => Refused { since: now, is_confirmed: false },
            Some(refused) if now.seconds_since(refused.since) >= APART => {
                Refused { is_confirmed: true, ..refused }
            }
            Some(refused) => refused,
        });
    }
}

/// Seconds between two refusals that are not one fault.
const APART: u64 = 10;

/// Seconds in which what was refused may come into force.
const DAY: u64 = 24 * HOUR;

/// Seconds in which a platform has time to revoke, and a fault of its own to end.
const HOUR: u64 = 60 * 60;

/// Sets that are asked about in one round. Who has had more has had them long ago.
const MAX_ASKED: usize = 16;

/// Seconds until a tenant without a set that works is asked about again.
const REFUSED: u64 = 5 * 60;

/// Seconds in which what the platform has sent comes into force there, and between two rounds of which the second must
/// not meet the same fault.
const SETTLE: u64 = 60;
