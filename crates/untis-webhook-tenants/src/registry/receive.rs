use bytes::Bytes;
use untis_webhook::event::{Credentials, DeactivationEventType};
use untis_webhook::{Event, Verified};

use super::{Inner, MAX_TENANT_ID, ReceiveError, Registry, is_storable};
use crate::{
    Changes, Column, Decision, Delivered, Ended, Profile, Record, SealError, Set, Status, Store, Tenant,
    TenantCredentials, TenantKey, Told,
};

/// What became of a delivery. Whatever it was: it is received, and the platform must not send it again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The school, if the delivery said so.
    pub tenant_id: Option<String>,
    /// What was done.
    pub decision: Decision,
    /// What the application is told, if anything.
    pub told: Option<Told>,
    /// The tenant's version.
    pub version: u64,
}

/// A delivery that is for this registry.
struct Arriving<'a> {
    body: &'a [u8],
    /// Empty if it names none that can be stored.
    tenant_id: String,
    what: What,
}

enum What {
    Credentials(Box<Credentials>),
    End(Ended),
    Unknown,
}

impl<S: Store> Registry<S> {
    /// Takes a delivery, in one transaction: its record, what it does to the tenant, and the mark that the application
    /// must be told. When this returns, all of it is durable, and the delivery can be answered with a success.
    ///
    /// A delivery that comes twice, or to two instances at once, changes something once.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] if it is not for this registry, or could not be stored. Then nothing has changed.
    pub async fn receive(&self, delivery: &Verified<Bytes>) -> Result<Received, ReceiveError> {
        let arriving = self.arriving(delivery)?;
        let store = self.store();
        let mut transaction = store.begin().await?;
        let received = self.apply(&mut transaction, arriving).await?;
        store.commit(transaction).await?;
        self.wake_worker(received.told);
        received.log();
        Ok(received)
    }

    /// The same in a transaction of the caller's own, with whatever else is to happen with the delivery or not at all.
    /// It locks the tenant first. The delivery can be answered with a success when the caller has committed.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use untis_webhook::Verified;
    /// use untis_webhook_tenants::{Received, ReceiveError, Registry, Store};
    ///
    /// /// With whatever else the application writes on this connection.
    /// async fn receive<S: Store>(
    ///     registry: &Registry<S>,
    ///     connection: &mut S::Connection,
    ///     delivery: &Verified<Bytes>,
    /// ) -> Result<(), ReceiveError> {
    ///     let received: Received = registry.receive_in(connection, delivery).await?;
    ///     println!("{:?}: {}", received.tenant_id, received.decision.as_str());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] as [`receive`](Self::receive). Then the transaction must be rolled back.
    pub async fn receive_in(
        &self,
        connection: &mut S::Connection,
        delivery: &Verified<Bytes>,
    ) -> Result<Received, ReceiveError> {
        let received = self.apply(connection, self.arriving(delivery)?).await?;
        received.log();
        Ok(received)
    }

    /// What of a delivery is known without a look at the store.
    fn arriving<'a>(&self, delivery: &'a Verified<Bytes>) -> Result<Arriving<'a>, ReceiveError> {
        if !self.0.environment_keys.load().iter().any(|name| name == delivery.key_id().as_str()) {
            return Err(ReceiveError::Environment);
        }
        let event = delivery.event().ok().map(Verified::into_inner);
        let tenant_id = event.as_ref().and_then(Event::tenant_id).unwrap_or_default().to_owned();
        let what = match event {
            Some(Event::Credentials(credentials)) => {
                if self.is_foreign(&credentials) {
                    return Err(ReceiveError::ClientId);
                }
                match are_storable(&credentials) {
                    true => What::Credentials(Box::new(credentials)),
                    false => What::Unknown,
                }
            }
            Some(Event::Deactivation(deactivation)) => match deactivation.event_type {
                DeactivationEventType::Deactivation => What::End(Ended::Deactivated),
                DeactivationEventType::Deletion => What::End(Ended::Deleted),
                _ => What::Unknown,
            },
            Some(_) | None => What::Unknown,
        };
        Ok(match is_storable(&tenant_id, MAX_TENANT_ID) {
            true => Arriving { body: delivery, tenant_id, what },
            false => Arriving { body: delivery, tenant_id: String::new(), what: What::Unknown },
        })
    }

    async fn apply(
        &self,
        connection: &mut S::Connection,
        arriving: Arriving<'_>,
    ) -> Result<Received, ReceiveError> {
        let Inner { store, environment, fingerprints, .. } = &*self.0;
        let Arriving { body, tenant_id, what } = arriving;
        let (key, now) = (TenantKey { environment, tenant_id: &tenant_id }, self.now());

        let body_fingerprint = fingerprints.of_body(body);
        let (mut stored, known) = store.lock(connection, key, Some(&body_fingerprint)).await?;
        let before = stored.tenant.clone();
        let first_seen = known.map(|record| record.first_sequence);

        let change = match &what {
            What::Credentials(credentials) => {
                stored.tenant.receive(self.delivered(credentials), first_seen, now)
            }
            What::End(ended) => stored.tenant.receive(Delivered::End(*ended), first_seen, now),
            What::Unknown => stored.tenant.receive(Delivered::Unknown, first_seen, now),
        };
        // What a late retry has brought back as well.
        if stored.tenant.status == Status::Deleted && self.0.destroys_deleted_at_once {
            stored.tenant.purge(now, 0);
        }
        stored.received_at = Some(now);
        stored.probe_at = stored.tenant.probe_after(change.decision, stored.probe_at, now);
        if let Some(told) = change.told {
            stored.tell(told, now);
        }

        let record = Record {
            body: body_fingerprint,
            decision: change.decision,
            count: known.map_or(0, |record| record.count).saturating_add(1),
            first_sequence: first_seen.unwrap_or(stored.tenant.sequence),
            last_sequence: stored.tenant.sequence,
            first_at: known.map_or(now, |record| record.first_at),
            last_at: now,
            body_until: (change.decision == Decision::Record).then(|| now.after(self.0.keep_bodies)),
        };
        let mut changes = Changes::since(&before, &stored);
        if let What::Credentials(credentials) = &what {
            self.seal_credentials(key, &before, &mut changes, credentials)?;
        }
        let is_kept = record.body_until.is_some();
        let body = is_kept.then(|| self.seal(key, Column::Body(body_fingerprint), body)).transpose()?;
        changes.record = Some((record, body));
        store.save(connection, key, &changes).await?;
        Ok(Received {
            tenant_id: Some(tenant_id).filter(|tenant_id| !tenant_id.is_empty()),
            decision: change.decision,
            told: change.told,
            version: stored.tenant.version,
        })
    }

    /// Whether they are for another application, as far as the registry was told which is its own.
    pub(super) fn is_foreign(&self, credentials: &Credentials) -> bool {
        let client_ids = &self.0.client_ids;
        !client_ids.is_empty() && !client_ids.contains(&credentials.client_id)
    }

    pub(super) fn delivered<'a>(&self, credentials: &'a Credentials) -> Delivered<'a> {
        let Inner { client_ids, fingerprints, .. } = &*self.0;
        Delivered::Credentials {
            event_type: credentials.event_type,
            set: fingerprints.of_set(credentials),
            client_id: &credentials.client_id,
            host: &credentials.host,
            is_configured: client_ids.contains(&credentials.client_id),
            profile: fingerprints.of_profile(&Profile::encode(credentials)),
        }
    }

    /// Encrypts what was brought, as far as the tenant took it.
    pub(super) fn seal_credentials(
        &self,
        key: TenantKey<'_>,
        before: &Tenant,
        changes: &mut Changes<'_>,
        credentials: &Credentials,
    ) -> Result<(), SealError> {
        let fingerprint = self.0.fingerprints.of_set(credentials);
        let is_it = |set: &Set| set.fingerprint == fingerprint && set.is_stored;
        if let Some((set, secrets)) = changes.sets.iter_mut().find(|(set, _)| is_it(set))
            && !before.sets.iter().any(is_it)
        {
            let encoded = TenantCredentials::encode(credentials);
            *secrets = Some(self.seal(key, Column::Secrets(set.number), &encoded)?);
        }
        let profile = changes.tenant.tenant.profile;
        if profile.is_some() && profile != before.profile {
            changes.profile = Some(self.seal(key, Column::Profile, &Profile::encode(credentials))?);
        }
        Ok(())
    }

    fn seal(&self, key: TenantKey<'_>, column: Column, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        column.at(key, |place| self.0.ring.load().seal(place, plaintext))
    }
}

/// Whether every database takes what of them stands in the clear.
pub(super) fn are_storable(credentials: &Credentials) -> bool {
    [&credentials.client_id, &credentials.host].iter().all(|text| is_storable(text, MAX_TEXT))
}

impl Received {
    fn log(&self) {
        let tenant = self.tenant_id.as_deref().unwrap_or_default();
        let decision = self.decision.as_str();
        match self.decision {
            Decision::Contest(_) | Decision::Record => {
                tracing::warn!(tenant, decision, "a delivery for a person to look at");
            }
            _ => tracing::info!(tenant, decision, version = self.version, "delivery"),
        }
    }
}

/// Octets of a client id or a host.
const MAX_TEXT: usize = 2048;
