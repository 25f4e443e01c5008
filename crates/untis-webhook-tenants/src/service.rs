use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use tower_service::Service;
use untis_webhook_tower::{Reason, VerifiedBody};

use crate::error::with_causes;
use crate::{Registry, Store};

/// A tower service that receives into a registry. With a [`VerifyLayer`](untis_webhook_tower::VerifyLayer) around it it
/// is a whole receiver.
///
/// | what came of it | answer | the platform |
/// |---|---|---|
/// | it is received, whatever was done, and what was done is durable | 204 | has done its part |
/// | it is for another environment or another application | 403 | |
/// | it could not be stored | 503 | sends it again |
///
/// The body of an answer is empty. Why it is not 204 is the [`Reason`] in its extensions, which the layer logs.
///
/// ```
/// use tower::Layer;
/// use untis_webhook_tenants::{ReceiveService, Registry, Store};
/// use untis_webhook_tower::{DefaultRejectionResponse, Verifier, Verify, VerifyLayer};
///
/// type Receiver<S> = Verify<ReceiveService<S>, DefaultRejectionResponse>;
///
/// fn receiver<S: Store + 'static>(verifier: Verifier, registry: Registry<S>) -> Receiver<S> {
///     VerifyLayer::new(verifier).layer(registry.into_service())
/// }
/// ```
pub struct ReceiveService<S>(Registry<S>);

impl<S: Store + 'static> Registry<S> {
    /// The registry as a service.
    pub fn into_service(self) -> ReceiveService<S> {
        ReceiveService(self)
    }
}

impl<S: Store + 'static> Service<Request<VerifiedBody>> for ReceiveService<S> {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<VerifiedBody>) -> Self::Future {
        let registry = self.0.clone();
        Box::pin(async move {
            let mut response = Response::new(Empty::new());
            *response.status_mut() = match registry.receive(request.body().verified()).await {
                Ok(_) => StatusCode::NO_CONTENT,
                Err(error) => {
                    response.extensions_mut().insert(Reason(with_causes(&error).into()));
                    error.status()
                }
            };
            Ok(response)
        })
    }
}

impl<S> Clone for ReceiveService<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> fmt::Debug for ReceiveService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReceiveService").field(&self.0).finish()
    }
}
