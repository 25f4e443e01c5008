use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Fault, Lag, Refusal};

/// What the endpoint knows and has counted; shared with the schools that change it.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<Mutex<Ledger>>);

#[derive(Default)]
pub(super) struct Ledger {
    schools: HashMap<String, Account>,
    pub(super) accepting: Lag,
    pub(super) revoking: Lag,
    pub(super) refusal: Refusal,
    pub(super) requests: usize,
    pub(super) issued: usize,
    faults: Option<(usize, Fault)>,
}

#[derive(Default)]
struct Account {
    sets: Vec<Set>,
    requests: usize,
}

struct Set {
    client_id: String,
    password: String,
    is_current: bool,
    becomes: Option<(bool, Lag)>,
}

impl Accounts {
    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger> {
        // A test that panicked has failed; what the others see is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn accept(&self, tenant_id: &str, client_id: &str, password: &str) {
        let mut ledger = self.lock();
        let lag = ledger.accepting;
        ledger.change(tenant_id, client_id, password, (true, lag));
    }

    pub(crate) fn revoke(&self, tenant_id: &str, client_id: &str, password: &str) {
        let mut ledger = self.lock();
        let lag = ledger.revoking;
        ledger.change(tenant_id, client_id, password, (false, lag));
    }
}

impl Ledger {
    fn change(&mut self, tenant_id: &str, client_id: &str, password: &str, becomes: (bool, Lag)) {
        let sets = &mut self.schools.entry(tenant_id.to_owned()).or_default().sets;
        let known = sets.iter().position(|set| set.client_id == client_id && set.password == password);
        let mut set = match known {
            Some(known) => sets.remove(known),
            None => {
                let (client_id, password) = (client_id.to_owned(), password.to_owned());
                Set { client_id, password, is_current: false, becomes: None }
            }
        };
        set.becomes = Some(becomes);
        if becomes.1 == Lag::AtOnce {
            set.catch_up();
        }
        sets.push(set);
    }

    pub(super) fn catch_up(&mut self) {
        self.schools.values_mut().flat_map(|account| &mut account.sets).for_each(Set::catch_up);
    }

    pub(super) fn requests_for(&self, tenant_id: &str) -> usize {
        self.schools.get(tenant_id).map_or(0, |account| account.requests)
    }

    pub(super) fn fail(&mut self, faults: Option<(usize, Fault)>) {
        self.faults = faults;
    }

    /// Counts a request, for a school if it is for one, and says what is to go wrong with it.
    pub(super) fn count(&mut self, tenant_id: Option<&str>) -> Option<Fault> {
        self.requests = self.requests.saturating_add(1);
        if let Some(account) = tenant_id.and_then(|tenant_id| self.schools.get_mut(tenant_id)) {
            account.requests = account.requests.saturating_add(1);
        }
        let (left, fault) = self.faults.take()?;
        let left = left.checked_sub(1)?;
        self.faults = Some((left, fault.clone()));
        Some(fault)
    }

    /// Whether one of the school's current sets shows itself by these credentials, `client id:password`. What lags
    /// comes a request nearer.
    pub(super) fn issues(&mut self, tenant_id: &str, credentials: &[u8]) -> bool {
        let Some(account) = self.schools.get_mut(tenant_id) else { return false };
        account.sets.iter_mut().for_each(Set::come_nearer);
        let issues = account.sets.iter().any(|set| set.is_current && set.is_shown_by(credentials));
        self.issued = self.issued.saturating_add(issues.into());
        issues
    }
}

impl Set {
    fn catch_up(&mut self) {
        if let Some((is_current, _)) = self.becomes.take() {
            self.is_current = is_current;
        }
    }

    fn come_nearer(&mut self) {
        match &mut self.becomes {
            None | Some((_, Lag::UntilCaughtUp)) => {}
            Some((_, Lag::AtOnce | Lag::Requests(0))) => self.catch_up(),
            Some((_, Lag::Requests(left))) => *left = left.saturating_sub(1),
        }
    }

    /// In the spelling of RFC 7617 section 2, or in that of RFC 6749 section 2.3.1. Which of the two the platform
    /// takes is not documented; they differ only for what is not a letter, a digit or one of a few signs.
    fn is_shown_by(&self, credentials: &[u8]) -> bool {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (client_id, password) = (&self.client_id, &self.password);
        credentials == format!("{client_id}:{password}").as_bytes()
            || credentials == format!("{}:{}", encoded(client_id), encoded(password)).as_bytes()
    }
}
