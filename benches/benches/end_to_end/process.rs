//! A receiver's process, and what the kernel says of it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use untis_webhook_tests::process::{cpu_seconds, memory_kib};

/// Neither takes the time of the other.
const RECEIVERS_CORE: &str = "1";
const CLIENTS_CORE: &str = "0";

/// Keeps this process on its core, and the threads that it will have.
pub(crate) fn stay_on_the_clients_core() {
    let id = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["--cpu-list", "--pid", CLIENTS_CORE, &id]).stdout(Stdio::null());
    assert!(taskset.status().unwrap().success(), "two cores are needed");
}

/// A receiver's process, on a core of its own.
pub(crate) struct Receiver {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Receiver {
    pub(crate) fn start(which: &str, key: &str) -> Self {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", RECEIVERS_CORE]).arg(std::env::current_exe().unwrap());
        command.args(["--receive", which, key]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { process, stdin, stdout, address: line.trim().parse().unwrap() }
    }

    pub(crate) fn octets_read(&mut self) -> u64 {
        writeln!(self.stdin).unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    /// The seconds of CPU it has used.
    pub(crate) fn cpu(&self) -> f64 {
        cpu_seconds(self.process.id())
    }

    /// The most that it ever had in memory, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        memory_kib(self.process.id(), "VmHWM")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
