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

/// The seconds of CPU that the process of this id has used. The kernel counts hundredths.
pub fn cpu_seconds(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}
