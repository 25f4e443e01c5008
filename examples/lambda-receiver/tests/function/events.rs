//! The function's service over recorded events, without the runtime.

use std::convert::Infallible;
use std::future::pending;
use std::panic::catch_unwind;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
use lambda_http::http::{Request, StatusCode};
use lambda_http::request::LambdaRequest;
use lambda_http::tower::{Service, ServiceExt};
use lambda_http::{Body, Context, LambdaEvent, Response};
use lambda_receiver::{Guard, Received, app, app_handled_by};
use serde_json::{Value, json};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
use untis_webhook_tower::{KeySet, Verifier};

use crate::front_end::FrontEnd;
use crate::{BODY, genuine};

fn verifier() -> Verifier {
    Verifier::new(KeySet::new([("production", SigningKey::shared().verifying_key())]).unwrap())
}

/// What the front end is answered.
async fn answer(event: &Value) -> Value {
    answer_by(app(verifier()), event, Context::default()).await
}

async fn answer_by<S>(service: S, event: &Value, context: Context) -> Value
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
    S::Future: Send + 'static,
{
    let payload: Received = serde_json::from_value(event.clone()).unwrap();
    let Ok(response) = Guard::new(service).oneshot(LambdaEvent::new(payload, context)).await;
    serde_json::to_value(response).unwrap()
}

async fn status(event: &Value) -> u64 {
    answer(event).await["statusCode"].as_u64().unwrap()
}

#[tokio::test]
async fn what_the_platform_signed_is_taken_behind_every_front_end() {
    for payload in Payload::every().chain([Payload::credentials_v1().set("schoolName", "Höhere Schule Ж")])
    {
        let delivery = Delivery::sign(SigningKey::shared(), payload);
        for front_end in FrontEnd::ALL {
            for event in [front_end.plain(&delivery), front_end.base64(&delivery)] {
                assert_eq!(status(&event).await, 204, "{front_end:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_forgery_is_refused_behind_every_front_end() {
    for forgery in Forgery::ALL {
        let forged = genuine().forge(forgery);
        for front_end in FrontEnd::ALL {
            for event in [front_end.plain(&forged), front_end.base64(&forged)] {
                assert_eq!(status(&event).await, 401, "{front_end:?} {forgery:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_of_any_octets_comes_as_it_was_signed() {
    let octets: Vec<u8> = (0..=255).collect();
    let genuine = Delivery::sign(SigningKey::shared(), octets);
    for front_end in FrontEnd::ALL {
        // Verified, and then found to be no JSON.
        let refused = answer(&front_end.base64(&genuine)).await;
        assert_eq!(refused["statusCode"], 400, "{front_end:?}");
        let tampered = front_end.base64(&genuine.clone().forge(Forgery::TamperedBody));
        assert_eq!(status(&tampered).await, 401, "{front_end:?}");
        // That a body is base64 is not guessed, but said.
        let mut plain = front_end.base64(&genuine);
        plain["isBase64Encoded"] = false.into();
        assert_eq!(status(&plain).await, 401, "{front_end:?}");
    }
}

#[tokio::test]
async fn the_answer_has_the_form_that_each_front_end_takes() {
    for front_end in FrontEnd::ALL {
        let refused = answer(&front_end.plain(&genuine().forge(Forgery::OtherKey))).await;
        let [one, all] =
            ["headers", "multiValueHeaders"].map(|headers| refused[headers]["www-authenticate"].clone());
        let expected = match front_end {
            FrontEnd::ApiGatewayV1 => [Value::Null, json!(["Untis-Signature"])],
            FrontEnd::ApiGatewayV2 | FrontEnd::FunctionUrl => [json!("Untis-Signature"), Value::Null],
            FrontEnd::LoadBalancer | FrontEnd::LoadBalancerMultiValue => {
                [json!("Untis-Signature"), json!(["Untis-Signature"])]
            }
        };
        assert_eq!([one, all], expected, "{front_end:?}");
        assert_eq!(refused["body"], "", "{front_end:?}");
        assert_eq!(refused["isBase64Encoded"], false, "{front_end:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_the_base64_it_is_said_to_be_is_refused() {
    let encoded = BASE64_STANDARD.encode("a body that ends in >>>???");
    assert!(encoded.contains(['+', '/']) && encoded.ends_with('='));
    for front_end in FrontEnd::ALL {
        let mut event = front_end.base64(&genuine());
        for body in [
            BODY,
            "!",
            "====",
            &format!("{encoded}\n"),
            &BASE64_STANDARD_NO_PAD.encode("a body that ends in >>>???"),
            &BASE64_URL_SAFE.encode("a body that ends in >>>???"),
        ] {
            event["body"] = body.into();
            assert_eq!(status(&event).await, 400, "{front_end:?} {body}");
        }
        // What is base64 is looked at by the layer.
        event["body"] = encoded.clone().into();
        assert_eq!(status(&event).await, 401, "{front_end:?}");
        // Without a body there is nothing to decode.
        event["body"] = Value::Null;
        assert_eq!(status(&event).await, 401, "{front_end:?}");
    }
}

/// Of each front end an event that a stranger, or whoever may invoke the function, can make of a genuine one.
fn odd_urls(front_end: FrontEnd) -> Vec<(Value, u64)> {
    let mut events = Vec::new();
    let mut with = |what: &dyn Fn(&mut Value), status| {
        let mut event = front_end.plain(&genuine());
        what(&mut event);
        events.push((event, status));
    };
    for host in ["a b", "[", "host:99999", "", "{}", "a/b?c#d"] {
        with(&|event| front_end.set_header(event, "host", host), 204);
    }
    for agent in ["ü", "\t", "a, b", ""] {
        with(&|event| front_end.set_header(event, "user-agent", agent), 204);
    }
    for scheme in ["", ":", "no scheme", "javascript"] {
        with(&|event| front_end.set_header(event, "x-forwarded-proto", scheme), 204);
    }
    for query in ["a b", "\n", "|", "<\"{}ä", "%zz", &"a".repeat(100_000)] {
        with(
            &|event| match front_end {
                FrontEnd::ApiGatewayV2 | FrontEnd::FunctionUrl => event["rawQueryString"] = query.into(),
                _ => event["queryStringParameters"] = json!({ query: query }),
            },
            204,
        );
    }
    with(&|event| event["requestContext"]["stage"] = "ä".repeat(50_000).into(), 204);
    for path in ["/", "//", "/prod/webhook", "/webhook/", "/..", "/{proxy+}", "/%00", "/a\\b", "/a?b", "/ä"]
    {
        with(&|event| *event.pointer_mut(front_end.path()).unwrap() = path.into(), 204);
    }
    for path in ["", "webhook", ":99999", "@", "/a b", "/\n", "http://host/", &"/a".repeat(10_000)] {
        with(&|event| *event.pointer_mut(front_end.path()).unwrap() = path.into(), 400);
    }
    with(&|event| *event.pointer_mut(front_end.path()).unwrap() = Value::Null, 400);
    events
}

#[tokio::test]
async fn whatever_the_parts_of_a_url_are_it_is_answered() {
    for front_end in FrontEnd::ALL {
        for (event, expected) in odd_urls(front_end) {
            assert_eq!(status(&event).await, expected, "{front_end:?} {event:.9999}");
        }
    }
}

/// When this fails, there is nothing left to guard against: [`lambda_http::run`] will do.
#[test]
fn lambda_http_alone_panics_over_some_of_them() {
    for front_end in FrontEnd::ALL {
        let mut base64 = front_end.base64(&genuine());
        base64["body"] = "!".into();
        let events = odd_urls(front_end).into_iter().map(|(event, _)| event);
        let panics = [base64].into_iter().chain(events).filter(|event| {
            let request: LambdaRequest = serde_json::from_value(event.clone()).unwrap();
            catch_unwind(|| Request::<Body>::from(request)).is_err()
        });
        assert!(panics.count() > 2, "{front_end:?}");
    }
}

#[tokio::test]
async fn a_repeated_header_is_refused_even_with_the_same_value() {
    let genuine = genuine();
    let headers = genuine.headers();
    for name in ["authorization", "algorithm"] {
        let value = headers[name].to_str().unwrap();
        // A load balancer that was not told to say all values says the last.
        for front_end in FrontEnd::ALL.into_iter().filter(|front_end| *front_end != FrontEnd::LoadBalancer) {
            for other in [value, "another"] {
                let mut event = front_end.plain(&genuine);
                assert_eq!(status(&event).await, 204, "{front_end:?}");
                front_end.add_header(&mut event, &front_end.name(name), other);
                assert_eq!(status(&event).await, 401, "{front_end:?} {name}");
            }
            // The genuine one last.
            let mut event = front_end.event();
            front_end.add_header(&mut event, &front_end.name(name), "another");
            let event = front_end.plain_in(event, &genuine);
            assert_eq!(status(&event).await, 401, "{front_end:?} {name}");
        }
    }
}

#[tokio::test]
async fn the_case_of_a_headers_name_is_nothing() {
    for front_end in FrontEnd::ALL {
        for change in [str::to_uppercase, str::to_lowercase] {
            let text = front_end.plain(&genuine()).to_string();
            let text = ["Authorization", "authorization", "Algorithm", "algorithm"]
                .iter()
                .fold(text, |text, name| {
                    text.replace(&format!("\"{name}\""), &format!("\"{}\"", change(name)))
                });
            assert_eq!(status(&text.parse().unwrap()).await, 204, "{front_end:?}");
        }
    }
}

#[tokio::test]
async fn headers_that_are_none_of_http_or_have_two_spellings_of_a_name_are_refused() {
    for front_end in FrontEnd::ALL {
        let genuine = front_end.plain(&genuine());
        let mut tried = 0;
        for list in ["headers", "multiValueHeaders"].into_iter().filter(|list| genuine[list].is_object()) {
            let value = |text: &str| if list == "headers" { json!(text) } else { json!([text]) };
            for (name, text) in
                [("AUTHORIZATION", "AAAA"), ("x-a(b)", "c"), ("x-a:b", "c"), ("x-a", "\u{7f}"), ("", "c")]
            {
                let mut event = genuine.clone();
                event[list][name] = value(text);
                assert_eq!(status(&event).await, 400, "{front_end:?} {list} {name:?}");
                tried += 1;
            }
        }
        assert!(tried > 0, "{front_end:?}");
    }
}

#[tokio::test]
async fn what_is_said_in_one_of_the_two_lists_of_headers_counts() {
    for list in ["headers", "multiValueHeaders"] {
        let mut event = FrontEnd::ApiGatewayV1.plain(&genuine());
        event[list] = Value::Null;
        assert_eq!(status(&event).await, 204, "without {list}");
    }
}

#[tokio::test]
async fn another_method_is_405_once_it_is_verified() {
    for front_end in FrontEnd::ALL {
        let mut event = front_end.plain(&genuine());
        let text = event.to_string().replace("\"POST\"", "\"PUT\"");
        event = text.parse().unwrap();
        let refused = answer(&event).await;
        assert_eq!(refused["statusCode"], 405, "{front_end:?}");
        assert!(refused.to_string().contains(r#""allow":"#), "{front_end:?} {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_given_up_before_the_invocation_is() {
    let hangs = app_handled_by(verifier(), |_| pending::<StatusCode>());
    let mut context = Context::default();
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(3);
    context.deadline = deadline.as_millis().try_into().unwrap();
    for front_end in FrontEnd::ALL {
        let began = tokio::time::Instant::now();
        let answer = answer_by(hangs.clone(), &front_end.plain(&genuine()), context.clone()).await;
        assert_eq!(answer["statusCode"], 503, "{front_end:?}");
        assert!(began.elapsed() < Duration::from_secs(3), "{front_end:?} {:?}", began.elapsed());
    }
}
