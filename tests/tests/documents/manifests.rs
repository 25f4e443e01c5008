//! Of each crate that is published: what its page on crates.io and on docs.rs needs.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::{published, read, root};

const GUIDE: &str = "https://untis-webhook.github.io/untis-webhook/";

/// Of <https://crates.io/category_slugs>, those that fit. crates.io drops what is none of its own, and says so to nobody.
const CATEGORIES: [&str; 9] = [
    "authentication",
    "command-line-utilities",
    "config",
    "cryptography",
    "database",
    "development-tools::testing",
    "mathematics",
    "web-programming",
    "web-programming::http-server",
];

#[test]
fn every_published_crate_says_what_its_page_shows() {
    for package in published() {
        let name = text(package, "name");
        assert_eq!(text(package, "license"), "MIT OR Apache-2.0", "{name}");
        assert_eq!(text(package, "repository"), "https://github.com/untis-webhook/untis-webhook", "{name}");
        assert_eq!(text(package, "homepage"), GUIDE, "{name}");
        assert!(text(package, "description").ends_with(" (unofficial)"), "{name}");
        // docs.rs builds libraries alone.
        let documentation = text(package, "documentation");
        match has_library(package) {
            true => assert_eq!(documentation, format!("https://docs.rs/{name}")),
            false => assert!(documentation.starts_with(GUIDE), "{name}: {documentation}"),
        }
        // More keywords, or longer ones, are refused.
        let keywords = texts(&package["keywords"]);
        assert!((1..=5).contains(&keywords.len()) && keywords.iter().all(|word| word.len() <= 20), "{name}");
        let categories = texts(&package["categories"]);
        assert!(!categories.is_empty(), "{name}");
        assert!(categories.iter().all(|slug| CATEGORIES.contains(slug)), "{name}: {categories:?}");
    }
}

#[test]
fn every_published_crate_has_a_readme_and_both_licences() {
    for package in published() {
        let name = text(package, "name");
        let file = |file: &str| fs::read(root().join("crates").join(name).join(file)).unwrap();
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert_eq!(file(licence), fs::read(root().join(licence)).unwrap(), "{licence} of {name}");
        }
        assert_eq!(text(package, "readme"), "README.md", "{name}");
        let readme = read(&format!("crates/{name}/README.md")).replace('\n', " ");
        assert!(readme.starts_with("# untis-webhook"), "{name}");
        assert!(readme.contains("Unofficial: not affiliated with Untis."), "{name}");
        assert!(["ake it ", "## Which crate "].iter().any(|when| readme.contains(when)), "{name}");
        if has_library(package) {
            let front_page = read(&format!("crates/{name}/src/lib.rs"));
            assert!(front_page.starts_with("#![doc = include_str!(\"../README.md\")]\n"), "{name}");
        }
    }
}

/// docs.rs builds the default features unless it is told, and notes what needs a feature only where this is asked for.
#[test]
fn docs_rs_builds_every_feature_and_notes_what_needs_one() {
    let mut noted = 0;
    for package in published() {
        let name = text(package, "name");
        let features = package["features"].as_object().unwrap();
        if !features.keys().any(|feature| feature != "default" && !feature.starts_with('_')) {
            continue;
        }
        let docs_rs = &package["metadata"]["docs"]["rs"];
        assert_eq!(docs_rs["all-features"], Value::Bool(true), "{name}");
        assert_eq!(texts(&docs_rs["rustdoc-args"]), ["--cfg", "docsrs"], "{name}");
        let front_page = read(&format!("crates/{name}/src/lib.rs"));
        if front_page.contains("\n#[cfg(feature = ") {
            assert!(front_page.contains("\n#![cfg_attr(docsrs, feature(doc_cfg))]\n"), "{name}");
            noted += 1;
        }
    }
    assert!(noted > 0);
}

/// In the pages of crates, which are read where the tree is not.
#[test]
fn every_page_of_the_guide_that_a_crate_links_to_is_there() {
    let mut pages = BTreeSet::new();
    for package in published() {
        let name = text(package, "name");
        let mut texts =
            vec![read(&format!("crates/{name}/README.md")), text(package, "documentation").into()];
        texts.extend(has_library(package).then(|| read(&format!("crates/{name}/src/lib.rs"))));
        for link in texts.iter().flat_map(|text| text.split(GUIDE).skip(1)) {
            let page = link.split_once(".html").map_or("", |(page, _)| page);
            if !page.is_empty() && page.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                assert!(root().join(format!("docs/guide/src/{page}.md")).is_file(), "{name}: {page}");
                pages.insert(page.to_owned());
            }
        }
    }
    assert!(pages.contains("untis-webhookd") && pages.contains("tenants"), "{pages:?}");
}

fn has_library(package: &Value) -> bool {
    package["targets"].as_array().unwrap().iter().any(|target| texts(&target["kind"]).contains(&"lib"))
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_else(|| panic!("{} has no {field}", package["name"]))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}
