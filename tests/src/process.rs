//! What the kernel says of a process.

use std::fmt::Display;
use std::fs;

/// What a process has in memory, in KiB: `VmRSS` for now, `VmHWM` for the most it ever had. The process is its
/// number, or `self`.
pub fn memory_kib(process: impl Display, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let value = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    value.and_then(|value| value.trim().strip_suffix(" kB")?.parse().ok()).expect("a number of kB")
}

/// The seconds of CPU that those threads of a process have used that have not ended.
pub fn cpu_seconds(id: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{id}/task")).expect("Linux");
    let nanoseconds = threads.filter_map(|thread| {
        let stat = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}
