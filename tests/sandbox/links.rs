//! Links: followed as far as the grant goes, and never made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use openskills_tests::Scenario;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};

const DOORS: [&str; 2] = ["files_std", "files_sdk"];

fn linked(tools: &str, door: &str) -> Scenario {
    let scenario = Scenario::new()
        .allowed_tools(tools)
        .guest(door)
        .file("open/a.txt", "open")
        .file("shut/s.txt", "shut")
        .outside("outside/o.txt", "outside");
    let outside = scenario.workspace_folder().parent().unwrap().join("outside");
    scenario
        .link("open/here", "a.txt")
        .link("open/shut.txt", "../shut/s.txt")
        .link("open/shut", "../shut")
        .link("open/up", "../../outside/o.txt")
        .link("open/out", "../../outside")
        .link("open/absolute.txt", outside.join("o.txt"))
        .link("open/absolute", outside)
        .link("open/passwd", "/etc/passwd")
        .link("open/loop", "loop")
        .link("open/nowhere", "none")
        .link("open/there", ".")
}

fn outcome(answer: &Value) -> Value {
    answer.get("error").cloned().unwrap_or_else(|| answer["ok"].clone())
}

#[test]
fn a_link_within_the_grant_is_followed() {
    for door in DOORS {
        let stage = linked("Read(open/**)", door).ready();
        let op = |op: Value| outcome(&stage.op(op));
        assert_eq!(op(json!({ "op": "read", "path": "open/here" })), "open", "{door}");
        assert_eq!(op(json!({ "op": "read", "path": "open/there/there/a.txt" })), "open", "{door}");
        assert_eq!(
            op(json!({ "op": "stat", "path": "open/here" })),
            json!({ "kind": "file", "size": 4 }),
            "{door}"
        );
        assert_eq!(op(json!({ "op": "read", "path": "open/nowhere" })), "NotFound", "{door}");
    }
}

#[test]
fn a_link_out_of_the_grant_is_not() {
    for door in DOORS {
        let stage = linked("Read(open/**)", door).ready();
        for path in [
            "open/shut.txt",
            "open/shut/s.txt",
            "open/up",
            "open/out/o.txt",
            "open/absolute.txt",
            "open/absolute/o.txt",
            "open/passwd",
            "open/there/passwd",
        ] {
            for op in ["read", "stat"] {
                let answer = stage.op(json!({ "op": op, "path": path }));
                assert_eq!(outcome(&answer), "PermissionDenied", "{door}: {op} {path}: {answer}");
            }
        }
        for path in ["open/shut", "open/out", "open/absolute"] {
            let answer = stage.op(json!({ "op": "list", "path": path }));
            assert_eq!(outcome(&answer), "PermissionDenied", "{door}: list {path}");
        }
        let answer = stage.op(json!({ "op": "read", "path": "open/loop" }));
        assert!(
            matches!(answer["error"].as_str(), Some("FilesystemLoop" | "InvalidInput" | "Uncategorized")),
            "{answer}"
        );
    }
}

#[test]
fn writing_through_a_link_is_writing_where_it_leads() {
    for door in DOORS {
        let stage = linked("Edit(open/**)", door).ready();
        for path in
            ["open/shut.txt", "open/shut/new", "open/up", "open/out/new", "open/absolute.txt", "open/passwd"]
        {
            for op in ["write", "append"] {
                let answer = stage.op(json!({ "op": op, "path": path, "text": "x" }));
                assert_eq!(outcome(&answer), "PermissionDenied", "{door}: {op} {path}");
            }
        }
        assert_eq!(stage.read("shut/s.txt").unwrap(), "shut");
        assert_eq!(std::fs::read_to_string(stage.outside("outside/o.txt")).unwrap(), "outside");
        assert_eq!(std::fs::read_dir(stage.outside("outside")).unwrap().count(), 1);
        assert_eq!(
            outcome(&stage.op(json!({ "op": "write", "path": "open/here", "text": "new" }))),
            Value::Null
        );
        assert_eq!(stage.read("open/a.txt").unwrap(), "new", "{door}");
    }
}

#[test]
fn removing_or_renaming_a_link_leaves_what_it_leads_to() {
    for door in DOORS {
        let stage = linked("Edit(open/**)", door).ready();
        let op = |op: Value| outcome(&stage.op(op));
        assert_eq!(op(json!({ "op": "rename", "path": "open/up", "to": "open/up2" })), Value::Null, "{door}");
        assert_eq!(op(json!({ "op": "remove", "path": "open/shut.txt" })), Value::Null, "{door}");
        assert_eq!(stage.read("shut/s.txt").unwrap(), "shut");
        assert!(stage.outside("outside/o.txt").exists());
    }
}

#[test]
fn links_are_never_made() {
    let stage = linked("Edit", "files_std").ready();
    for (op, path, to) in [
        ("symlink", "new", "open/a.txt"),
        ("symlink", "new", "/etc/passwd"),
        ("hard-link", "open/a.txt", "new"),
    ] {
        let answer = stage.op(json!({ "op": op, "path": path, "to": to }));
        assert_eq!(outcome(&answer), "PermissionDenied", "{op}: {answer}");
        assert_eq!(stage.last().refusals.len(), 1, "{op}");
        assert!(stage.workspace.join("new").symlink_metadata().is_err());
    }
}

#[test]
fn the_text_of_a_link_is_read_within_the_grant_only() {
    let stage = linked("Read(open/**)", "files_std").link("beside", "open/a.txt").ready();
    assert_eq!(outcome(&stage.op(json!({ "op": "read-link", "path": "open/here" }))), "a.txt");
    assert_eq!(outcome(&stage.op(json!({ "op": "read-link", "path": "beside" }))), "PermissionDenied");
}

#[test]
fn a_link_to_a_protected_place_is_no_way_in() {
    for door in DOORS {
        let stage = linked("Edit", door)
            .file(".git/config", "[core]")
            .link("git", ".git")
            .link("cfg", ".git/config")
            .ready();
        for path in ["git/config", "git/hooks", "cfg"] {
            let answer = stage.op(json!({ "op": "write", "path": path, "text": "x" }));
            assert_eq!(outcome(&answer), "PermissionDenied", "{door}: {path}");
        }
        assert_eq!(stage.read(".git/config").unwrap(), "[core]");
    }
}

#[test]
fn a_name_that_is_swapped_meanwhile_never_leads_out() {
    for door in DOORS {
        let stage =
            linked("Read(open/**)", door).file("open/file", "open").file("open/folder/s.txt", "open").ready();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                // A file and a link, a folder and a link: each changes places with the other, in one step.
                let open = stage.workspace.join("open");
                while !over.load(Ordering::Relaxed) {
                    for (one, other) in [("file", "shut.txt"), ("folder", "shut")] {
                        renameat_with(CWD, open.join(one), CWD, open.join(other), RenameFlags::EXCHANGE)
                            .unwrap();
                    }
                }
            });
            let one =
                |n: usize| ["open/file", "open/folder/s.txt", "open/shut.txt", "open/shut/s.txt"][n % 4];
            let ops: Vec<_> = (0..1_000).map(|n| json!({ "op": "read", "path": one(n) })).collect();
            let (mut read, mut leaked) = (0, 0);
            for _ in 0..5 {
                let output = stage.run(json!({ "ops": ops })).unwrap().output;
                for answer in output.as_array().unwrap() {
                    leaked += usize::from(answer["ok"] == "shut");
                    read += usize::from(answer["ok"] == "open");
                }
            }
            // Before anything is asserted: the other thread goes on until then.
            over.store(true, Ordering::Relaxed);
            assert_eq!(leaked, 0, "{door}");
            assert!(read > 0, "{door}: what is allowed is read");
        });
    }
}
