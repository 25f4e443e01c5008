use untis_webhook::Rejection;

/// What a forger may do to a delivery; [`Delivery::forge`](crate::Delivery::forge) does it.
///
/// A receiver must answer 401 to each. A replay is not among them: to send a clone of a
/// [`Delivery`](crate::Delivery) once more *is* genuine, and what a handler does then is worth a test of its
/// own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Forgery {
    /// There is no `Algorithm` header.
    MissingAlgorithm,
    /// There is no `Authorization` header.
    MissingSignature,
    /// The `Algorithm` header claims another algorithm than the one that signed.
    OtherAlgorithm,
    /// A key that is not the platform's signed it.
    OtherKey,
    /// One octet was added to the body after it was signed.
    TamperedBody,
}

impl Forgery {
    /// Every forgery.
    pub const ALL: [Self; 5] = [
        Self::MissingAlgorithm,
        Self::MissingSignature,
        Self::OtherAlgorithm,
        Self::OtherKey,
        Self::TamperedBody,
    ];

    /// The reason for which it is rejected.
    pub fn rejection(self) -> Rejection {
        match self {
            Self::MissingAlgorithm | Self::MissingSignature => Rejection::MissingHeader,
            Self::OtherAlgorithm | Self::OtherKey => Rejection::UntrustedSignature,
            Self::TamperedBody => Rejection::DigestMismatch,
        }
    }
}
