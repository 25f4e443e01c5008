//! No link between the repository's documents is dead, as the repository shows them. The book's own are looked at when it is
//! built, by `.ci/guide`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::{documents, root};

/// What stands outside of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// Where it links to, a link's title aside.
fn links(text: &str) -> Vec<String> {
    let text = prose(text);
    let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next());
    links.map(str::to_owned).collect()
}

/// The anchors of a document's headings, as GitHub makes them: a heading that comes again has a number.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let text = prose(text);
    let headings =
        text.lines().filter_map(|line| Some(line.trim_start_matches('#')).filter(|rest| *rest != line));
    headings
        .map(|heading| {
            let visible =
                heading.trim().split("](").map(|part| part.split_once(')').map_or(part, |(_, rest)| rest));
            let visible: String =
                if heading.contains("](") { visible.collect() } else { heading.trim().to_owned() };
            let kept = visible
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
                .collect::<String>();
            let anchor = kept.replace(' ', "-");
            let times = seen.entry(anchor.clone()).or_default();
            *times += 1;
            if *times == 1 { anchor } else { format!("{anchor}-{}", *times - 1) }
        })
        .collect()
}

/// Without `..` in the middle.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(normal.pop(), "out of the tree: {}", path.display()),
            component => normal.push(component),
        }
    }
    normal
}

#[test]
fn no_link_of_a_document_is_dead() {
    let documents = documents();
    let (mut checked, mut dead) = (0, Vec::new());
    for (document, text) in &documents {
        for link in links(text).into_iter().filter(|link| !link.contains(':')) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => PathBuf::from(document),
                path => normal(&Path::new(document).parent().unwrap().join(path)),
            };
            let has_anchor = documents
                .get(target.to_str().unwrap())
                .is_none_or(|text| anchor.is_empty() || anchors(text).iter().any(|found| found == anchor));
            if !root().join(&target).exists() || !has_anchor {
                dead.push(format!("{document}: {link}"));
            }
            checked += 1;
        }
    }
    assert!(checked > 50 && dead.is_empty(), "{dead:#?}");
    println!("{checked} links in {} documents", documents.len());
}
