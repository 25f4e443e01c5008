//! Asks a probe about the sets of one tenant, and takes its answers.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{Registry, RegistryError};
use crate::error::with_causes;
use crate::{
    Answer, Asked, Column, Probe, Probed, SealError, Store, StoreError, StoredTenant, TenantCredentials,
    TenantKey, Timestamp, Told,
};

/// How a probe is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probing {
    /// Whether it may undo a deactivation.
    pub(crate) may_restore: bool,
    /// Seconds until a tenant that works is asked about again.
    pub(crate) sweep: u64,
}

impl<S: Store> Registry<S> {
    /// One round about one tenant that is due. Says whether there was one.
    pub(crate) async fn probe_next(&self, probe: &impl Probe, probing: Probing) -> Result<bool, StoreError> {
        let now = self.now();
        let again = now.after(UNKNOWN);
        let claimed = self.store().claim_probe(self.environment(), now, again).await?;
        let Some(tenant_id) = claimed else { return Ok(false) };
        match self.probe_tenant(&tenant_id, again, probe, probing).await {
            // There is none any more.
            Ok(()) | Err(RegistryError::UnknownTenant) => Ok(true),
            Err(RegistryError::Store(error)) => Err(error),
            // One that cannot be decrypted does not hold up the others.
            Err(error) => {
                tracing::warn!(tenant = tenant_id, error = with_causes(&error), "a set cannot be probed");
                Ok(true)
            }
        }
    }

    async fn probe_tenant(
        &self,
        tenant_id: &str,
        again: Timestamp,
        probe: &impl Probe,
        probing: Probing,
    ) -> Result<(), RegistryError> {
        let key = TenantKey { environment: self.environment(), tenant_id };
        let (mut asked, mut is_open) = (Vec::new(), false);
        let mut next = self.step(key, again, probing, &asked, is_open, None).await?;
        while let Some(question) = next {
            let Some(encoded) = self.read(key, Column::Secrets(question.number)).await? else { break };
            let set = TenantCredentials::decode(&encoded, question.version).ok_or(SealError::Failed)?;
            // One that panics or does not come to its end has proved nothing.
            let answer = AssertUnwindSafe(probe.probe(tenant_id, (&set).into())).catch_unwind();
            let answer = timeout(DEADLINE, answer).await;
            let answer = answer.ok().and_then(Result::ok).unwrap_or(Answer::Unknown);
            if answer == Answer::Unknown && asked.is_empty() {
                break;
            }
            // Where another was answered, it is this set's own fault, and hides none.
            is_open |= answer == Answer::Unknown;
            asked.push(question.number);
            next = self.step(key, again, probing, &asked, is_open, Some((question, answer))).await?;
        }
        Ok(())
    }

    /// Takes the answer, and gives the next question of the round. When there is none it writes when the next round is
    /// to be; until then that is `again`.
    async fn step(
        &self,
        key: TenantKey<'_>,
        again: Timestamp,
        probing: Probing,
        asked: &[u64],
        is_open: bool,
        answered: Option<(Asked, Answer)>,
    ) -> Result<Option<Asked>, RegistryError> {
        let (store, now) = (self.store(), self.now());
        let mut transaction = store.begin().await?;
        let mut stored = self.lock_known(&mut transaction, key).await?;
        let before = stored.tenant.clone();
        let probed =
            answered.map(|(asked, answer)| stored.tenant.probed(asked, answer, now, probing.may_restore));
        let (next, at) = match probed {
            Some(Probed::Outdated | Probed::Taken(Some(Told::Deactivated))) => {
                (None, stored.tenant.probe_at(now))
            }
            None | Some(Probed::Taken(_)) => match stored.tenant.to_ask(asked, now) {
                None if is_open => (None, Some(again)),
                None => (None, stored.tenant.probe_again(now, probing.sweep)),
                next => (next, Some(again)),
            },
        };
        // Something has come meanwhile that may be due sooner.
        let sooner = stored.probe_at.filter(|at| *at != again);
        stored.probe_at = sooner.into_iter().chain(at).min();
        let told = match probed {
            Some(Probed::Taken(told)) => told,
            _ => None,
        };
        if let Some(told) = told {
            stored.tell(told, now);
        }
        self.save(&mut transaction, key, &before, &stored).await?;
        store.commit(transaction).await?;
        self.wake_worker(told);
        log(key.tenant_id, &stored, answered, told, now);
        Ok(next)
    }
}

fn log(
    tenant: &str,
    stored: &StoredTenant,
    answered: Option<(Asked, Answer)>,
    told: Option<Told>,
    now: Timestamp,
) {
    let Some((Asked { number, .. }, answer)) = answered else { return };
    let told = told.map(Told::as_str);
    let is_revived =
        stored.tenant.sets.iter().any(|set| set.number == number && stored.tenant.is_revived(set, now));
    match (is_revived, told) {
        (true, _) => tracing::warn!(
            tenant,
            set = number,
            "credentials still work an hour after the tenant ended: perhaps it did not, and is to be restored"
        ),
        (false, Some(_)) => {
            tracing::warn!(tenant, set = number, ?answer, told, "a probe has changed a tenant")
        }
        (false, None) => tracing::debug!(tenant, set = number, ?answer, "probed"),
    }
}

/// For any probe; one of this library's comes to its end sooner.
const DEADLINE: Duration = Duration::from_secs(60);

/// Seconds until it is asked again where nothing was proved.
const UNKNOWN: u64 = 5 * 60;
