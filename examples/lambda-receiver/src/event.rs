use std::collections::BTreeSet;
use std::fmt;
use std::mem;

use lambda_http::aws_lambda_events::alb::AlbTargetGroupRequest;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::aws_lambda_events::encodings::Base64Data;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::HOST;
use lambda_http::http::uri::PathAndQuery;
use lambda_http::request::LambdaRequest;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// Why no request can be made of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unusable {
    Body,
    Headers,
    Kind,
    Path,
}

impl Unusable {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Body => "its body is not the base64 that it is said to be",
            Self::Headers => "its headers are none of HTTP's, or have a name in two spellings",
            Self::Kind => "it is of no front end that this function knows",
            Self::Path => "its path is none",
        }
    }
}

/// An event as the runtime hands it on, whatever its headers are.
///
/// lambda_http reads them with the rest, so that one that is none of HTTP's would be an error of the invocation, which any stranger
/// could make; and it takes the last of two spellings of a name for the only one.
pub struct Received {
    pub(crate) event: LambdaRequest,
    pub(crate) headers: Result<(), Unusable>,
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut event = Value::deserialize(deserializer)?;
        if !HEADERS.iter().any(|list| has_two_spellings(event.get(list)))
            && let Ok(event) = LambdaRequest::deserialize(&event)
        {
            return Ok(Self { event, headers: Ok(()) });
        }
        if let Some(members) = event.as_object_mut() {
            members.retain(|name, _| !HEADERS.contains(&name.as_str()));
        }
        let event = LambdaRequest::deserialize(event).map_err(D::Error::custom)?;
        Ok(Self { event, headers: Err(Unusable::Headers) })
    }
}

/// Without the signature and the body.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").finish_non_exhaustive()
    }
}

fn has_two_spellings(list: Option<&Value>) -> bool {
    let names = list.and_then(Value::as_object).into_iter().flat_map(|list| list.keys());
    let mut seen = BTreeSet::new();
    names.into_iter().any(|name| !seen.insert(name.to_ascii_lowercase()))
}

/// Leaves in an event what lambda_http makes a request of without a panic.
///
/// That decodes the body, and makes a URL of `Host`, stage, path and query. Strangers choose most of these, and a webhook needs
/// none, so only the path is left, for the log.
///
/// Some events have a header twice: its last value in one list, and all its values in another. lambda_http takes the last
/// one, as if there were no other. Here all are left, and a request with two signatures is refused.
pub(crate) fn prepare(event: &mut LambdaRequest) -> Result<(), Unusable> {
    match event {
        LambdaRequest::Alb(event) => {
            event.query_string_parameters = Default::default();
            event.multi_value_query_string_parameters = Default::default();
            keep_all(&mut event.headers, &mut event.multi_value_headers);
            check_path(event.path.as_deref())?;
            check_body(event.is_base64_encoded, event.body.as_deref())
        }
        LambdaRequest::ApiGatewayV1(event) => {
            event.request_context.domain_name = None;
            event.request_context.stage = None;
            event.query_string_parameters = Default::default();
            event.multi_value_query_string_parameters = Default::default();
            keep_all(&mut event.headers, &mut event.multi_value_headers);
            check_path(event.path.as_deref())?;
            check_body(event.is_base64_encoded, event.body.as_deref())
        }
        // A function URL's as well. Of a repeated header it has one value, with commas between, which is no signature.
        LambdaRequest::ApiGatewayV2(event) => {
            event.request_context.domain_name = None;
            event.request_context.stage = None;
            event.raw_query_string = None;
            event.query_string_parameters = Default::default();
            event.headers.remove(HOST);
            check_path(event.raw_path.as_deref())?;
            check_body(event.is_base64_encoded, event.body.as_deref())
        }
        _ => Err(Unusable::Kind),
    }
}

/// An event of the same front end, of which a request can be made.
pub(crate) fn empty(event: &LambdaRequest) -> LambdaRequest {
    match event {
        LambdaRequest::Alb(_) => LambdaRequest::Alb(AlbTargetGroupRequest::default()),
        LambdaRequest::ApiGatewayV2(_) => LambdaRequest::ApiGatewayV2(ApiGatewayV2httpRequest::default()),
        _ => LambdaRequest::ApiGatewayV1(ApiGatewayProxyRequest::default()),
    }
}

/// Leaves `last` empty, and in `all` what either has, by the values in `all` where both have it.
fn keep_all(last: &mut HeaderMap, all: &mut HeaderMap) {
    last.extend(mem::take(all));
    mem::swap(last, all);
}

fn check_path(path: Option<&str>) -> Result<(), Unusable> {
    let path = path.unwrap_or_default();
    let is_one = path.starts_with('/') && path.len() <= LONGEST_PATH && path.parse::<PathAndQuery>().is_ok();
    is_one.then_some(()).ok_or(Unusable::Path)
}

/// By the very decoder that will decode it.
fn check_body(is_base64: bool, body: Option<&str>) -> Result<(), Unusable> {
    match body {
        Some(body) if is_base64 => {
            serde_json::from_value::<Base64Data>(body.into()).map(drop).map_err(|_| Unusable::Body)
        }
        _ => Ok(()),
    }
}

/// The members of an event that have its headers.
const HEADERS: [&str; 2] = ["headers", "multiValueHeaders"];

/// Octets: the longest request line that a load balancer takes
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html#http-header-limits>).
/// Escaped it is at most three times as long, which is still a URI.
const LONGEST_PATH: usize = 16 * 1024;
