use http::StatusCode;

use crate::{OperateError, SealError, StoreError};

/// Why a delivery was not received. The platform must send it again, or must not, as the [status](Self::status) says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The credentials are for another application.
    #[error("expected a client id of this application, found another")]
    ClientId,

    /// The key that signed it belongs to another environment.
    #[error("expected a key of this environment, found another")]
    Environment,

    /// It could not be encrypted.
    #[error(transparent)]
    Seal(#[from] SealError),

    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReceiveError {
    /// The HTTP status that answers it: 403 for what is not for this registry, 503 for what could not be stored, so
    /// that the platform sends it again.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ClientId | Self::Environment => StatusCode::FORBIDDEN,
            Self::Seal(_) | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Why a registry could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It cannot be done to this tenant.
    #[error(transparent)]
    Operate(#[from] OperateError),

    /// Something cannot be decrypted; the text names a store key that is missing.
    #[error(transparent)]
    Seal(#[from] SealError),

    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// There is no such tenant.
    #[error("expected the id of a tenant that is known, found another")]
    UnknownTenant,
}
