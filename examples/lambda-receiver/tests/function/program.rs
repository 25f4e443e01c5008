//! The built program, as Lambda runs it.

use std::env;
use std::fs::File;
use std::io::{Read, Seek};
use std::process::Output;
use std::time::Instant;

use serde_json::json;
use tempfile::tempfile;
use tokio::process::{Child, Command};
use untis_webhook_testkit::{Delivery, Forgery, Payload, SigningKey};
use untis_webhook_tests::hidden::Hidden;
use untis_webhook_tests::process::memory_kib;

use crate::front_end::FrontEnd;
use crate::genuine;
use crate::runtime_api::{Outcome, RuntimeApi};

/// The program, with the environment that Lambda gives it and no other.
fn program(runtime_api: &str) -> Command {
    // `.ci/lambda` has another one tried, which it has packed.
    let path =
        env::var_os("LAMBDA_BOOTSTRAP").unwrap_or_else(|| env!("CARGO_BIN_EXE_lambda-receiver").into());
    let mut program = Command::new(path);
    program
        .env_clear()
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_NAME", "webhook")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api);
    program
}

/// The program at work, with the file of what it says.
struct Function {
    process: Child,
    said: File,
}

/// It and its Lambda.
async fn start(log: &str) -> (RuntimeApi, Function) {
    let api = RuntimeApi::start().await;
    let keys = format!("production={}", SigningKey::shared().public_key_base64());
    let said = tempfile().unwrap();
    let process = program(&api.address.to_string())
        .env("UNTIS_WEBHOOK_KEYS", keys)
        .env("RUST_LOG", log)
        .stdout(said.try_clone().unwrap())
        .stderr(said.try_clone().unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    (api, Function { process, said })
}

impl Function {
    /// All that it has said.
    async fn end(mut self) -> String {
        assert_eq!(self.process.try_wait().unwrap(), None, "it has ended by itself");
        self.process.kill().await.unwrap();
        self.said.rewind().unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        said
    }
}

#[track_caller]
fn status(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Response(response) => response["statusCode"].as_u64().unwrap(),
        Outcome::Error(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn one_process_answers_event_after_event_whatever_they_are() {
    let first = FrontEnd::FunctionUrl.plain(&genuine());
    let began = Instant::now();
    let (mut api, function) = start("info").await;
    assert_eq!(status(api.invoke(first).await), 204);
    let memory = memory_kib(function.process.id().unwrap(), "VmHWM");
    println!("the first answer after {} ms, with {memory} KiB of memory", began.elapsed().as_millis());
    for front_end in FrontEnd::ALL {
        for event in [front_end.plain(&genuine()), front_end.base64(&genuine())] {
            assert_eq!(status(api.invoke(event).await), 204, "{front_end:?}");
        }
        for forgery in [Forgery::OtherKey, Forgery::TamperedBody] {
            let forged = genuine().forge(forgery);
            assert_eq!(status(api.invoke(front_end.plain(&forged)).await), 401, "{front_end:?} {forgery:?}");
        }
        let mut event = front_end.base64(&genuine());
        event["body"] = "!".into();
        assert_eq!(status(api.invoke(event).await), 400, "{front_end:?}");
        let mut event = front_end.plain(&genuine());
        let list = if event["headers"].is_object() { "headers" } else { "multiValueHeaders" };
        event[list]["x-a(b)"] = if list == "headers" { json!("c") } else { json!(["c"]) };
        assert_eq!(status(api.invoke(event).await), 400, "{front_end:?}");
        // What no front end sends is an error of the invocation, and of no other.
        let mut event = front_end.plain(&genuine());
        event.as_object_mut().unwrap().remove("requestContext");
        for event in [event.to_string(), json!({"source": "aws.events"}).to_string(), "not JSON".into()] {
            let outcome = api.invoke(event).await;
            let Outcome::Error(error) = outcome else { panic!("{outcome:?}") };
            assert!(error["errorMessage"].is_string(), "{error}");
        }
        assert_eq!(status(api.invoke(front_end.base64(&genuine())).await), 204, "{front_end:?}");
    }
    let log = function.end().await;
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(
        log.matches(r#"delivery tenant="12345" event="DELETION" key=production"#).count(),
        16,
        "{log}"
    );
    assert_eq!(
        log.matches("event refused: its body is not the base64 that it is said to be").count(),
        5,
        "{log}"
    );
}

#[tokio::test]
async fn nothing_secret_is_logged_at_any_level() {
    let payload =
        Payload::credentials_v1().set("secret", "7c1e8c62-secret").set("password", "b0e5aa31-password");
    let delivery = Delivery::sign(SigningKey::shared(), payload);
    let mut hidden = Hidden::default();
    hidden.octets(delivery.headers()["authorization"].as_bytes());
    hidden.secret("7c1e8c62-secret");
    hidden.secret("b0e5aa31-password");
    for level in ["trace", "trace,lambda_runtime=trace,lambda_runtime::layers=trace"] {
        let (mut api, function) = start(level).await;
        for front_end in FrontEnd::ALL {
            let plain = front_end.plain(&delivery);
            assert_eq!(status(api.invoke(&plain).await), 204, "{front_end:?}");
            let forged = front_end.plain(&delivery.clone().forge(Forgery::OtherKey));
            assert_eq!(status(api.invoke(forged).await), 401, "{front_end:?}");
            let mut odd = plain;
            odd["isBase64Encoded"] = true.into();
            assert_eq!(status(api.invoke(&odd).await), 400, "{front_end:?}");
            odd["requestContext"] = 1.into();
            let outcome = api.invoke(odd).await;
            assert!(matches!(outcome, Outcome::Error(_)), "{front_end:?} {outcome:?}");
        }
        let log = function.end().await;
        for said in
            ["TRACE ", "untis_webhook_tower: webhook request refused", "event refused", "deserialization"]
        {
            assert!(log.contains(said), "{said}: {log}");
        }
        hidden.assert_absent("the log", &log);
    }
}

#[tokio::test]
async fn bad_configuration_is_said_and_ends_it_with_2() {
    for (variable, value, expected) in [
        (
            "RUST_LOG",
            "info",
            "UNTIS_WEBHOOK_KEYS is not set: expected the keys to trust, as NAME=FILE with commas between",
        ),
        (
            "UNTIS_WEBHOOK_KEYS",
            "production=/opt/none",
            "UNTIS_WEBHOOK_KEYS: cannot read /opt/none: No such file or directory (os error 2)",
        ),
    ] {
        let Output { status, stdout, stderr } =
            program("127.0.0.1:1").env(variable, value).output().await.unwrap();
        assert_eq!(String::from_utf8(stderr).unwrap(), format!("lambda-receiver: {expected}\n"));
        assert_eq!((status.code(), &*stdout), (Some(2), &b""[..]));
    }
}
