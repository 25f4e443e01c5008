//! The pretend token endpoint: whose credentials get a token, what lags, what goes wrong, and how it ends.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use serde_json::Value;
use untis_webhook::Event;
use untis_webhook::event::{CredentialsEventType, DeactivationEventType};
use untis_webhook_testkit::{Delivery, Fault, Lag, Refusal, School, SchoolCredentials, TokenEndpoint};
use untis_webhook_tests::platform::{PLATFORM, presented, verifier};
use untis_webhook_tests::wire::status_of;

fn connect(endpoint: &TokenEndpoint) -> TcpStream {
    let stream = TcpStream::connect(endpoint.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends these bytes, and gives the head and the body of what comes until the endpoint closes.
fn exchange(endpoint: &TokenEndpoint, request: &str) -> (String, String) {
    let mut stream = connect(endpoint);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}

fn request(path: &str, authorization: Option<&str>, body: &str) -> String {
    let authorization = authorization.map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n{authorization}\r\n{body}",
        body.len()
    )
}

fn token_request(tenant_id: &str, credentials: &str) -> String {
    let authorization = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let path = format!("/WebUntis/api/sso/v3/{tenant_id}/token");
    request(&path, Some(&authorization), "grant_type=client_credentials")
}

/// The status, and the error if it is a refusal.
fn ask(endpoint: &TokenEndpoint, tenant_id: &str, credentials: &str) -> (u16, Option<String>) {
    let (head, body) = exchange(endpoint, &token_request(tenant_id, credentials));
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    (status_of(&head), body["error"].as_str().map(str::to_owned))
}

fn works(endpoint: &TokenEndpoint, tenant_id: &str, credentials: &str) -> bool {
    match ask(endpoint, tenant_id, credentials) {
        (200, None) => true,
        (401, Some(error)) if error == "invalid_client" => false,
        other => panic!("{other:?}"),
    }
}

fn shown(credentials: &SchoolCredentials) -> String {
    format!("{}:{}", credentials.client_id, credentials.password)
}

#[test]
fn current_credentials_get_a_bearer_token_that_lives_three_minutes_and_no_two_are_alike() {
    let endpoint = TokenEndpoint::start();
    endpoint.accept("12345", "id", "password");
    let mut tokens = HashSet::new();
    for _ in 0..3 {
        let (head, body) = exchange(&endpoint, &token_request("12345", "id:password"));
        assert_eq!(status_of(&head), 200);
        let head = head.to_ascii_lowercase();
        assert!(head.contains("cache-control: no-store") && head.contains("content-type: application/json"));
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((body["token_type"].as_str(), body["expires_in"].as_u64()), (Some("Bearer"), Some(180)));
        assert!(tokens.insert(body["access_token"].as_str().unwrap().to_owned()));
    }
    assert_eq!((endpoint.requests(), endpoint.requests_for("12345"), endpoint.issued()), (3, 3, 3));
}

#[test]
fn everything_else_is_refused_as_the_rfc_says() {
    let endpoint = TokenEndpoint::start();
    endpoint.accept("12345", "id", "password");
    let grant = "grant_type=client_credentials";
    let basic = format!("Basic {}", BASE64_STANDARD.encode("id:password"));
    let path = "/WebUntis/api/sso/v3/12345/token";
    let rows = [
        ("another password", token_request("12345", "id:passwords"), 401, Some("invalid_client")),
        ("another client id", token_request("12345", "di:password"), 401, Some("invalid_client")),
        ("another school", token_request("67890", "id:password"), 401, Some("invalid_client")),
        ("no credentials", request(path, None, grant), 401, Some("invalid_client")),
        ("another scheme", request(path, Some("Bearer abc"), grant), 401, Some("invalid_client")),
        ("no grant", request(path, Some(&basic), ""), 400, Some("invalid_request")),
        (
            "another grant",
            request(path, Some(&basic), "grant_type=password"),
            400,
            Some("unsupported_grant_type"),
        ),
        ("version 2", request("/WebUntis/api/sso/v2/12345/token", Some(&basic), grant), 404, None),
        ("no school", request("/WebUntis/api/sso/v3//token", Some(&basic), grant), 404, None),
        (
            "no form",
            token_request("12345", "id:password").replace("x-www-form-urlencoded", "json"),
            400,
            Some("invalid_request"),
        ),
        ("a GET", token_request("12345", "id:password").replacen("POST", "GET", 1), 405, None),
    ];
    let count = rows.len();
    for (what, request, status, error) in rows {
        let (head, body) = exchange(&endpoint, &request);
        assert_eq!(status_of(&head), status, "{what}");
        assert_eq!(head.contains("www-authenticate: Basic"), status == 401, "{what}");
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        assert_eq!(body["error"].as_str(), error, "{what}");
    }
    assert_eq!((endpoint.requests(), endpoint.issued()), (count, 0));
    assert!(works(&endpoint, "12345", "id:password"));

    for refusal in Refusal::ALL {
        endpoint.refuse_with(refusal);
        let expected = match refusal {
            Refusal::InvalidGrant => (400, "invalid_grant"),
            Refusal::UnauthorizedClient => (400, "unauthorized_client"),
            _ => (401, "invalid_client"),
        };
        let (status, error) = ask(&endpoint, "12345", "id:passwords");
        assert_eq!((status, error.as_deref()), (expected.0, Some(expected.1)));
    }
}

#[test]
fn a_school_and_its_credentials_may_have_any_characters() {
    let endpoint = TokenEndpoint::start();
    endpoint.accept("höhere schule/1", "an id", "p+ä%2:&");
    for credentials in ["an id:p+ä%2:&", "an+id:p%2B%C3%A4%252%3A%26"] {
        assert!(works(&endpoint, "h%C3%B6here%20schule%2F1", credentials), "{credentials}");
    }
    assert!(!works(&endpoint, "h%C3%B6here%20schule%2F1", "an id:p ä%2:&"));
}

#[test]
fn what_is_current_may_lag_for_some_requests_or_until_it_is_told() {
    let endpoint = TokenEndpoint::start();
    endpoint.lag_accepting(Lag::Requests(2));
    endpoint.accept("1", "id", "new");
    assert_eq!([(); 4].map(|()| works(&endpoint, "1", "id:new")), [false, false, true, true]);

    // Requests that fail, and those for other schools, bring it no nearer.
    endpoint.lag_revoking(Lag::Requests(1));
    endpoint.revoke("1", "id", "new");
    endpoint.fail_next(2, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!([(); 2].map(|()| ask(&endpoint, "1", "id:new").0), [503, 503]);
    assert!(!works(&endpoint, "2", "id:new"));
    assert_eq!([(); 3].map(|()| works(&endpoint, "1", "id:new")), [true, false, false]);

    endpoint.lag_accepting(Lag::UntilCaughtUp);
    endpoint.lag_revoking(Lag::AtOnce);
    endpoint.accept("1", "id", "newer");
    assert_eq!([(); 3].map(|()| works(&endpoint, "1", "id:newer")), [false; 3]);
    endpoint.catch_up();
    assert!(works(&endpoint, "1", "id:newer"));
    endpoint.revoke("1", "id", "newer");
    assert!(!works(&endpoint, "1", "id:newer"));

    // What is said last holds, however late what was said before would have come.
    endpoint.accept("1", "id", "newer");
    endpoint.revoke("1", "id", "newer");
    endpoint.catch_up();
    assert!(!works(&endpoint, "1", "id:newer"));
}

#[test]
fn whatever_goes_wrong_goes_wrong_as_often_as_was_said() {
    let endpoint = TokenEndpoint::start();
    endpoint.accept("1", "id", "password");
    let request = token_request("1", "id:password");

    endpoint.fail_next(1, Fault::html());
    let (head, body) = exchange(&endpoint, &request);
    assert!(head.contains("text/html") && body.starts_with("<!DOCTYPE html>"));
    assert!(works(&endpoint, "1", "id:password"));

    endpoint.fail(Fault::redirect("http://elsewhere.example/"));
    for _ in 0..3 {
        let (head, _) = exchange(&endpoint, &request);
        assert!(status_of(&head) == 307 && head.contains("location: http://elsewhere.example/"));
    }
    endpoint.fail(Fault::Close);
    assert_eq!(exchange(&endpoint, &request), (String::new(), String::new()));

    endpoint.fail(Fault::Truncate);
    let (head, body) = exchange(&endpoint, &request);
    let declared = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    assert!(declared.parse::<usize>().unwrap() > body.len());

    endpoint.fail(Fault::Endless);
    let mut stream = connect(&endpoint);
    stream.write_all(request.as_bytes()).unwrap();
    let mut some = vec![0; 1 << 20];
    stream.read_exact(&mut some).unwrap();
    assert!(some.starts_with(b"HTTP/1.1 200 OK\r\n"));
    drop(stream);

    // It hangs until the client gives up.
    endpoint.fail(Fault::Hang);
    let mut stream = connect(&endpoint);
    stream.write_all(request.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let waited = stream.read(&mut some).unwrap_err().kind();
    assert!(matches!(waited, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{waited}");
    stream.shutdown(Shutdown::Write).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_eq!(stream.read(&mut some).unwrap(), 0);

    endpoint.recover();
    assert!(works(&endpoint, "1", "id:password"));
    assert_eq!((endpoint.requests(), endpoint.issued()), (10, 2));
}

#[test]
fn what_is_no_request_gets_no_answer_and_disturbs_nobody() {
    let endpoint = TokenEndpoint::start();
    endpoint.accept("1", "id", "password");
    let too_long = "POST / HTTP/1.1\r\nx: ".to_owned() + &"x".repeat(100_000);
    let too_large = token_request("1", "id:password").replace("length: ", "length: 18446744073709551");
    for bytes in ["\u{16}\u{3}\u{1}\r\n\r\n", &too_long, &too_large] {
        let mut stream = connect(&endpoint);
        // The endpoint may close before all is written, and then there may be a reset.
        let _ = stream.write_all(bytes.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty());
    }
    assert_eq!(endpoint.requests(), 0);
    assert!(works(&endpoint, "1", "id:password"));
}

#[test]
fn dropped_it_ends_whoever_hangs_on_it_and_listens_no_more() {
    let endpoint = TokenEndpoint::start();
    endpoint.accept("1", "id", "password");
    let mut silent = connect(&endpoint);
    endpoint.fail_next(2, Fault::Hang);
    let mut hanging = connect(&endpoint);
    hanging.write_all(token_request("1", "id:password").as_bytes()).unwrap();
    let mut flooded = connect(&endpoint);
    while endpoint.requests() < 1 {
        std::thread::yield_now();
    }
    endpoint.fail(Fault::Endless);
    flooded.write_all(token_request("1", "id:password").as_bytes()).unwrap();
    flooded.read_exact(&mut [0; 1]).unwrap();

    let address = endpoint.url();
    drop(endpoint);
    for stream in [&mut silent, &mut hanging, &mut flooded] {
        // An end, or a reset; what had been sent before is still read.
        let _ = io::copy(stream, &mut io::sink());
    }
    assert!(TcpStream::connect(address.strip_prefix("http://").unwrap()).is_err());
}

fn event(delivery: &Delivery) -> Event {
    let presented = presented(delivery);
    let verified = verifier().verify(&presented, delivery.body().clone()).unwrap();
    verified.event().unwrap().into_inner()
}

type Step = fn(&mut School) -> Delivery;

#[test]
fn a_school_hands_over_what_the_endpoint_takes_all_its_life() {
    let endpoint = TokenEndpoint::start();
    let mut school =
        School::new(&PLATFORM, "67890").client_id("mine").set("schoolEmail", "a@b.c").at(&endpoint);
    assert!(school.credentials().is_none());

    let mut passwords = Vec::new();
    let steps: [(Step, CredentialsEventType, bool); 6] = [
        (School::activate, CredentialsEventType::Created, true),
        (School::reset, CredentialsEventType::Reset, true),
        (School::reset, CredentialsEventType::Reset, true),
        (School::deactivate, CredentialsEventType::Reset, false),
        (School::reactivate, CredentialsEventType::Reactivated, false),
        (School::reset, CredentialsEventType::Reset, true),
    ];
    for (step, event_type, is_new) in steps {
        let delivery = step(&mut school);
        match event(&delivery) {
            Event::Credentials(credentials) => {
                let current = school.credentials().unwrap();
                assert_eq!(credentials.event_type, Some(event_type));
                assert_eq!(credentials.tenant_id, "67890");
                assert_eq!(credentials.client_id, "mine");
                assert_eq!(credentials.password.expose(), current.password);
                assert_eq!(credentials.secret.expose(), current.secret);
                assert_eq!(credentials.school_email.as_deref(), Some("a@b.c"));
                assert!(works(&endpoint, "67890", &shown(current)));
                assert_eq!(!passwords.contains(&current.password), is_new);
                passwords.push(current.password.clone());
            }
            Event::Deactivation(deactivation) => {
                assert_eq!(deactivation.event_type, DeactivationEventType::Deactivation);
                assert_eq!(deactivation.tenant_id, "67890");
                assert!(school.credentials().is_none());
            }
            other => panic!("{other:?}"),
        }
        // Of all that it ever handed over, the current one works and no other.
        let current = school.credentials().map(|credentials| credentials.password.clone());
        for password in &passwords {
            let is_current = current.as_ref() == Some(password);
            assert_eq!(works(&endpoint, "67890", &format!("mine:{password}")), is_current);
        }
    }

    let last = school.credentials().unwrap().clone();
    school.deactivate();
    school.reactivate_with_new_credentials();
    assert!(!works(&endpoint, "67890", &shown(&last)));
    let newest = school.credentials().unwrap().clone();
    assert!(works(&endpoint, "67890", &shown(&newest)));
    let Event::Deactivation(deletion) = event(&school.delete()) else { panic!("no deletion") };
    assert_eq!(deletion.event_type, DeactivationEventType::Deletion);
    assert!(!works(&endpoint, "67890", &shown(&newest)));
    // It is deleted in the end, too, if it was deactivated first; and comes back after that.
    school.reactivate();
    school.deactivate();
    assert!(matches!(event(&school.delete()), Event::Deactivation(_)));
    school.reactivate_with_new_credentials();
    assert!(works(&endpoint, "67890", &shown(school.credentials().unwrap())));
}

#[test]
fn two_partners_see_one_school_each_with_credentials_that_work() {
    let endpoint = TokenEndpoint::start();
    let mut ours = School::new(&PLATFORM, "1").client_id("ours").at(&endpoint);
    let mut theirs = School::new(&PLATFORM, "1").client_id("theirs").at(&endpoint);
    ours.activate();
    theirs.activate();
    let (our, their) = (shown(ours.credentials().unwrap()), shown(theirs.credentials().unwrap()));
    assert!(works(&endpoint, "1", &our) && works(&endpoint, "1", &their));
    theirs.deactivate();
    assert!(works(&endpoint, "1", &our) && !works(&endpoint, "1", &their));
}
