//! `.ci/breaks.txt`, as `.ci/breaks` reads it, and whether its tests are run.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// A change to what is shipped, and the tests that must notice.
pub(crate) struct Break<'a> {
    pub(crate) file: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) tests: Vec<Test<'a>>,
}

pub(crate) fn parse(text: &str) -> Vec<Break<'_>> {
    let (mut breaks, mut file) = (Vec::<Break<'_>>::new(), "");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_at_checked(2).unwrap_or((line, "")) {
            ("- ", from) => breaks.push(Break { file, from, to: "", tests: Vec::new() }),
            ("+ ", to) => breaks.last_mut().unwrap().to = to,
            ("+" | "? ", _) => {}
            ("  ", test) => breaks.last_mut().unwrap().tests.push(Test(test)),
            _ => file = line,
        }
    }
    breaks
}

/// PACKAGE TARGET NAME.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Test<'a>(&'a str);

impl<'a> Test<'a> {
    /// The last part of its name, as a document has it.
    pub(crate) fn name(&self) -> &'a str {
        self.0.rsplit([' ', ':']).next().unwrap()
    }

    /// Why `cargo test` does not run it, or `.ci/run` if it is one of load.
    pub(crate) fn why_it_does_not_run(&self, metadata: &Value) -> Option<&'static str> {
        let (package, rest) = self.0.split_once(' ').unwrap();
        let (target, _) = rest.rsplit_once(' ').unwrap();
        let mut packages = metadata["packages"].as_array().unwrap().iter();
        let is_default = |id| metadata["workspace_default_members"].as_array().unwrap().contains(id);
        let Some(package) = packages.find(|other| other["name"] == package && is_default(&other["id"]))
        else {
            return Some("its package is not tested");
        };
        let (kind, name, is_run) = match target.split_once(' ') {
            Some(("--bin", name)) => ("bin", name, "test"),
            Some((_, name)) => ("test", name, "test"),
            None if target == "--doc" => ("lib", "", "doctest"),
            None => ("lib", "", "test"),
        };
        let mut targets = package["targets"].as_array().unwrap().iter();
        let is_it =
            |other: &&Value| other["kind"] == json!([kind]) && (kind == "lib" || other["name"] == name);
        let Some(target) = targets.find(is_it).filter(|target| target[is_run] == true) else {
            return Some("its target is not tested");
        };
        let source = source_of(Path::new(target["src_path"].as_str().unwrap()));
        match is_run {
            "doctest" => self.why_it_is_no_example(&source),
            _ => self.why_it_is_no_test(&source, name == "load"),
        }
    }

    fn why_it_is_no_example(&self, source: &str) -> Option<&'static str> {
        let before = source.split(&format!("pub struct {}", self.name())).next().unwrap();
        (!before.contains("compile_fail")).then_some("there is no such example")
    }

    fn why_it_is_no_test(&self, source: &str, is_load: bool) -> Option<&'static str> {
        let lines: Vec<_> = source.lines().map(str::trim).collect();
        // An item of the contract of stores, of which a macro makes a test.
        if lines.contains(&self.name()) {
            return None;
        }
        let start = format!("fn {}(", self.name());
        let is_it = |line: &&str| line.strip_prefix("async ").unwrap_or(line).starts_with(&start);
        let Some(at) = lines.iter().position(is_it) else {
            return Some("there is no such function");
        };
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        let attributes: Vec<_> = above.filter(|line| line.starts_with("#[")).collect();
        let has = |start: &str| attributes.iter().any(|line| line.starts_with(start));
        match () {
            () if !has("#[test]") && !has("#[tokio::test") => Some("it is no test"),
            () if has("#[ignore") != is_load => Some("it is ignored, or one of load and not ignored"),
            () => None,
        }
    }
}

/// All that is compiled with this file, and what is in the macros of tests that several share.
fn source_of(file: &Path) -> String {
    let is_root = file.ends_with("lib.rs") || file.ends_with("main.rs");
    let mut source = read_all(if is_root { file.parent().unwrap() } else { file });
    let of_macros = [
        ("receiver_tests!", "src/receiver.rs"),
        ("behaviour_tests!", "src/behaviour.rs"),
        ("upstream_tests!", "src/behaviour/upstream.rs"),
        ("on_both_paths!", "src/paths.rs"),
    ];
    for (name, file) in of_macros {
        if source.contains(name) {
            source += &read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        }
    }
    match source.contains("\ncontract!(") {
        true => source + &read_all(&file.with_file_name("contract")),
        false => source,
    }
}

fn read_all(path: &Path) -> String {
    match path.is_dir() {
        true => fs::read_dir(path).unwrap().map(|entry| read_all(&entry.unwrap().path())).collect(),
        false => fs::read_to_string(path).unwrap(),
    }
}
