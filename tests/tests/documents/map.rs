//! ARCHITECTURE.md's map has the whole tree.

use std::collections::BTreeSet;
use std::fs;

use crate::{read, root};

/// What stands in the map below each crate, by the crate's name.
fn modules(map: &str, package: &str) -> BTreeSet<String> {
    let heads = |line: &&str| !line.starts_with("     ");
    let begins = |line: &str| line.split_whitespace().next() == Some(&format!("crates/{package}"));
    let below = map.lines().skip_while(|line| !begins(line)).skip(1).take_while(|line| !heads(line));
    let words = below.flat_map(|line| line.split([' ', ',', '/', '`', ';', ':']));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_map_has_every_crate_and_every_module_of_it() {
    let architecture = read("ARCHITECTURE.md");
    let map = architecture.split("\n## ").find(|section| section.starts_with("The map\n")).unwrap();
    let mut missing = Vec::new();
    let mut found = 0;
    for package in fs::read_dir(root().join("crates")).unwrap() {
        let package = package.unwrap();
        let name = package.file_name().into_string().unwrap();
        let modules = modules(map, &name);
        for file in fs::read_dir(package.path().join("src")).unwrap() {
            let file = file.unwrap().path();
            let module = file.file_stem().unwrap().to_str().unwrap();
            // Front pages, errors, tests, and folders of a module that is there.
            if file.is_dir() || ["lib", "main", "error", "tests"].contains(&module) {
                continue;
            }
            found += 1;
            if !modules.contains(module) {
                missing.push(format!("{name}: {module}"));
            }
        }
    }
    assert!(found > 100, "{found}");
    assert!(missing.is_empty(), "{missing:?}");
}
