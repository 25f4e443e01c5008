//! A receiver as it is built and run: deliveries over TCP, its log, its configuration, how it stops. Every
//! example receiver must do the same, so each of them runs this ([`receiver_tests!`](crate::receiver_tests)).

use std::net::{SocketAddr, TcpListener};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::platform::{BODY, forged};
use crate::vectors;
use crate::wire::{Connection, head, status, status_of};

/// A receiver's program, and what its environment has besides the variables that all receivers know.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name under which it complains.
    pub name: &'static str,
    /// The built program.
    pub path: &'static str,
    /// Further variables.
    pub env: Vec<(&'static str, String)>,
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(self.path);
        command.env_remove("UNTIS_WEBHOOK_KEYS").env_remove("LISTEN").env_remove("RUST_LOG");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The tests of a receiver: its name, and an `async fn` that gives its
/// [`Program::env`](crate::receiver::Program::env).
#[macro_export]
macro_rules! receiver_tests {
    ($name:literal, $env:path) => {
        async fn program() -> $crate::receiver::Program {
            let path = env!(concat!("CARGO_BIN_EXE_", $name));
            $crate::receiver::Program { name: $name, path, env: $env().await }
        }

        #[tokio::test]
        async fn what_java_and_openssl_signed_is_taken_over_tcp_and_logged_without_a_secret() {
            $crate::receiver::takes_what_java_and_openssl_signed(&program().await).await;
        }

        #[tokio::test]
        async fn the_published_example_is_refused_under_each_published_key() {
            $crate::receiver::refuses_the_published_example(&program().await).await;
        }

        #[tokio::test]
        async fn a_delivery_under_way_is_taken_before_it_stops() {
            $crate::receiver::ends_what_has_begun(&program().await).await;
        }

        #[tokio::test]
        async fn what_it_answered_it_has_handled_when_it_is_stopped_under_load() {
            $crate::receiver::loses_nothing_when_it_is_stopped_under_load(&program().await).await;
        }

        #[tokio::test]
        async fn bad_configuration_is_said_and_ends_it_with_2() {
            $crate::receiver::says_what_is_wrong_with_its_configuration(&program().await).await;
        }
    };
}

/// A receiver at work.
struct Receiver {
    process: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
    log: String,
}

impl Receiver {
    /// Starts one that logs all there is to log, on a port of its own.
    async fn start(program: &Program, keys: &str) -> Self {
        Self::start_with_log(program, keys, "trace").await
    }

    async fn start_with_log(program: &Program, keys: &str, level: &str) -> Self {
        let mut process = program
            .command()
            .env("UNTIS_WEBHOOK_KEYS", keys)
            .env("LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", level)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut log = String::new();
        let address = loop {
            let read = timeout(SOON, stdout.read_line(&mut log)).await.unwrap().unwrap();
            assert_ne!(read, 0, "it did not start: {log}");
            if let Some((_, rest)) = log.split_once("address=") {
                break rest.split_whitespace().next().unwrap().parse().unwrap();
            }
        };
        Self { process, stdout, address, log }
    }

    async fn signal(&self, signal: &str) {
        let pid = self.process.id().unwrap();
        let kill = Command::new("sh").arg("-c").arg(format!("kill -{signal} {pid}")).status().await;
        assert!(kill.unwrap().success());
    }

    /// Waits until it has ended, and gives its exit code and all that it logged.
    async fn end(mut self) -> (Option<i32>, String) {
        timeout(SOON, self.stdout.read_to_string(&mut self.log)).await.expect("it does not end").unwrap();
        let status = timeout(SOON, self.process.wait()).await.expect("it does not end").unwrap();
        (status.code(), self.log)
    }
}

/// A configuration that trusts the signers of all the vectors.
fn keys_of_the_vectors() -> String {
    let entries = vectors::deliveries();
    let entries =
        entries.iter().map(|delivery| format!("{}={}", delivery.name, delivery.key_path().display()));
    entries.collect::<Vec<_>>().join(",")
}

/// Every delivery by another program is answered 204 and logged in one line, without a secret; tampered with,
/// it is 401.
pub async fn takes_what_java_and_openssl_signed(program: &Program) {
    let receiver = Receiver::start(program, &keys_of_the_vectors()).await;
    let deliveries = vectors::deliveries();
    assert_eq!(deliveries.len(), 6);
    for delivery in &deliveries {
        let mut tampered = delivery.clone();
        tampered.body.push(b' ');
        let mut unsupported = delivery.clone();
        unsupported.algorithm = "SHA1withRSA".to_owned();
        assert_eq!(status(receiver.address, delivery.to_http()).await, 204, "{}", delivery.name);
        assert_eq!(status(receiver.address, tampered.to_http()).await, 401, "{}", delivery.name);
        assert_eq!(status(receiver.address, unsupported.to_http()).await, 401, "{}", delivery.name);
    }
    assert_eq!(status(receiver.address, vectors::published_delivery().to_http()).await, 401);
    let forged = head(&forged("".into()), &[("content-length", &BODY.len().to_string())]) + BODY;
    assert_eq!(status(receiver.address, forged).await, 401);

    receiver.signal("TERM").await;
    let (code, log) = receiver.end().await;
    assert_eq!(code, Some(0));

    let lines: Vec<_> = log.lines().filter(|line| line.contains(" delivery tenant=")).collect();
    assert_eq!(lines.len(), deliveries.len(), "{log}");
    for (line, expected) in lines.iter().zip([
        r#"tenant="12345" event="CREATED" key=java-sha256"#,
        r#"tenant="12345" event="credentials of version 1" key=java-sha384"#,
        r#"tenant="12345" event="DEACTIVATION" key=java-sha512"#,
        r#"tenant="12345" event="DELETION" key=openssl-sha256"#,
        r#"tenant="12345" event="RESET" key=openssl-sha384"#,
        r#"tenant="12345" event="LICENCE_RENEWED" key=openssl-sha512"#,
    ]) {
        assert!(line.ends_with(expected), "{line}");
    }
    let signatures = deliveries.iter().map(|delivery| delivery.authorization.as_str().split_at(12).0);
    for hidden in
        signatures.chain(["test-secret", "test-password", "Jane Doe", "test-client-id", "SHA1withRSA"])
    {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
}

/// The published example is refused under each published key, for the reason that the key makes.
pub async fn refuses_the_published_example(program: &Program) {
    let folder = std::env::temp_dir().join(format!("{}-published-{}", program.name, std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (environment, reason) in [
        ("production", "UntrustedSignature"),
        ("integration", "UntrustedSignature"),
        ("calendar-integration", "DigestMismatch"),
    ] {
        let file = folder.join(environment);
        std::fs::write(&file, vectors::published_key(environment)).unwrap();
        let receiver = Receiver::start(program, &format!("{environment}={}", file.display())).await;
        assert_eq!(status(receiver.address, vectors::published_delivery().to_http()).await, 401);
        receiver.signal("INT").await;
        let (code, log) = receiver.end().await;
        assert_eq!(code, Some(0));
        assert!(log.contains(&format!("rejection={reason}")), "{environment}: {log}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// On SIGTERM and SIGINT a delivery under way is taken, no more are, and it ends with success.
pub async fn ends_what_has_begun(program: &Program) {
    for signal in ["TERM", "INT"] {
        let receiver = Receiver::start(program, &keys_of_the_vectors()).await;
        let delivery = vectors::deliveries().remove(0);
        let http = String::from_utf8(delivery.to_http())
            .unwrap()
            .replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        let (head, body) = http.split_once("\r\n\r\n").unwrap();
        let mut connection = Connection::to(receiver.address).await;
        connection.send(format!("{head}\r\n\r\n")).await;
        assert_eq!(connection.head().await, "HTTP/1.1 100 Continue\r\n\r\n");

        receiver.signal(signal).await;
        // It has heard the signal when it takes no more connections.
        let deaf = async { while TcpStream::connect(receiver.address).await.is_ok() {} };
        timeout(SOON, deaf).await.expect("it does not stop listening");
        connection.send(body).await;
        assert_eq!(status_of(&connection.head().await), 204, "{signal}");

        let (code, log) = receiver.end().await;
        assert_eq!(code, Some(0), "{signal}");
        assert!(log.contains(r#"event="CREATED""#) && log.trim_end().ends_with("stopped"), "{log}");
    }
}

/// On SIGTERM under load, every delivery that was answered was handled, and every one handled was answered.
pub async fn loses_nothing_when_it_is_stopped_under_load(program: &Program) {
    let receiver = Receiver::start_with_log(program, &keys_of_the_vectors(), "info").await;
    let address = receiver.address;
    let delivery: Arc<[u8]> = vectors::deliveries().remove(0).to_http().into();
    let answered = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        let (delivery, answered) = (Arc::clone(&delivery), Arc::clone(&answered));
        clients.spawn(async move {
            // Until it takes no more connections.
            while let Ok(mut connection) = Connection::try_to(address).await {
                while connection.try_send(&delivery).await.is_ok() {
                    let Some(response) = connection.response().await else { break };
                    assert_eq!(response.status, 204);
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
    while answered.load(Ordering::SeqCst) < 100 {
        tokio::task::yield_now().await;
    }
    receiver.signal("TERM").await;
    let (code, log) = receiver.end().await;
    clients.join_all().await;
    let handled = log.matches(" delivery tenant=").count();
    assert_eq!((code, handled), (Some(0), answered.load(Ordering::SeqCst)));
}

/// Bad configuration is said in one line on standard error, and is exit code 2.
pub async fn says_what_is_wrong_with_its_configuration(program: &Program) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let file = |name: &str| vectors::path(&format!("keys/{name}")).display().to_string();
    let good = format!("production={}", file("genuine/pem"));
    let found = |name: &str, what: &str| {
        (format!("k={}", file(name)), format!("UNTIS_WEBHOOK_KEYS: {}: {what}", file(name)))
    };
    let key_errors = [
        found("wrong/empty", "expected an RSA public key (SubjectPublicKeyInfo), found nothing"),
        found("wrong/1024-bits", "expected an RSA key of 2048 to 8192 bits, found 1024"),
        found(
            "wrong/private-pkcs8-pem",
            "expected an RSA public key (SubjectPublicKeyInfo), found a private key",
        ),
        found(
            "wrong/certificate-pem",
            "expected an RSA public key (SubjectPublicKeyInfo), found an X.509 certificate or certificate request: its key \
             is printed by `openssl x509 -pubkey -noout`",
        ),
        found(
            "wrong/two-keys-pem",
            "expected one key, found several run together: give each key a name and a file of its own",
        ),
    ];
    let not_set =
        "UNTIS_WEBHOOK_KEYS is not set: expected the keys to trust, as NAME=FILE with commas between";
    let no_entry = "UNTIS_WEBHOOK_KEYS: expected NAME=FILE such as production=untis-public.txt, found";
    let other_errors = [
        (None, None, not_set.to_owned()),
        (Some(String::new()), None, not_set.to_owned()),
        (Some("nonsense".into()), None, format!("{no_entry} text without =: put a name before the file")),
        (Some(format!("{good},")), None, format!("{no_entry} nothing")),
        (
            Some("production=/does/not/exist".into()),
            None,
            "UNTIS_WEBHOOK_KEYS: cannot read /does/not/exist: No such file or directory (os error 2)".into(),
        ),
        (
            Some("production=/".into()),
            None,
            "UNTIS_WEBHOOK_KEYS: cannot read /: expected a file or a pipe, found a directory".into(),
        ),
        (
            Some(format!("{good},{good}")),
            None,
            "UNTIS_WEBHOOK_KEYS: expected different key names, found production twice".into(),
        ),
        (
            Some(good.clone()),
            Some("8080"),
            r#"LISTEN: expected an address such as 127.0.0.1:8080, found "8080""#.into(),
        ),
        (Some(good), Some(&taken), format!("cannot listen on {taken}: Address already in use (os error 98)")),
    ];
    let rows = key_errors.into_iter().map(|(keys, message)| (Some(keys), None, message)).chain(other_errors);
    for (keys, listen, message) in rows {
        let mut command = program.command();
        command.env("LISTEN", listen.unwrap_or("127.0.0.1:0")).kill_on_drop(true);
        if let Some(keys) = &keys {
            command.env("UNTIS_WEBHOOK_KEYS", keys);
        }
        let output =
            timeout(SOON, command.output()).await.unwrap_or_else(|_| panic!("it started: {message}"));
        let Output { status, stdout, stderr } = output.unwrap();
        assert_eq!(String::from_utf8(stderr).unwrap(), format!("{}: {message}\n", program.name));
        assert_eq!(status.code(), Some(2), "{message}");
        assert!(stdout.is_empty(), "{message}");
    }
}

/// Nothing here takes this long, so what does has failed.
const SOON: Duration = Duration::from_secs(30);
