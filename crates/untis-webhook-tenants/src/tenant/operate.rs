//! What the operator and time do to a tenant.

use super::{Delivered, Set, SetState, Status, Tenant, Told};
use crate::{Ended, Timestamp};

impl Tenant {
    /// Takes over credentials that the application has already, for a tenant of whom nothing was ever heard: as if
    /// they had been delivered. `None` of any other, which is left as it is.
    pub fn import(&mut self, credentials: Delivered<'_>, now: Timestamp) -> Option<Told> {
        match self.sequence {
            0 => self.receive(credentials, None, now).told,
            _ => None,
        }
    }

    /// Gives out this set from now on: the operator's decision about a contested one, or about any that is stored.
    ///
    /// # Errors
    ///
    /// [`OperateError`] if there is no such set, or it is destroyed.
    pub fn accept(&mut self, number: u64) -> Result<Told, OperateError> {
        match self.set_mut(number).map(|set| set.is_stored) {
            None => Err(OperateError::NoSet),
            Some(false) => Err(OperateError::Destroyed),
            Some(true) => {
                if let Some(set) = self.set_mut(number) {
                    // What a probe knew is older than this.
                    set.refused = None;
                }
                Ok(self.activate(number))
            }
        }
    }

    /// Destroys this candidate, and takes a replay for one. The application is told if nobody has to decide any more.
    ///
    /// # Errors
    ///
    /// [`OperateError`] if nobody has to decide about it.
    pub fn reject(&mut self, number: u64) -> Result<Option<Told>, OperateError> {
        let was_contested = self.is_contested();
        if self.replayed == Some(number) {
            self.take_for_replay(number);
        } else {
            match self.set_mut(number) {
                Some(set) if set.state == SetState::Candidate => set.destroy(),
                Some(_) => return Err(OperateError::NotContested),
                None => return Err(OperateError::NoSet),
            }
        }
        Ok((was_contested && !self.is_contested()).then(|| self.tell(Told::Updated)))
    }

    /// Nothing is to be decided about this set any more. If the grace is over, it is there by the replay alone.
    pub(super) fn take_for_replay(&mut self, number: u64) {
        self.replayed = None;
        if self.last_current().is_none()
            && let Some(set) = self.set_mut(number)
        {
            set.destroy();
        }
    }

    /// Undoes a deactivation or a deletion, as long as the last set is there.
    ///
    /// # Errors
    ///
    /// [`OperateError`] if the tenant is active, or its set is destroyed.
    pub fn restore(&mut self) -> Result<Told, OperateError> {
        if self.status == Status::Active {
            return Err(OperateError::Active);
        }
        let number = self.last_current().map(|set| set.number).ok_or(OperateError::Destroyed)?;
        self.accept(number)
    }

    /// Destroys what is kept of a tenant that ended so many seconds ago: all sets and the profile of a deleted one, and
    /// the last current set of a deactivated one. Says whether there was anything.
    pub fn purge(&mut self, now: Timestamp, grace: u64) -> bool {
        let is_over = self.ended.is_some_and(|ended| now.seconds_since(ended.at) >= grace);
        let status = self.status;
        let mut purged = false;
        for set in self.sets.iter_mut().filter(|set| is_over && set.is_stored) {
            if status == Status::Deleted || (status == Status::Deactivated && set.state == SetState::Current)
            {
                set.destroy();
                purged = true;
            }
        }
        if self
            .replayed
            .is_some_and(|number| self.sets.iter().any(|set| set.number == number && !set.is_stored))
        {
            // There is nothing left to decide about.
            self.replayed = None;
        }
        if is_over && status == Status::Deleted {
            purged |= self.profile.take().is_some();
        }
        purged
    }

    /// Leaves nothing of a tenant but fingerprints, which keep late retries from bringing it back. If it was not
    /// deleted, it is now.
    pub fn forget(&mut self, now: Timestamp) -> Option<Told> {
        let was_known = self.client_id.is_some() && self.status != Status::Deleted;
        self.sequence = self.sequence.saturating_add(1);
        self.end(Ended::Deleted, now);
        self.client_id = None;
        self.profile = None;
        self.forgotten = Some(now);
        for set in &mut self.sets {
            set.destroy();
            (set.came_by, set.worked_at, set.refused) = (None, None, None);
            set.client_id.clear();
            set.host.clear();
        }
        was_known.then(|| self.tell(Told::Deleted))
    }
}

impl Set {
    /// Leaves nothing of it but its fingerprint.
    pub(super) fn destroy(&mut self) {
        self.state = SetState::Dead;
        self.is_stored = false;
    }
}

/// Why the operator cannot do this to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperateError {
    /// It is active.
    #[error("expected a tenant that is not active, found one that is")]
    Active,
    /// The credentials are for another application.
    #[error("expected a client id of this application, found another")]
    ClientId,
    /// The set's secrets are destroyed.
    #[error(
        "expected a set that is stored, found one that is destroyed: only the platform can send it again"
    )]
    Destroyed,
    /// There is no such set.
    #[error("expected the number of a set of this tenant, found another")]
    NoSet,
    /// Nobody has to decide about it.
    #[error("expected a set that is contested or a candidate, found one that is neither")]
    NotContested,
    /// A text has no octet, too many, or a NUL.
    #[error("expected a tenant id of 1 to 255 octets, a client id and a host of 1 to 2048, without a NUL")]
    Text,
}
