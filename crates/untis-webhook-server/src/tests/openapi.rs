//! `openapi.json` says what the API does and what the application is told, all of it and no more.

use std::collections::{BTreeMap, BTreeSet};

use untis_webhook::event::{CredentialsEventType, DeactivationEventType, ReasonType};
use untis_webhook_testkit::{Payload, School};

use super::*;

fn document() -> Value {
    serde_json::from_str(include_str!("../../openapi.json")).unwrap()
}

/// What is meant, where it says that it is elsewhere.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => document.pointer(place.strip_prefix('#').unwrap()).expect(place),
        None => value,
    }
}

/// Why a value is not as its schema says; each field that is there must be described, and each that is described be there.
fn mismatch(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = resolved(document, schema);
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    if !kinds.contains(&kind.into()) {
        return Some(format!("{at} is of type {kind}, which is none of {kinds:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
        return Some(format!("{at} is none of {allowed:?}"));
    }
    if schema["format"] == "date-time"
        && let Some(time) = value.as_str()
        && time.parse::<jiff::Timestamp>().is_err()
    {
        return Some(format!("{at} is no time"));
    }
    match value {
        Value::Array(items) => {
            items.iter().find_map(|item| mismatch(document, &schema["items"], item, &format!("{at}[]")))
        }
        Value::Object(fields) => {
            let described = schema["properties"].as_object().unwrap();
            let names: BTreeSet<_> = fields.keys().collect();
            let required = schema["required"].as_array().unwrap().iter();
            let required: BTreeSet<_> = required.map(|name| name.as_str().unwrap()).collect();
            let described_names: BTreeSet<_> = described.keys().collect();
            if names != described_names || !names.iter().copied().eq(required) {
                return Some(format!("{at} has {names:?}"));
            }
            fields.iter().find_map(|(name, field)| {
                mismatch(document, &described[name], field, &format!("{at}.{name}"))
            })
        }
        _ => None,
    }
}

/// Paths and statuses that are described, of GET, which is all there is.
fn described(document: &Value) -> BTreeSet<(String, u16)> {
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods: Vec<_> = item.as_object().unwrap().keys().filter(|name| *name != "parameters").collect();
        assert_eq!(methods, ["get"], "{path}");
        for status in item["get"]["responses"].as_object().unwrap().keys() {
            described.insert((path.clone(), status.parse().unwrap()));
        }
    }
    described
}

#[tokio::test]
async fn the_description_of_the_api_is_what_it_does_and_what_it_does_is_described() {
    let document = document();
    let daemon = Setup::new().start().await;
    let mut schools = ["1", "2", "3"].map(|id| School::new(SigningKey::shared(), id));
    for school in &mut schools {
        assert_eq!(daemon.deliver(&school.activate()).await, 204);
    }
    assert_eq!(daemon.deliver(&schools[1].deactivate()).await, 204);
    assert_eq!(daemon.deliver(&schools[2].delete()).await, 204);

    let api = daemon.addresses.api.unwrap();
    let token = &[("authorization", BEARER)][..];
    let no_length = &[("authorization", BEARER), ("content-length", "0")][..];
    let mut answers = BTreeMap::<(String, u16), Vec<wire::Response>>::new();
    let mut note = |path: &str, response: wire::Response| {
        answers.entry((path.to_owned(), response.status)).or_default().push(response);
    };
    let paths = ["/v1/tenants", "/v1/tenants/{tenantId}", "/v1/tenants/{tenantId}/credentials"];
    for path in paths {
        for id in ["1", "2", "3", "4"] {
            note(path, get(api, &path.replace("{tenantId}", id), token).await);
        }
        let target = path.replace("{tenantId}", "1");
        note(path, get(api, &target, &[]).await);
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            note(path, request(api, method, &target, no_length).await);
        }
    }
    for query in ["?limit=0", "?status=none", "?other=1"] {
        note(paths[0], get(api, &format!("{}{query}", paths[0]), token).await);
    }
    for query in ["?limit=2", "?status=active", "?after=2"] {
        note(paths[0], get(api, &format!("{}{query}", paths[0]), token).await);
    }
    // All that is stored is under a key that nobody has.
    let store = daemon.store().await;
    let both = KeyRing::new("second", StoreKey::generate().unwrap()).unwrap();
    let both = both.with("first", daemon.store_key.clone()).unwrap();
    let other = Registry::builder(&daemon.keys, both).open(store).await.unwrap();
    other.rekey().await.unwrap();
    for path in paths {
        note(path, get(api, &path.replace("{tenantId}", "1"), token).await);
    }

    assert_eq!(answers.keys().cloned().collect::<BTreeSet<_>>(), described(&document));
    let mut compared = 0;
    for ((path, status), answers) in &answers {
        let response = &document["paths"][path]["get"]["responses"][status.to_string()];
        let response = resolved(&document, response);
        let described = response["content"].as_object().unwrap();
        assert_eq!(described.keys().collect::<Vec<_>>(), ["application/json"]);
        for answer in answers {
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path} {status}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path} {status}");
            for header in ["Allow", "WWW-Authenticate"] {
                let is_there = answer.header(&header.to_lowercase()).is_some();
                assert_eq!(is_there, !response["headers"][header].is_null(), "{path} {status} {header}");
            }
            let body = serde_json::from_str(&answer.body).unwrap();
            let schema = &described["application/json"]["schema"];
            assert_eq!(mismatch(&document, schema, &body, &format!("{path} {status}")), None);
            compared += 1;
        }
    }
    assert!(compared > 35, "{compared}");
    println!("{compared} answers as described, {} kinds", answers.len());

    // What is not described is not there.
    for path in ["/v1", "/v1/tenants/", "/v1/tenants/1/", "/v1/tenants/1/sets", "/openapi.json", "/metrics"] {
        assert_eq!(get(api, path, token).await.status, 404, "{path}");
    }
}

/// Each of the parameters does what it says: the query's own tests have their limits.
#[tokio::test]
async fn the_parameters_that_are_described_are_those_that_are_understood() {
    let document = document();
    let daemon = Setup::new().start().await;
    let parameters = document["paths"]["/v1/tenants"]["get"]["parameters"].as_array().unwrap();
    let names: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["status", "limit", "after"]);
    let limit = &parameters[1]["schema"];
    for (limit, status) in [
        (limit["minimum"].as_u64().unwrap(), 200),
        (limit["maximum"].as_u64().unwrap(), 200),
        (limit["minimum"].as_u64().unwrap() - 1, 400),
        (limit["maximum"].as_u64().unwrap() + 1, 400),
    ] {
        assert_eq!(daemon.ask(&format!("/v1/tenants?limit={limit}")).await.0, status, "{limit}");
    }
    for status in document["components"]["schemas"]["Status"]["enum"].as_array().unwrap() {
        let target = format!("/v1/tenants?status={}", status.as_str().unwrap());
        assert_eq!(daemon.ask(&target).await.0, 200, "{target}");
    }
}

#[tokio::test]
async fn each_message_is_as_it_is_described_and_each_kind_that_is_described_comes() {
    let document = document();
    let mut application = Application::start([Answer::Status(204)]).await;
    let daemon = Setup::new().telling(&application.url()).start().await;
    let credentials = || Payload::credentials(CredentialsEventType::Created);
    let ended = |event_type| Payload::deactivation(event_type, &ReasonType::NoReason);
    let steps = [
        ("activated", credentials()),
        ("updated", credentials().set("schoolName", "Entenhausen")),
        ("credentials_replaced", credentials().set("secret", "another")),
        ("deactivated", ended(DeactivationEventType::Deactivation)),
        // Again, in the same bytes.
        ("contested", credentials()),
        ("deleted", ended(DeactivationEventType::Deletion)),
    ];
    let described = &document["webhooks"]["tenantChanged"]["post"];
    let schema = &described["requestBody"]["content"]["application/json"]["schema"];
    let mut kinds = BTreeSet::new();
    for (kind, payload) in steps {
        assert_eq!(daemon.deliver(&Delivery::sign(SigningKey::shared(), payload)).await, 204);
        let told = application.told().await;
        assert_eq!(mismatch(&document, schema, &told.json(), kind), None);
        assert_eq!(told.json()["type"], format!("tenant.{kind}"));
        for header in described["parameters"].as_array().unwrap() {
            assert!(told.headers.contains_key(header["name"].as_str().unwrap()), "{header}");
        }
        kinds.insert(told.json()["type"].to_string());
    }
    let all = document["components"]["schemas"]["Message"]["properties"]["type"]["enum"].as_array().unwrap();
    assert_eq!(kinds, all.iter().map(Value::to_string).collect());
}
