use axum_core::extract::FromRequestParts;
use bytes::Bytes;
use http::request::Parts;
use serde::de::DeserializeOwned;
use untis_webhook::{DecodeError, Event, Verified};

use crate::ExtractRejection;

/// Extracts the event that the platform signed.
///
/// Refused with [`ExtractRejection`]: 500 without the layer, 400 if the signed bytes are not JSON, 422 if
/// they are not of the documented shape. An event of a name that is not known is [`Event::Unknown`], and not
/// refused.
///
/// There is no `Option<VerifiedEvent>`, which would let a handler go on without a proof. `Result<VerifiedEvent,
/// ExtractRejection>` is axum's own, and lets it: a handler that takes one answers its error, and does nothing else.
///
/// ```compile_fail,E0277
/// use axum::routing::{MethodRouter, post};
/// use untis_webhook_axum::VerifiedEvent;
///
/// async fn webhook(event: Option<VerifiedEvent>) {}
///
/// let route: MethodRouter = post(webhook);
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedEvent(pub Verified<Event>);

/// Extracts a type of the application's own from the JSON that the platform signed, whatever its content type
/// says.
///
/// Refused with [`ExtractRejection`]: 500 without the layer, 400 if the signed bytes are not JSON, 422 if
/// they do not fit the type.
///
/// ```
/// use axum::http::StatusCode;
/// use untis_webhook_axum::VerifiedJson;
///
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Activation {
///     tenant_id: String,
///     country: Option<String>,
/// }
///
/// async fn webhook(VerifiedJson(activation): VerifiedJson<Activation>) -> StatusCode {
///     println!("{}, in {:?}", activation.tenant_id, activation.country);
///     StatusCode::NO_CONTENT
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::post(webhook);
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedJson<T>(pub Verified<T>);

/// Extracts the bytes that the platform signed.
///
/// Refused with [`ExtractRejection`]: 500 without the layer.
///
/// ```
/// use axum::http::StatusCode;
/// use untis_webhook_axum::VerifiedBytes;
///
/// /// Takes what was signed to a queue, as it came.
/// async fn webhook(VerifiedBytes(delivery): VerifiedBytes) -> StatusCode {
///     println!("{} octets, signed by {}", delivery.len(), delivery.key_id());
///     StatusCode::ACCEPTED
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::post(webhook);
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedBytes(pub Verified<Bytes>);

impl<S: Sync> FromRequestParts<S> for VerifiedEvent {
    type Rejection = ExtractRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ExtractRejection> {
        decode(parts, Verified::event).map(Self)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for VerifiedJson<T> {
    type Rejection = ExtractRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ExtractRejection> {
        decode(parts, Verified::json).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for VerifiedBytes {
    type Rejection = ExtractRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ExtractRejection> {
        proof(parts).cloned().map(Self)
    }
}

fn decode<T>(
    parts: &Parts,
    decode: impl Fn(&Verified<Bytes>) -> Result<Verified<T>, DecodeError>,
) -> Result<Verified<T>, ExtractRejection> {
    decode(proof(parts)?).map_err(ExtractRejection::Decode)
}

fn proof(parts: &Parts) -> Result<&Verified<Bytes>, ExtractRejection> {
    parts.extensions.get().ok_or_else(|| {
        tracing::error!("a webhook handler was called without VerifyLayer: add the layer after the route");
        ExtractRejection::LayerMissing
    })
}
