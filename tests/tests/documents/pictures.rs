//! What the pictures of ARCHITECTURE.md show is so.

use std::collections::{BTreeMap, BTreeSet};

use crate::{published, read};

/// From a crate to those that it depends on.
type Edges = BTreeMap<String, BTreeSet<String>>;

fn drawn(dot: &str) -> Edges {
    let mut edges = Edges::new();
    for line in dot.lines() {
        let mut names = line.trim().trim_end_matches(';').split(" -> ").map(|name| name.trim_matches('"'));
        if let (Some(from), Some(to), None) = (names.next(), names.next(), names.next()) {
            edges.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }
    edges
}

/// With those that are reached by way of others.
fn closed(mut edges: Edges) -> Edges {
    loop {
        let mut grown = edges.clone();
        for reached in grown.values_mut() {
            reached.extend(reached.clone().iter().filter_map(|to| edges.get(to)).flatten().cloned());
        }
        if grown == edges {
            return edges;
        }
        edges = grown;
    }
}

#[test]
fn the_picture_of_the_crates_is_what_the_manifests_say() {
    let mut edges = Edges::new();
    for package in published() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            if dependency["kind"].is_null() && to.starts_with("untis-webhook") {
                edges.entry(name.to_owned()).or_default().insert(to.to_owned());
            }
        }
    }
    assert!(edges.len() > 10, "{edges:?}");
    assert_eq!(closed(drawn(&read("docs/architecture/crates.dot"))), closed(edges));
}

#[test]
fn the_picture_of_the_crates_is_drawn_of_its_source() {
    let [dot, svg] = ["dot", "svg"].map(|kind| read(&format!("docs/architecture/crates.{kind}")));
    let svg = svg.replace("&#45;", "-").replace("&gt;", ">");
    let titles: BTreeSet<_> =
        svg.split("<title>").filter_map(|title| title.split_once("</title>")?.0.split_once("->")).collect();
    let edges = drawn(&dot);
    let edges: BTreeSet<_> =
        edges.iter().flat_map(|(from, all)| all.iter().map(move |to| (from.as_str(), to.as_str()))).collect();
    assert_eq!(titles, edges, "docs/architecture/draw draws it anew");
}
