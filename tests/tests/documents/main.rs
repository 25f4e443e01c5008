//! What the documents say of the tree is so.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is surprised"
)]

mod blocks;
mod breaks;
mod dependencies;
mod links;
mod manifests;
mod map;
mod pictures;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::breaks::Test;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// Every document of the repository, by its path.
fn documents() -> BTreeMap<String, String> {
    let files = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
    let output = Command::new("git").args(files).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = String::from_utf8(output.stdout).unwrap();
    // One that is deleted is listed until that is committed.
    let files = files.lines().filter(|file| root().join(file).exists());
    files.map(|file| (file.to_owned(), read(file))).collect()
}

fn security_md() -> String {
    read("SECURITY.md")
}

/// The workspace's packages with their direct dependencies, and all that they resolve to: asked for once.
fn metadata() -> &'static Value {
    static METADATA: LazyLock<Value> = LazyLock::new(|| {
        let arguments = ["metadata", "--format-version=1", "--locked", "--all-features"];
        let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    });
    &METADATA
}

/// The packages that are published.
fn published() -> Vec<&'static Value> {
    let packages = metadata()["packages"].as_array().unwrap().iter();
    let published: Vec<_> =
        packages.filter(|package| package["source"].is_null() && package["publish"].is_null()).collect();
    assert_eq!(published.len(), 14);
    published
}

/// The part of SECURITY.md that claims something.
fn claims(document: &str) -> &str {
    document.split_once("\n## Who attacks\n").unwrap().1.split_once("\n## How it is tested\n").unwrap().0
}

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of tests in SECURITY.md: what is in a table's last column, and elsewhere what has four words or more.
fn tests_named(document: &str) -> BTreeSet<&str> {
    let rows = claims(document).lines().filter(|line| line.starts_with("| "));
    let last_columns = rows.filter_map(|row| row.trim_end_matches(" |").rsplit('|').next());
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let in_tables = last_columns.flat_map(code).filter(|name| *name != "compile_fail");
    let elsewhere = code(document).filter(|name| name.matches('_').count() >= 3 && name.chars().all(is_name));
    in_tables.chain(elsewhere).collect()
}

#[test]
fn what_security_md_claims_is_there() {
    let (document, breaks) = (security_md(), read(".ci/breaks.txt"));
    let breaks = breaks::parse(&breaks);
    let tests: BTreeSet<_> = breaks.iter().flat_map(|change| &change.tests).copied().collect();
    let named = tests_named(&document);
    let noticing: BTreeSet<_> = tests.iter().map(Test::name).collect();
    let unbroken: Vec<_> = named.difference(&noticing).collect();
    assert!(
        named.len() > 50 && unbroken.is_empty(),
        "nothing in .ci/breaks.txt that they notice: {unbroken:#?}"
    );

    let idle: Vec<_> =
        tests.iter().filter_map(|test| Some((test, test.why_it_does_not_run(metadata())?))).collect();
    assert!(idle.is_empty(), "{idle:#?}");
    let ci = read(".ci/run");
    assert!(ci.contains("cargo test --locked --package untis-webhook-tests --test load -- --ignored"));
    assert!(ci.contains("\n.ci/breaks\n"));
    println!("{} tests named, {} breaks, {} tests that notice", named.len(), breaks.len(), tests.len());
}

#[test]
fn every_claim_of_security_md_names_its_tests() {
    let document = security_md();
    let mut rows = 0;
    for table in claims(&document).split("\n\n").filter(|paragraph| paragraph.starts_with('|')) {
        let mut columns = table.lines().map(|row| row.trim_matches('|').split('|').map(str::trim).collect());
        let head: Vec<_> = columns.next().unwrap();
        assert_eq!(head.last(), Some(&"tested by"), "{table}");
        for row in columns.skip(1) {
            let [who, what, tests] = row[..] else { panic!("three columns expected: {row:?}") };
            let is_named = code(tests).any(|name| name != "compile_fail");
            assert!(is_named && !who.is_empty() && !what.is_empty(), "a claim without a test: {row:?}");
            rows += 1;
        }
    }
    assert!(rows > 25, "{rows} rows");
}

/// So that whoever moves the code moves the break as well.
#[test]
fn every_break_is_of_one_line_that_is_there() {
    for change in breaks::parse(&read(".ci/breaks.txt")) {
        let lines = read(change.file).lines().filter(|line| line.contains(change.from)).count();
        assert_eq!(lines, 1, "lines of {} that have: {}", change.file, change.from);
        assert_ne!(change.from, change.to, "{}", change.file);
        assert!(!change.tests.is_empty(), "nothing notices, in {}: {}", change.file, change.to);
    }
}

#[test]
fn every_direct_dependency_is_in_the_table_of_security_md() {
    let mut direct = BTreeSet::new();
    for package in published() {
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

/// So that what a reader copies is what is tested.
#[test]
fn code_in_other_languages_is_a_whole_file_of_the_examples() {
    let folder = root().join("examples/languages");
    let files =
        fs::read_dir(&folder).unwrap().flat_map(|language| fs::read_dir(language.unwrap().path()).unwrap());
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    let documents = documents();
    let page = &documents["docs/guide/src/untis-webhookd.md"];
    for file in &files {
        let link = format!("/examples/languages/{})", file.strip_prefix(&folder).unwrap().display());
        assert!(page.contains(&link), "{link}");
    }
    let shipped: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut blocks = 0;
    for (document, text) in &documents {
        for block in text.split("\n```").skip(1).step_by(2) {
            let (language, code) = block.split_once('\n').unwrap();
            if ["java", "js", "php", "python"].contains(&language) {
                assert!(shipped.contains(&format!("{code}\n")), "{document}: {language}");
                blocks += 1;
            }
        }
    }
    assert!(files.len() == 4 && blocks > 0, "{files:?}, {blocks}");
}

/// Of all that a published library needs to run, by what each says of itself.
#[test]
fn the_rust_version_is_no_lower_than_that_of_any_dependency() {
    for package in published() {
        let ours = rust_version(package).unwrap();
        let needed = needed(package);
        let above: Vec<_> = needed.iter().filter(|other| rust_version(other) > Some(ours.clone())).collect();
        let above: Vec<_> = above.iter().map(|other| &other["id"]).collect();
        assert!(above.is_empty(), "{} declares {ours:?}, and these need more: {above:?}", package["name"]);
        println!("{}: {} packages, none above Rust {ours:?}", package["name"], needed.len());
    }
}

fn rust_version(package: &Value) -> Option<Vec<u32>> {
    let text = package["rust_version"].as_str()?;
    let parts = text.split('.').map(|part| part.parse().unwrap());
    Some(parts.chain([0]).take(3).collect())
}

/// The package and all that it needs to run.
fn needed(package: &'static Value) -> Vec<&'static Value> {
    let packages = metadata()["packages"].as_array().unwrap();
    let nodes = metadata()["resolve"]["nodes"].as_array().unwrap();
    let (mut pending, mut seen, mut needed) = (vec![&package["id"]], BTreeSet::new(), Vec::new());
    while let Some(id) = pending.pop() {
        if !seen.insert(id.as_str().unwrap()) {
            continue;
        }
        needed.push(packages.iter().find(|package| &package["id"] == id).unwrap());
        let node = nodes.iter().find(|node| &node["id"] == id).unwrap();
        let dependencies = node["deps"].as_array().unwrap().iter().filter(|dependency| {
            dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev")
        });
        pending.extend(dependencies.map(|dependency| &dependency["pkg"]));
    }
    needed
}
