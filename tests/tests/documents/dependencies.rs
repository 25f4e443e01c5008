//! What the guide says that each crate brings along.

use std::collections::BTreeSet;
use std::process::Command;

use crate::{documents, root};

/// How many packages are compiled for this one on this machine, with its default features, beside this project's.
fn others(package: &str) -> usize {
    let arguments =
        ["tree", "--locked", "--edges=normal", "--prefix=none", "--format={p}", "--package", package];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let packages: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    packages.iter().filter(|package| !package.is_empty() && !package.starts_with("untis-webhook")).count()
}

#[test]
fn the_guide_says_how_many_dependencies_each_crate_brings() {
    let documents = documents();
    let table = documents["docs/guide/src/depending.md"].split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.contains("| `untis-webhook"));
    let rows: Vec<_> = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>()).collect();
    assert_eq!(rows.len(), 10);
    for row in rows {
        let package = row[2].trim_matches('`');
        assert_eq!(row[3], others(package).to_string(), "{package}");
    }
}
