//! The daemon as a process: what it says, how it is told to stop, and with which code it ends.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitCode, Stdio, exit};

use rustix::process::{Pid, Signal, kill_process};
use untis_webhook_testkit::School;

use super::*;
use crate::serve::serve;

/// Another test starts it in a process of its own.
#[test]
#[ignore = "is the process of another test"]
fn the_daemon_itself() {
    let listen = env::var(LISTEN).expect("a test that starts it");
    let mut setup = Setup::new();
    setup.settings.listen = listen.parse().unwrap();
    setup.settings.log = EnvFilter::new("info");
    setup.settings.log_format = LogFormat::Json;
    let code = serve(setup.settings);
    exit(if code == ExitCode::SUCCESS { 0 } else { i32::from(code == ExitCode::from(2)) * 2 });
}

fn start(listen: SocketAddr) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "tests::process::the_daemon_itself", "--ignored", "--nocapture"])
        .env(LISTEN, listen.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn it_says_where_it_listens_and_ends_with_success_when_it_is_told_to() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = start(any_port());
        let lines = BufReader::new(daemon.stdout.take().unwrap()).lines().map(Result::unwrap);
        // The test's own lines are no JSON.
        let mut log = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let listening = log.find(|line| line["message"] == "listening").expect("a line that says so");
        let address: SocketAddr = listening["address"].as_str().unwrap().parse().unwrap();
        assert_eq!((&listening["environment"], &listening["keys"]), (&"production".into(), &"2026".into()));
        // One key for all who sign in a process, so what this one signs is a stranger's.
        let delivery = School::new(SigningKey::shared(), "12345").activate();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(wire::status(address, wire::head_of(&delivery)));
        assert_eq!(status, 401);

        kill_process(Pid::from_child(&daemon), signal).unwrap();
        assert_eq!(daemon.wait().unwrap().code(), Some(0));
        let said: Vec<_> = log.map(|line| line["message"].as_str().unwrap().to_owned()).collect();
        assert_eq!(said.last().map(String::as_str), Some("stopped"), "{said:?}");
    }
}

#[test]
fn what_keeps_it_from_starting_is_one_line_and_exit_code_2() {
    let taken = std::net::TcpListener::bind(any_port()).unwrap();
    let mut daemon = start(taken.local_addr().unwrap());
    let (mut said, mut logged) = (String::new(), String::new());
    daemon.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    daemon.stdout.take().unwrap().read_to_string(&mut logged).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(2));
    // The test's own lines are no JSON.
    assert!(!logged.lines().any(|line| line.starts_with('{')), "{logged}");
    let expected = format!("untis-webhookd: cannot listen on {}: ", taken.local_addr().unwrap());
    assert!(said.starts_with(&expected) && said.lines().count() == 1, "{said}");
}

const LISTEN: &str = "UNTIS_WEBHOOK_TESTS_LISTEN";
