//! Every block that a reader could copy is checked by somebody, who is named in `docs/guide/ci/blocks.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{documents, read};

const LIST: &str = "docs/guide/ci/blocks.txt";

/// The kinds of blocks in each document, and who checks them: a file, or nobody and the reason.
fn list(text: &str) -> BTreeMap<(&str, &str), &str> {
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.flat_map(|row| {
        let mut words = row.splitn(3, ' ');
        let [document, kinds, by] = [(); 3].map(|()| words.next().unwrap());
        kinds.split(',').map(move |kind| ((document, kind), by))
    })
    .collect()
}

/// The kinds of a document's blocks that have to be checked.
fn kinds(text: &str) -> BTreeSet<&str> {
    let fences = text.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
    let kinds = fences.map(|info| info.split([',', ' ']).next().unwrap());
    kinds.filter(|kind| ["console", "rust", "sh"].contains(kind)).collect()
}

#[test]
fn every_block_of_a_document_is_checked_by_somebody() {
    let text = read(LIST);
    let list = list(&text);
    let documents = documents();
    let there: BTreeSet<_> = documents
        .iter()
        .flat_map(|(document, text)| kinds(text).into_iter().map(move |kind| (document.as_str(), kind)))
        .collect();
    let listed: BTreeSet<_> = list.keys().copied().collect();
    let (missing, idle): (Vec<_>, Vec<_>) =
        (there.difference(&listed).collect(), listed.difference(&there).collect());
    assert!(missing.is_empty(), "nobody in {LIST} checks {missing:#?}");
    assert!(idle.is_empty(), "{LIST} has what is not there: {idle:#?}");

    for ((document, kind), by) in list {
        if let Some(reason) = by.strip_prefix("nobody: ") {
            println!("{document}: {kind} is checked by nobody: {reason}");
        } else if [".ci/guide", ".ci/guide paths"].contains(&by) {
            assert_ne!(kind, "rust", "{document}: the guide's Rust is compiled by docs/guide/lib.rs");
        } else {
            let name = Path::new(document).file_name().unwrap().to_str().unwrap();
            assert!(read(by).contains(name), "{by} does not say that it checks {document}");
        }
    }
}

/// And each page is in the book.
#[test]
fn every_page_of_the_guide_is_in_its_summary() {
    let summary = read("docs/guide/src/SUMMARY.md");
    let documents = documents();
    let pages = documents.keys().filter_map(|document| document.strip_prefix("docs/guide/src/"));
    let missing: Vec<_> =
        pages.filter(|page| *page != "SUMMARY.md" && !summary.contains(&format!("({page})"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
