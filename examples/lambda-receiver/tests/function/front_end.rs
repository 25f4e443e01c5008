//! Deliveries as the front ends hand them to a function.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use untis_webhook_testkit::Delivery;

/// What stands before the function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FrontEnd {
    ApiGatewayV1,
    ApiGatewayV2,
    FunctionUrl,
    LoadBalancer,
    LoadBalancerMultiValue,
}

impl FrontEnd {
    pub(crate) const ALL: [Self; 5] = [
        Self::ApiGatewayV1,
        Self::ApiGatewayV2,
        Self::FunctionUrl,
        Self::LoadBalancer,
        Self::LoadBalancerMultiValue,
    ];

    /// An event without a body, and without the headers of a signature.
    pub(crate) fn event(self) -> Value {
        let event = match self {
            Self::ApiGatewayV1 => include_str!("recorded/api-gateway-v1.json"),
            Self::ApiGatewayV2 => include_str!("recorded/api-gateway-v2.json"),
            Self::FunctionUrl => include_str!("recorded/function-url.json"),
            Self::LoadBalancer => include_str!("recorded/load-balancer.json"),
            Self::LoadBalancerMultiValue => include_str!("recorded/load-balancer-multi-value.json"),
        };
        serde_json::from_str(event).unwrap()
    }

    /// A delivery whose body is handed on as it is.
    pub(crate) fn plain(self, delivery: &Delivery) -> Value {
        self.plain_in(self.event(), delivery)
    }

    /// The same in an event that may have headers already.
    pub(crate) fn plain_in(self, event: Value, delivery: &Delivery) -> Value {
        let mut event = self.signed(event, delivery);
        event["body"] = str::from_utf8(delivery.body()).unwrap().into();
        event
    }

    /// A delivery whose body is handed on as base64.
    pub(crate) fn base64(self, delivery: &Delivery) -> Value {
        let mut event = self.signed(self.event(), delivery);
        event["body"] = BASE64_STANDARD.encode(delivery.body()).into();
        event["isBase64Encoded"] = true.into();
        event
    }

    fn signed(self, mut event: Value, delivery: &Delivery) -> Value {
        for (name, value) in &delivery.headers() {
            self.add_header(&mut event, &self.name(name.as_str()), value.to_str().unwrap());
        }
        event
    }

    /// A header's name as the front end would say it: the first one as a client may have sent it, the others in lower case.
    pub(crate) fn name(self, name: &str) -> String {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        match self {
            Self::ApiGatewayV1 => name.split('-').map(capital).collect::<Vec<_>>().join("-"),
            _ => name.to_owned(),
        }
    }

    /// A header, which may be there already.
    pub(crate) fn add_header(self, event: &mut Value, name: &str, value: &str) {
        let add_to_all = |event: &mut Value| match &mut event["multiValueHeaders"][name] {
            Value::Array(values) => values.push(value.into()),
            none => *none = json!([value]),
        };
        match self {
            // The last of the values, and all of them.
            Self::ApiGatewayV1 => {
                event["headers"][name] = value.into();
                add_to_all(event);
            }
            Self::ApiGatewayV2 | Self::FunctionUrl => {
                let header = &mut event["headers"][name];
                *header = match header.as_str() {
                    Some(before) => format!("{before},{value}").into(),
                    None => value.into(),
                };
            }
            Self::LoadBalancer => event["headers"][name] = value.into(),
            Self::LoadBalancerMultiValue => add_to_all(event),
        }
    }

    /// A header that is there, with another value.
    pub(crate) fn set_header(self, event: &mut Value, name: &str, value: &str) {
        for (list, value) in [("headers", json!(value)), ("multiValueHeaders", json!([value]))] {
            let list = event[list].as_object_mut();
            let header =
                list.and_then(|list| list.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)));
            header.into_iter().for_each(|(_, header)| *header = value.clone());
        }
    }

    /// Where it says the path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ApiGatewayV2 | Self::FunctionUrl => "/rawPath",
            _ => "/path",
        }
    }
}
