//! A receiver as it is built and run: deliveries over TCP, its log, its configuration, how it stops. Every
//! example receiver must do the same, so each of them runs this ([`receiver_tests!`](crate::receiver_tests)).

mod configuration;
mod deliveries;
mod refusals;
mod stopping;

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

pub use self::configuration::says_what_is_wrong_with_its_configuration;
pub use self::deliveries::{
    reads_the_headers_it_is_told, refuses_the_published_example, takes_what_java_and_openssl_signed,
};
pub use self::refusals::{says_what_it_refused, warns_of_a_genuine_delivery_that_it_does_not_take};
pub use self::stopping::{
    ends_what_has_begun, logs_nothing_of_http_2_that_a_stranger_repeats,
    loses_nothing_when_it_is_stopped_under_load, serves_past_chatty_connections,
    serves_past_silent_connections, stops_whatever_strangers_leave_open,
};
use crate::vectors;

/// A receiver's program, and what its environment has besides the variables that all receivers know.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name under which it complains.
    pub name: &'static str,
    /// The built program.
    pub path: &'static str,
    /// What it is started with.
    pub args: &'static [&'static str],
    /// Further variables.
    pub env: Vec<(&'static str, String)>,
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(self.path);
        command.args(self.args);
        self.environment(command)
    }

    /// With so many descriptors.
    fn command_with(&self, descriptors: u32) -> Command {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("ulimit -n {descriptors} && exec \"$0\" \"$@\""))
            .arg(self.path)
            .args(self.args);
        self.environment(shell)
    }

    fn environment(&self, mut command: Command) -> Command {
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

const VARIABLES: [&str; 18] = [
    "FETCH_SECONDS",
    "LISTEN",
    "RUST_LOG",
    "UNTIS_WEBHOOK_ADMIN_LISTEN",
    "UNTIS_WEBHOOK_ALGORITHM_HEADER",
    "UNTIS_WEBHOOK_CLIENT_IDS",
    "UNTIS_WEBHOOK_CONFIG",
    "UNTIS_WEBHOOK_DATABASE",
    "UNTIS_WEBHOOK_ENVIRONMENT",
    "UNTIS_WEBHOOK_ENVIRONMENT_KEYS",
    "UNTIS_WEBHOOK_KEYS",
    "UNTIS_WEBHOOK_LOG_FORMAT",
    "UNTIS_WEBHOOK_PATH",
    "UNTIS_WEBHOOK_PROBE_URL",
    "UNTIS_WEBHOOK_SIGNATURE_HEADER",
    "UNTIS_WEBHOOK_STORE_KEYS",
    "UNTIS_WEBHOOK_UPSTREAM",
    "UPSTREAM",
];

/// The tests of a receiver: its name, an `async fn` that gives its
/// [`Program::env`](crate::receiver::Program::env), and its arguments.
#[macro_export]
macro_rules! receiver_tests {
    ($name:literal, $env:path $(, $arg:literal)*) => {
        async fn program() -> $crate::receiver::Program {
            let path = env!(concat!("CARGO_BIN_EXE_", $name));
            $crate::receiver::Program { name: $name, path, args: &[$($arg),*], env: $env().await }
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
        async fn what_strangers_leave_open_does_not_keep_it_from_stopping() {
            $crate::receiver::stops_whatever_strangers_leave_open(&program().await).await;
        }

        #[tokio::test]
        async fn silent_connections_do_not_take_all_its_descriptors() {
            $crate::receiver::serves_past_silent_connections(&program().await).await;
        }

        #[tokio::test]
        async fn chatty_connections_do_not_take_all_its_places() {
            $crate::receiver::serves_past_chatty_connections(&program().await).await;
        }

        #[tokio::test]
        async fn what_strangers_can_repeat_in_http_2_is_not_logged() {
            $crate::receiver::logs_nothing_of_http_2_that_a_stranger_repeats(&program().await).await;
        }

        #[tokio::test]
        async fn what_is_refused_is_said_once_for_each_reason_and_counted() {
            $crate::receiver::says_what_it_refused(&program().await).await;
        }

        #[tokio::test]
        async fn a_genuine_delivery_that_is_not_taken_is_one_warning() {
            $crate::receiver::warns_of_a_genuine_delivery_that_it_does_not_take(&program().await).await;
        }

        #[tokio::test]
        async fn headers_of_other_names_are_read_in_place_of_the_platforms() {
            $crate::receiver::reads_the_headers_it_is_told(&program().await).await;
        }

        #[tokio::test]
        async fn bad_configuration_is_said_and_ends_it_with_2() {
            $crate::receiver::says_what_is_wrong_with_its_configuration(&program().await).await;
        }
    };
}

/// A receiver at work.
#[derive(Debug)]
pub struct Receiver {
    process: Child,
    stdout: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it has logged, as far as it was read.
    pub log: String,
}

impl Receiver {
    /// Starts one that logs all there is to log, on a port of its own.
    async fn start(program: &Program, keys: &str) -> Self {
        Self::start_with_log(program, keys, "trace").await
    }

    /// Starts one that logs what is of this level, on a port of its own.
    pub async fn start_with_log(program: &Program, keys: &str, level: &str) -> Self {
        Self::run(program.command(), keys, level).await
    }

    async fn run(mut command: Command, keys: &str, level: &str) -> Self {
        let mut process = command
            .env("UNTIS_WEBHOOK_KEYS", keys)
            .env("LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", level)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let mut receiver = Self { process, stdout, address: ([0; 4], 0).into(), log: String::new() };
        receiver.until(|log| log.contains("address=")).await;
        let (_, rest) = receiver.log.split_once("address=").unwrap();
        receiver.address = rest.split_whitespace().next().unwrap().parse().unwrap();
        receiver
    }

    /// Reads its log, line by line, until this is so.
    pub async fn until(&mut self, is_so: impl Fn(&str) -> bool) {
        while !is_so(&self.log) {
            let read = timeout(SOON, self.stdout.read_line(&mut self.log)).await;
            let read = read.unwrap_or_else(|_| panic!("it does not say so: {}", self.log));
            assert_ne!(read.unwrap(), 0, "it has ended: {}", self.log);
        }
    }

    /// Sends it this signal.
    pub async fn signal(&self, signal: &str) {
        let pid = self.process.id().unwrap();
        let kill = Command::new("sh").arg("-c").arg(format!("kill -{signal} {pid}")).status().await;
        assert!(kill.unwrap().success());
    }

    /// Waits until it has ended, and gives its exit code and all that it logged.
    pub async fn end(mut self) -> (Option<i32>, String) {
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

/// Nothing here takes this long, so what does has failed.
const SOON: Duration = Duration::from_secs(30);
