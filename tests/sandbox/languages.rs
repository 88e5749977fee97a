//! Rust's `std::fs`, C's library and Python's, in skills and in programs that know nothing of skills, on what is granted, missing and refused: what a program of each language
//! would expect.

use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

use crate::attacks::class;

const LIBRARIES: [&str; 7] =
    ["files_std", "files_sdk", "files_c", "files_python", "plain_wasip2", "plain_wasip1", "files_c_wasip1"];

fn stage(guest: &str) -> Stage {
    Scenario::new()
        .allowed_tools("Read(data/**), Edit(out/**)")
        .guest(guest)
        .file("data/a.csv", "a,b\n")
        .file("out/old.txt", "old")
        .file("secret.txt", "secret")
        .ready()
}

#[test]
fn every_library_tells_granted_missing_and_refused_apart() {
    for guest in LIBRARIES {
        let stage = stage(guest);
        for (op, path, expected) in [
            ("read", "data/a.csv", "ok"),
            ("read", "data/none", "missing"),
            ("read", "secret.txt", "refused"),
            ("read", "none.txt", "refused"),
            ("read", "/etc/passwd", "refused"),
            ("read", "data", "is a directory"),
            ("read", "data/a.csv/x", "no directory"),
            ("stat", "data", "ok"),
            ("stat", "data/none", "missing"),
            ("stat", "secret.txt", "refused"),
            ("list", "data", "ok"),
            ("list", "data/none", "missing"),
            ("list", "data/a.csv", "no directory"),
            ("write", "data/a.csv", "refused"),
            ("write", "out/new.txt", "ok"),
            ("write", "out/none/new.txt", "missing"),
            ("append", "out/new.txt", "ok"),
            ("append", "secret.txt", "refused"),
            ("mkdir", "out/dir", "ok"),
            ("mkdir", "out/dir", "exists"),
            ("mkdir", "other", "refused"),
            ("remove", "out/none", "missing"),
            ("remove", "data/a.csv", "refused"),
            ("rmdir", "out/dir", "ok"),
            ("rmdir", "data", "refused"),
        ] {
            let answer = stage.op(json!({ "op": op, "path": path, "text": "x" }));
            let mut class = class(&answer);
            // Through the adapter a directory is opened as a file, and said to be none at the first read.
            let adapted = guest.ends_with("wasip1") || guest == "files_c";
            if adapted && answer.to_string().contains("Bad file descriptor") {
                class = "is a directory".to_owned();
            }
            assert_eq!(class, expected, "{guest}: {op} {path}: {answer}");
        }
        assert_eq!(stage.read("out/new.txt").unwrap(), "xx", "{guest}");
        let answer = stage.op(json!({ "op": "rename", "path": "out/new.txt", "to": "out/old.txt" }));
        assert_eq!(class(&answer), "ok", "{guest}: {answer}");
        assert_eq!(stage.read("out/old.txt").unwrap(), "xx", "{guest}");
    }
}

#[test]
fn python_raises_what_its_programs_catch() {
    let stage = stage("files_python");
    for (op, path, class) in [
        ("read", "data/none", "FileNotFoundError"),
        ("read", "secret.txt", "PermissionError"),
        ("read", "/etc/passwd", "PermissionError"),
        ("read", "data", "IsADirectoryError"),
        ("list", "data/a.csv", "NotADirectoryError"),
        ("write", "data/a.csv", "PermissionError"),
        ("mkdir-all", "other/deep", "PermissionError"),
        ("create-new", "out/old.txt", "FileExistsError"),
        ("remove-all", "data", "PermissionError"),
        ("temporary", "data", "PermissionError"),
    ] {
        let answer = stage.op(json!({ "op": op, "path": path, "text": "x" }));
        assert_eq!(answer["class"], class, "{op} {path}: {answer}");
    }
}

#[test]
fn pythons_library_of_files_works_where_it_may() {
    let stage = stage("files_python");
    let op = |op: Value| {
        let answer = stage.op(op.clone());
        assert!(answer.get("error").is_none(), "{op}: {answer}");
        answer["ok"].clone()
    };
    let one = |name: &str, path: &str| op(json!({ "op": name, "path": path, "text": "new" }));
    let two = |name: &str, path: &str, to: &str| op(json!({ "op": name, "path": path, "to": to }));
    for (path, there) in [
        ("data/a.csv", true),
        ("data", true),
        ("data/none", false),
        ("secret.txt", false),
        ("/etc/passwd", false),
    ] {
        assert_eq!(one("exists", path), there, "{path}");
    }
    one("mkdir-all", "out/a/b/c");
    one("mkdir-all", "out/a/b/c");
    one("write", "out/a/b/c/f.txt");
    one("append", "out/a/b/c/f.txt");
    assert_eq!(stage.read("out/a/b/c/f.txt").unwrap(), "newnew");
    one("atomic", "out/old.txt");
    assert_eq!(stage.read("out/old.txt").unwrap(), "new");
    assert_eq!(one("temporary", "out")[1], "new");
    assert_eq!(one("temporary", ""), json!(["/tmp", "new"]));
    assert_eq!(one("temporary-directory", ""), json!(["new", false]));
    two("copy", "data/a.csv", "out/b.csv");
    two("copy-tree", "out/a", "out/copied");
    assert_eq!(stage.read("out/copied/b/c/f.txt").unwrap(), "newnew");
    two("move", "out/b.csv", "out/copied");
    two("move", "out/copied/b.csv", "/tmp/b.csv");
    assert_eq!(one("walk", "out/a"), json!(["out/a/b/c/f.txt"]));
    assert_eq!(one("glob", "out/**/*.txt").as_array().unwrap().len(), 3);
    one("remove-all", "out/a");
    assert_eq!(stage.read("out/a/b/c/f.txt"), None);
    op(json!({ "op": "set-len", "path": "out/old.txt", "number": 1 }));
    op(json!({ "op": "set-times", "path": "out/old.txt", "number": 86_400 }));
    assert_eq!(stage.read("out/old.txt").unwrap(), "n");
    assert!(stage.records.records().iter().all(|record| {
        record.refusals.iter().all(|refusal| ["secret.txt", "/etc/passwd"].contains(&refusal.target.as_str()))
    }));
}
