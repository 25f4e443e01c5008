//! What the documents say of the tree is so.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn security_md() -> String {
    fs::read_to_string(root().join("SECURITY.md")).unwrap()
}

/// The workspace's packages with their direct dependencies, and all that they resolve to.
fn metadata() -> Value {
    let arguments = ["metadata", "--format-version=1", "--locked", "--all-features"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages that are published.
fn published(metadata: &Value) -> Vec<&Value> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let published: Vec<_> =
        packages.filter(|package| package["source"].is_null() && package["publish"].is_null()).collect();
    assert_eq!(published.len(), 8);
    published
}

fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn what_security_md_claims_is_there() {
    let mut code = String::new();
    for folder in ["crates", "examples", "tests"] {
        sources(&root().join(folder), &mut code);
    }
    let document = security_md();
    // A name of four words or more is that of a test.
    let names = document.split('`').skip(1).step_by(2).filter(|name| {
        name.matches('_').count() >= 3
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    });
    let missing: Vec<_> = names.clone().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
    assert!(names.count() > 30);
}

#[test]
fn every_direct_dependency_is_in_the_table_of_security_md() {
    let metadata = metadata();
    let mut direct = BTreeSet::new();
    for package in published(&metadata) {
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if dependency["kind"].is_null() && !name.starts_with("untis-webhook") {
                direct.insert(name.to_owned());
            }
        }
    }
    let document = security_md();
    let table = document.split_once("| crate | needed by | for |").unwrap().1;
    let rows: BTreeSet<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(rows, direct);
}

/// Of all that a published library needs to run, by what each says of itself.
#[test]
fn the_rust_version_is_no_lower_than_that_of_any_dependency() {
    let metadata = metadata();
    let by_id = |id: &Value| {
        let mut packages = metadata["packages"].as_array().unwrap().iter();
        packages.find(|package| &package["id"] == id).unwrap()
    };
    let version = |package: &Value| {
        let text = package["rust_version"].as_str()?;
        Some(text.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>())
    };
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let mut pending: Vec<&Value> = published(&metadata).into_iter().map(|package| &package["id"]).collect();
    let (mut seen, mut highest) = (BTreeSet::new(), Vec::new());
    while let Some(id) = pending.pop() {
        if !seen.insert(id.as_str().unwrap()) {
            continue;
        }
        highest.extend(version(by_id(id)).map(|version| (version, id.as_str().unwrap())));
        let node = nodes.iter().find(|node| &node["id"] == id).unwrap();
        let dependencies = node["deps"].as_array().unwrap().iter().filter(|dependency| {
            dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev")
        });
        pending.extend(dependencies.map(|dependency| &dependency["pkg"]));
    }
    let ours = version(published(&metadata)[0]).unwrap();
    let above: Vec<_> = highest.iter().filter(|(version, _)| *version > ours).collect();
    assert!(above.is_empty(), "{ours:?} is declared, and these need more: {above:?}");
    println!("{} packages, none above Rust {ours:?}", seen.len());
}
