//! What the application asks: which tenants there are, and for the credentials of one that is active.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use untis_webhook_serve::{Stranger, causes, shown};
use untis_webhook_tenants::{Registry, RegistryError, Store};
use zeroize::Zeroizing;

use self::answer::{CredentialsAnswer, ErrorAnswer, TenantAnswer, TenantsAnswer};
use self::query::Query;
use self::tokens::{Caller, Tokens};
use crate::metrics::Metrics;

pub(crate) mod answer;
pub(crate) mod listener;
mod query;
pub(crate) mod tokens;

/// The API's service. `openapi.json` describes it.
pub(crate) struct Api<S> {
    registry: Registry<S>,
    tokens: Tokens,
    metrics: Metrics,
}

/// Why there is no answer.
enum Refusal {
    BadRequest(&'static str),
    MethodNotAllowed,
    NotFound(&'static str),
    Unauthorized(&'static str),
    Unavailable,
}

impl<S: Store> Api<S> {
    /// Without tokens it answers everybody, which is for a socket that its owner alone can open.
    pub(crate) fn new(registry: Registry<S>, tokens: Tokens, metrics: Metrics) -> Self {
        Self { registry, tokens, metrics }
    }

    pub(crate) async fn answer<B>(
        self: Arc<Self>,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let answered = self.try_answer(request.into_parts().0).await;
        let answer = answered.unwrap_or_else(Refusal::respond);
        self.metrics.asked(answer.status());
        Ok(answer)
    }

    async fn try_answer(&self, request: http::request::Parts) -> Result<Response<Full<Bytes>>, Refusal> {
        // Before all else: who may not ask does not learn what there is.
        let caller = self.tokens.caller(&request.headers).map_err(Refusal::Unauthorized)?;
        let segments: Vec<_> = request.uri.path().split('/').skip(1).collect();
        let route = match segments[..] {
            ["v1", "tenants"] => Route::Tenants,
            ["v1", "tenants", id] => Route::Tenant(tenant_id(id)?),
            ["v1", "tenants", id, "credentials"] => Route::Credentials(tenant_id(id)?),
            _ => return Err(Refusal::NotFound("there is no such path")),
        };
        if request.method != Method::GET {
            return Err(Refusal::MethodNotAllowed);
        }
        match route {
            Route::Credentials(id) => self.credentials(&id, caller).await,
            Route::Tenant(id) => self.tenant(&id).await,
            Route::Tenants => {
                let query = Query::parse(request.uri.query().unwrap_or_default());
                self.tenants(query.map_err(Refusal::BadRequest)?).await
            }
        }
    }

    async fn tenants(&self, query: Query) -> Result<Response<Full<Bytes>>, Refusal> {
        let Query { status, limit, after } = query;
        let page = self.registry.list(status, after.as_deref(), limit).await.map_err(unavailable)?;
        let mut tenants = Vec::with_capacity(page.entries.len());
        for entry in page.entries {
            let profile = self.registry.profile(&entry.tenant_id).await.map_err(unavailable)?;
            tenants.push(TenantAnswer::new(self.registry.environment(), entry, profile));
        }
        json(&TenantsAnswer { tenants, next: page.next })
    }

    async fn tenant(&self, id: &str) -> Result<Response<Full<Bytes>>, Refusal> {
        let entry = self.registry.get(id).await.map_err(unavailable)?;
        let entry = entry.ok_or(Refusal::NotFound("there is no such tenant"))?;
        let profile = self.registry.profile(id).await.map_err(unavailable)?;
        json(&TenantAnswer::new(self.registry.environment(), entry, profile))
    }

    async fn credentials(&self, id: &str, caller: Caller) -> Result<Response<Full<Bytes>>, Refusal> {
        let credentials = self.registry.credentials(id).await.map_err(unavailable)?;
        let credentials = credentials.ok_or(Refusal::NotFound("there is no such tenant that is active"))?;
        let answer = json(&CredentialsAnswer::from(&credentials))?;
        self.metrics.handed_out();
        tracing::info!(
            tenant = %shown(id),
            version = credentials.version,
            token = caller.token,
            "credentials are handed out"
        );
        Ok(answer)
    }
}

enum Route {
    Credentials(String),
    Tenant(String),
    Tenants,
}

fn tenant_id(segment: &str) -> Result<String, Refusal> {
    let id = percent_decode_str(segment).decode_utf8();
    Ok(id.map_err(|_| Refusal::NotFound("there is no such tenant"))?.into_owned())
}

/// Says why in the log, which names a store key that is missing, and nothing to the caller.
fn unavailable(error: RegistryError) -> Refusal {
    tracing::error!(error = causes(&error), "the API cannot answer");
    Refusal::Unavailable
}

impl Refusal {
    fn respond(self) -> Response<Full<Bytes>> {
        let (status, error) = match self {
            Self::BadRequest(error) => (StatusCode::BAD_REQUEST, error),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "expected GET"),
            Self::NotFound(error) => (StatusCode::NOT_FOUND, error),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "expected a bearer token of this API"),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "cannot be answered now; the log says why")
            }
        };
        let mut response = json(&ErrorAnswer { error }).unwrap_or_default();
        *response.status_mut() = status;
        match self {
            Self::MethodNotAllowed => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            }
            Self::Unauthorized(challenge) => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
                response.extensions_mut().insert(Stranger);
            }
            _ => {}
        }
        response
    }
}

/// The octets are wiped when they have been sent; what the connection copies of them is not.
fn json(answer: &impl Serialize) -> Result<Response<Full<Bytes>>, Refusal> {
    let mut octets = Zeroizing::new(Vec::with_capacity(8 * 1024));
    serde_json::to_writer(&mut *octets, answer).map_err(|_| Refusal::Unavailable)?;
    let mut response = Response::new(Full::new(Bytes::from_owner(octets)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
