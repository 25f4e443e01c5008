use bytes::Bytes;
use untis_webhook::{HeaderNames, KeySet, PresentedSignature, Verified, Verifier};
use untis_webhook_tenants::{KeyRing, Registry, Store, StoreKey};
use untis_webhook_testkit::{Delivery, School, SigningKey};

/// What is received. To sign is dear, so every registry receives the same.
pub(crate) struct Deliveries {
    keys: KeySet,
    pub(crate) schools: Vec<Signed>,
}

/// Deliveries of two schools whose ids are neighbours.
pub(crate) struct Signed {
    /// Of the one that is there.
    pub(crate) id: String,
    pub(crate) activation: Verified<Bytes>,
    pub(crate) reset: Verified<Bytes>,
    /// Of the one that is not there.
    pub(crate) new_id: String,
    pub(crate) new_activation: Verified<Bytes>,
}

impl Deliveries {
    pub(crate) fn sign(schools: usize) -> Self {
        let key = SigningKey::generate();
        let keys = KeySet::new([("2026", key.verifying_key())]).unwrap();
        let verifier = Verifier::new(keys.clone());
        let verify = |delivery: Delivery| {
            let headers = delivery.headers();
            let presented = PresentedSignature::from_headers(&headers, &HeaderNames::default()).unwrap();
            verifier.verify(&presented, delivery.body().clone()).unwrap()
        };
        let ids = (10_000..).take(schools).map(|id| (format!("{id}"), format!("{id}-new")));
        let schools = ids.map(|(id, new_id)| {
            let (mut school, mut new) = (School::new(&key, &*id), School::new(&key, &*new_id));
            Signed {
                activation: verify(school.activate()),
                reset: verify(school.reset()),
                new_activation: verify(new.activate()),
                id,
                new_id,
            }
        });
        Self { schools: schools.collect(), keys }
    }

    /// A registry that receives them.
    pub(crate) async fn registry<S: Store>(&self, store: S) -> Registry<S> {
        let ring = KeyRing::new("2026", StoreKey::generate().unwrap()).unwrap();
        Registry::builder(&self.keys, ring).open(store).await.unwrap()
    }
}
