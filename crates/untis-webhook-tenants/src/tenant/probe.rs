//! What a probe's answer does to a tenant.

use super::{Refused, Set, SetState, Status, Tenant, Told};
use crate::{Ended, Timestamp};

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

impl Tenant {
    /// Takes the answer of a probe; `may_restore` says whether one may undo a deactivation.
    ///
    /// An answer about what has changed since is none, and [`Answer::Unknown`] never changes anything. A set of
    /// another client id is never taken because it works: that of another partner works as well.
    pub fn probed(
        &mut self,
        asked: Asked,
        answer: Answer,
        now: Timestamp,
        may_restore: bool,
    ) -> Option<Told> {
        let Asked { version, number, state } = asked;
        if self.version != version {
            return None;
        }
        let set = self.set_mut(number).filter(|set| set.state == state)?;
        match answer {
            Answer::Works => {
                set.worked_at = Some(now);
                set.refused = None;
            }
            Answer::Refused => set.refuse(now),
            Answer::Unknown => return None,
        }
        match self.status {
            Status::Active => self.prefer_what_works(now),
            Status::Deactivated if self.replayed == Some(number) => self.decide_replay(number),
            Status::Deactivated | Status::Deleted => {
                let is_own =
                    self.sets.iter().any(|set| set.number == number && self.is_held_to(&set.client_id));
                let long_ago = self.ended.is_some_and(|ended| now.seconds_since(ended.at) >= HOUR);
                let is_revived = is_own && answer == Answer::Works && long_ago;
                (is_revived && may_restore).then(|| self.activate(number))
            }
        }
    }

    /// The current set is given up only for one that works, or when none has worked for an hour.
    fn prefer_what_works(&mut self, now: Timestamp) -> Option<Told> {
        let refused = self.current()?.refused.filter(|refused| refused.is_confirmed)?;
        let works = |set: &&Set| set.worked_at.is_some_and(|at| at >= refused.since) && set.refused.is_none();
        let own = self.sets.iter().filter(|set| set.is_stored && self.is_held_to(&set.client_id));
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
                    self.replayed = None;
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

/// Seconds in which a platform has time to revoke, and a fault of its own to end.
const HOUR: u64 = 60 * 60;
