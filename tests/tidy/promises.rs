//! What the documents say is tested: each test that they name is there, in the file that they name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names between backticks that are those of tests: small letters and at least two `_`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|text| {
        text.matches('_').count() >= 2
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

/// The functions of all Rust files below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_test_that_a_document_names_exists() {
    let root = openskills_tests::repository();
    let mut found = BTreeSet::new();
    for folder in ["host/src", "tests", "guest-sdk/src", "toolchain/src"] {
        functions(&root.join(folder), &mut found);
    }
    let decisions = fs::read_dir(root.join("docs/decisions")).unwrap().map(|entry| entry.unwrap().path());
    let documents = [root.join("SECURITY.md"), root.join("ARCHITECTURE.md")].into_iter().chain(decisions);
    let (mut missing, mut count) = (Vec::new(), 0);
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for name in text.lines().filter(|line| line.contains(".rs`")).flat_map(named) {
            count += 1;
            if !found.contains(name) {
                missing.push(format!("{}: {name}", document.file_name().unwrap().display()));
            }
        }
    }
    assert!(missing.is_empty(), "tests that are not there:\n{}", missing.join("\n"));
    assert!(count > 100, "{count}");
}

#[test]
fn every_file_of_tests_that_a_document_names_exists() {
    let root = openskills_tests::repository();
    for document in ["SECURITY.md", "ARCHITECTURE.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        for path in
            text.split('`').skip(1).step_by(2).filter(|text| text.ends_with(".rs") && text.contains('/'))
        {
            let there = [root.join(path), root.join("host/src").join(path)].iter().any(|path| path.is_file());
            assert!(there, "{document}: {path}");
        }
    }
}
