//! The session of the crate's README, replayed.

use std::io::{BufRead, BufReader, Lines};
use std::net::TcpListener;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::Killed;

/// The commands, each with what is printed after it.
fn session() -> Vec<(&'static str, Vec<&'static str>)> {
    let readme = include_str!("../../README.md");
    let console = readme.split_once("```console\n").unwrap().1.split_once("```").unwrap().0;
    let commands = console.split("$ ").filter(|command| !command.is_empty());
    commands
        .map(|command| {
            let mut lines = command.lines().filter(|line| !line.is_empty());
            (lines.next().unwrap(), lines.collect())
        })
        .collect()
}

#[test]
fn the_session_of_the_readme_is_what_happens() {
    let session = session();
    assert!(session.len() > 5, "the session was not found");
    let folder = TempDir::new().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut listening: Option<(Killed, Lines<BufReader<ChildStdout>>)> = None;
    for (command, expected) in session {
        let line = command.replace("listen", &format!("listen --port {port}")).replace("8080", &port);
        let mut printed = Vec::new();
        match line.strip_suffix(" &") {
            Some(line) => {
                let mut child =
                    shell(&folder, &format!("exec {line}")).stdout(Stdio::piped()).spawn().unwrap();
                let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
                listening = Some((Killed(child), stdout));
            }
            None => {
                let output = shell(&folder, &line).output().unwrap();
                let output = String::from_utf8(output.stdout).unwrap();
                printed.extend(output.lines().map(str::to_owned));
            }
        }
        // What `listen` says of a delivery it has said before it answers.
        let before = expected.len() - printed.len();
        if let Some((_, stdout)) = &mut listening {
            printed.splice(..0, stdout.take(before).map(Result::unwrap));
        }
        assert_eq!(printed.len(), expected.len(), "{command}: {printed:#?}");
        for (printed, expected) in printed.iter().zip(expected) {
            assert!(matches(&printed.replace(&port, "8080"), expected), "{command}:\n{printed}\n{expected}");
        }
    }
    assert!(listening.is_some(), "the session has no listen");
}

/// A line for the shell, in the session's folder, with the program on its path.
fn shell(folder: &TempDir, line: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_untis-webhook")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).current_dir(folder.path()).env("PATH", path).env_remove("UNTIS_WEBHOOK_KEYS");
    command
}

/// Whether the line is this one, with anything in the place of `[..]`.
fn matches(line: &str, expected: &str) -> bool {
    let Some((start, end)) = expected.split_once("[..]") else { return line == expected };
    let middle = line.strip_prefix(start);
    middle
        .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(rest, end))))
}
