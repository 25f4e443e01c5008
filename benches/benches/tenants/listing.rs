use std::fs;

use untis_webhook_tenants::{Registry, Store};

use crate::report::Report;

/// Lists all tenants by pages, and looks after each how much memory there is. What is counted is what it grows by after
/// the first fifth: until then the caches of a pool's connections fill.
pub(crate) async fn measure(registry: &Registry<impl Store>, tenants: usize, report: &mut Report) {
    let (mut listed, mut after, mut before, mut most) = (0, None, 0, 0);
    loop {
        let page = registry.list(None, after.as_deref(), PAGE).await.unwrap();
        listed += page.entries.len();
        match listed <= tenants / 5 {
            true => before = resident(),
            false => most = resident().max(most),
        }
        match page.next {
            Some(_) => after = page.next,
            None => break,
        }
    }
    assert!(listed >= tenants, "{listed} are listed");
    let grown = most.saturating_sub(before);
    let verdict = report.verdict(&format!("{MAX_GROWN} KiB"), grown <= MAX_GROWN);
    println!("list {listed} by pages of {PAGE}: {before} KiB after a fifth, {grown} more at most{verdict}");
}

/// Of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

const PAGE: u32 = 1000;

/// KiB. To hold the entries of the rest, 80,000 tenants, takes some 20,000.
const MAX_GROWN: u64 = 4096;
