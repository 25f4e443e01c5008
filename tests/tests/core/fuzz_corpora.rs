//! What the fuzzers have found so far, and what they began with, as tests.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it is surprised")]

use std::fs;
use std::path::Path;

use untis_webhook_tests::fuzz::TARGETS;

#[test]
fn every_input_of_every_corpus_holds() {
    for (name, target) in TARGETS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
        let entries = fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
        let mut inputs = 0;
        for entry in entries {
            let path = entry.unwrap().path();
            // It is said which input a panic was about.
            let input = fs::read(&path).unwrap();
            let held = std::panic::catch_unwind(|| target(&input));
            assert!(held.is_ok(), "{}", path.display());
            inputs += 1;
        }
        assert_ne!(inputs, 0, "{name} has no corpus");
        println!("{name}: {inputs} inputs");
    }
}

#[test]
fn every_target_is_there_to_be_fuzzed() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
    let mut files: Vec<_> = fs::read_dir(targets)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, TARGETS.map(|(name, _)| name));
}
