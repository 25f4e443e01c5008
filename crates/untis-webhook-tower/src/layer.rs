use std::time::Duration;

use tower_layer::Layer;
use untis_webhook::Verifier;

use crate::{DefaultRejectionResponse, Verify, counted};

/// Puts [`Verify`] in front of a service.
///
/// See the [crate's documentation](crate) for an example.
#[derive(Clone, Debug)]
pub struct VerifyLayer<R = DefaultRejectionResponse> {
    pub(crate) verifier: Verifier,
    pub(crate) body_limit: usize,
    pub(crate) body_deadline: Duration,
    pub(crate) rejection_response: R,
}

impl VerifyLayer {
    /// Verifies with these keys, and with the default limit and deadline for the body.
    pub fn new(verifier: Verifier) -> Self {
        counted::describe();
        Self {
            verifier,
            body_limit: DEFAULT_BODY_LIMIT,
            body_deadline: DEFAULT_BODY_DEADLINE,
            rejection_response: DefaultRejectionResponse,
        }
    }
}

impl<R> VerifyLayer<R> {
    /// The longest body that is read, in octets; 64 KiB unless set. A real payload is less than 1 KiB.
    ///
    /// A longer one is refused with [`BodyTooLarge`](untis_webhook::Rejection::BodyTooLarge): at once if its
    /// length is declared, otherwise when it arrives.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use untis_webhook_tower::VerifyLayer;
    /// # use untis_webhook_tower::{KeySet, Verifier};
    /// # let key = untis_webhook_testkit::SigningKey::generate().verifying_key();
    /// # let verifier = Verifier::new(KeySet::new([("production", key)])?);
    ///
    /// let layer = VerifyLayer::new(verifier).body_limit(16 * 1024).body_deadline(Duration::from_secs(5));
    /// # let _ = layer;
    /// # Ok::<(), untis_webhook_tower::KeySetError>(())
    /// ```
    #[must_use]
    pub fn body_limit(self, octets: usize) -> Self {
        Self { body_limit: octets, ..self }
    }

    /// How long the whole body may take to arrive, from when its headers have been verified; 10 s unless set.
    ///
    /// A slower one is refused with [`BodyTimeout`](untis_webhook::Rejection::BodyTimeout).
    #[must_use]
    pub fn body_deadline(self, deadline: Duration) -> Self {
        Self { body_deadline: deadline, ..self }
    }

    /// Answers a request that was refused with this in place of [`DefaultRejectionResponse`].
    ///
    /// A [`RejectionResponse`](crate::RejectionResponse), such as a closure:
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use untis_webhook::Rejection;
    /// # use untis_webhook::{KeySet, Verifier};
    /// # use untis_webhook_tower::VerifyLayer;
    /// # let key = untis_webhook_testkit::SigningKey::generate().verifying_key();
    /// # let verifier = Verifier::new(KeySet::new([("production", key)])?);
    ///
    /// let layer = VerifyLayer::new(verifier).rejection_response(|rejection: Rejection| {
    ///     let mut response = Response::new(String::new());
    ///     *response.status_mut() = match rejection {
    ///         Rejection::BodyTimeout => StatusCode::SERVICE_UNAVAILABLE,
    ///         rejection => rejection.status(),
    ///     };
    ///     response
    /// });
    /// # Ok::<(), untis_webhook::KeySetError>(())
    /// ```
    #[must_use]
    pub fn rejection_response<R2>(self, rejection_response: R2) -> VerifyLayer<R2> {
        let Self { verifier, body_limit, body_deadline, rejection_response: _ } = self;
        VerifyLayer { verifier, body_limit, body_deadline, rejection_response }
    }
}

impl<S, R: Clone> Layer<S> for VerifyLayer<R> {
    type Service = Verify<S, R>;

    fn layer(&self, inner: S) -> Verify<S, R> {
        Verify { inner, config: self.clone() }
    }
}

/// Octets. Sixty-four times what the platform sends today.
const DEFAULT_BODY_LIMIT: usize = 64 * 1024;

const DEFAULT_BODY_DEADLINE: Duration = Duration::from_secs(10);
