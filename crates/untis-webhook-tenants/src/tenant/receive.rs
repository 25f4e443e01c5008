//! What a delivery does to a tenant: from what is known to what the rules ask, and from their decision to the change.

use super::{Change, Delivered, Set, SetState, Status, Tenant, Told};
use crate::arrival::{Arrival, ClientId, Ended, Seen, SetIs, Standing};
use crate::decision::{Contest, Decision};
use crate::{Timestamp, decide};

impl Tenant {
    /// Takes the next delivery. If its body came before, `first_seen` is the number that it came as.
    pub fn receive(&mut self, delivered: Delivered<'_>, first_seen: Option<u64>, now: Timestamp) -> Change {
        self.sequence = self.sequence.saturating_add(1);
        let decision = decide(self.standing(), self.arrival(delivered, first_seen));
        Change { decision, told: self.apply(decision, delivered, now) }
    }

    fn standing(&self) -> Standing {
        let ended = match self.status {
            Status::Active => {
                let current_came_by = self.last_current().and_then(|set| set.came_by);
                return Standing::Active { current_came_by };
            }
            Status::Deactivated => Ended::Deactivated,
            Status::Deleted => Ended::Deleted,
        };
        match self.sets.is_empty() {
            false => Standing::Ended(ended),
            true => Standing::NeverHadSet(self.ended.map(|_| ended)),
        }
    }

    fn arrival(&self, delivered: Delivered<'_>, first_seen: Option<u64>) -> Arrival {
        match delivered {
            Delivered::Credentials { event_type, set, client_id, is_configured, .. } => {
                Arrival::Credentials {
                    event_type,
                    client_id: match is_configured || self.is_held_to(client_id) {
                        true => ClientId::Known,
                        false => ClientId::Another,
                    },
                    set: match self
                        .sets
                        .iter()
                        .find(|known| known.fingerprint == set)
                        .map(|known| known.state)
                    {
                        None => SetIs::New,
                        Some(SetState::Candidate) => SetIs::Candidate,
                        Some(SetState::Current) => SetIs::Current,
                        Some(SetState::Dead) => SetIs::Dead,
                        Some(SetState::Superseded) => SetIs::Superseded,
                    },
                    seen: match (first_seen, self.ended) {
                        (None, _) => Seen::Never,
                        (Some(first), Some(ended)) if first < ended.sequence => Seen::BeforeDeactivation,
                        (Some(_), _) => Seen::SinceDeactivation,
                    },
                }
            }
            Delivered::End(ended) => Arrival::End(ended),
            Delivered::Unknown => Arrival::Unknown,
        }
    }

    fn apply(&mut self, decision: Decision, delivered: Delivered<'_>, now: Timestamp) -> Option<Told> {
        match (decision, delivered) {
            (Decision::Activate | Decision::Replace, Delivered::Credentials { profile, .. }) => {
                let number = self.keep(delivered)?;
                self.profile = Some(profile);
                if let Some(set) = self.set_mut(number) {
                    // What a probe knew is older than this.
                    set.refused = None;
                }
                Some(self.activate(number))
            }
            (Decision::Candidate, Delivered::Credentials { .. }) => {
                self.keep_candidate(delivered);
                None
            }
            (Decision::Contest(contest), Delivered::Credentials { .. }) => {
                let was_contested = self.is_contested();
                match contest {
                    Contest::ClientId => self.keep_candidate(delivered),
                    Contest::Replay => self.replayed = self.keep(delivered),
                }
                // Who sends again what a probe has taken for a replay already does not have it told each time.
                let is_known = self.replayed.is_some_and(|number| self.is_refused_for_certain(number));
                (!was_contested && !is_known).then(|| self.tell(Told::Contested))
            }
            (Decision::Update, Delivered::Credentials { profile, .. }) if self.profile != Some(profile) => {
                self.profile = Some(profile);
                Some(self.tell(Told::Updated))
            }
            (Decision::Deactivate, _) => {
                self.end(Ended::Deactivated, now);
                Some(self.tell(Told::Deactivated))
            }
            (Decision::Delete, _) => {
                self.end(Ended::Deleted, now);
                Some(self.tell(Told::Deleted))
            }
            (Decision::Remember(ended), _) => {
                self.end(ended, now);
                None
            }
            (Decision::Stale, Delivered::Credentials { client_id, .. })
                if self.forgotten.is_none() && self.is_held_to(client_id) =>
            {
                // What had been destroyed of it is there again, for a probe to ask about.
                self.keep(delivered);
                None
            }
            _ => None,
        }
    }

    /// Keeps the set that was delivered, filled again if it had been destroyed, and gives its number. Its state stays;
    /// that of a new one is to be given, and one that is filled again was current or might have been.
    fn keep(&mut self, delivered: Delivered<'_>) -> Option<u64> {
        let Delivered::Credentials { event_type, set: fingerprint, client_id, host, .. } = delivered else {
            return None;
        };
        if let Some(known) = self.sets.iter_mut().find(|known| known.fingerprint == fingerprint) {
            if !known.is_stored {
                known.is_stored = true;
                known.state = SetState::Superseded;
                known.came_by = event_type;
                known.client_id = client_id.to_owned();
                known.host = host.to_owned();
            }
            return Some(known.number);
        }
        self.sets.push(Set {
            number: self.sequence,
            fingerprint,
            state: SetState::Candidate,
            came_by: event_type,
            client_id: client_id.to_owned(),
            host: host.to_owned(),
            is_stored: true,
            worked_at: None,
            refused: None,
        });
        Some(self.sequence)
    }

    /// Keeps the set as a candidate; of too many the oldest goes. The sets of others do not push out the tenant's own.
    fn keep_candidate(&mut self, delivered: Delivered<'_>) {
        self.keep(delivered);
        let held_to = self.client_id.as_deref();
        for is_own in [true, false] {
            let candidates = self.sets.iter_mut().filter(|set| {
                set.state == SetState::Candidate && (held_to == Some(&*set.client_id)) == is_own
            });
            for set in candidates.rev().skip(MAX_CANDIDATES) {
                set.destroy();
            }
        }
    }
}

/// What may wait to become current, for one tenant, of its own and of others.
const MAX_CANDIDATES: usize = 4;
