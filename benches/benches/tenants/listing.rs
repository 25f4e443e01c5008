use std::fs;
use std::time::Instant;

use untis_webhook_tenants::{Registry, Store};

use crate::report::Report;

/// Lists all tenants by pages, and looks after each how much memory there is.
pub(crate) async fn measure(registry: &Registry<impl Store>, tenants: usize, report: &mut Report) {
    // What the first page needs, the others need as well.
    registry.list(None, None, PAGE).await.unwrap();
    let (before, start) = (resident(), Instant::now());
    let (mut listed, mut most, mut after) = (0, before, None);
    loop {
        let page = registry.list(None, after.as_deref(), PAGE).await.unwrap();
        listed += page.entries.len();
        most = most.max(resident());
        match page.next {
            Some(_) => after = page.next,
            None => break,
        }
    }
    assert!(listed >= tenants, "{listed} are listed");
    let grown = most - before;
    let verdict = report.verdict(&format!("{MAX_GROWN} KiB"), grown <= MAX_GROWN);
    println!(
        "{:<44} {:>8.0} ms, {before} KiB before and {grown} more at most{verdict}",
        format!("list {listed} by pages of {PAGE}"),
        start.elapsed().as_secs_f64() * 1e3
    );
}

/// Of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

const PAGE: u32 = 1000;

/// KiB. SQLite keeps 2 MiB of pages for each of its four connections; all the entries together are more than twice this.
const MAX_GROWN: u64 = 12 << 10;
