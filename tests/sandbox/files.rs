//! Files through both doors, which give the same answer to the same question.

use std::path::Path;

use openskills_runtime::{ErrorKind, Limits};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

/// The guests of the two doors, and what a skill must ask for at least so that both are loaded.
const DOORS: [&str; 2] = ["files_std", "files_sdk"];

/// Asks both doors the same in a scenario made anew for each. The answers must be the same; it is given back.
fn both(scenario: impl Fn() -> Scenario, op: &Value) -> Value {
    let [one, other] = DOORS.map(|door| outcome(&scenario().guest(door).ready().op(op.clone())));
    // The standard library has no kind for some errors, on this target.
    assert!(one == other || one == "Uncategorized", "the doors differ on {op}: {one}, {other}");
    other
}

/// An answer without the words of its error, which are each door's own.
fn outcome(answer: &Value) -> Value {
    answer.get("error").cloned().unwrap_or_else(|| answer["ok"].clone())
}

fn refused() -> Value {
    json!("PermissionDenied")
}

fn data(tools: &str) -> Scenario {
    Scenario::new()
        .allowed_tools(tools)
        .file("data/a.csv", "a,b\n1,2\n")
        .file("data/deep/b.csv", "deep")
        .file("secret.txt", "secret")
        .outside("outside.txt", "outside")
}

#[test]
fn read_reads_the_workspace_and_changes_nothing() {
    let read = || data("Read");
    assert_eq!(both(read, &json!({ "op": "read", "path": "data/a.csv" })), "a,b\n1,2\n");
    assert_eq!(both(read, &json!({ "op": "read", "path": "/workspace/data/a.csv" })), "a,b\n1,2\n");
    assert_eq!(both(read, &json!({ "op": "read", "path": "./data/../secret.txt" })), "secret");
    assert_eq!(both(read, &json!({ "op": "list", "path": "/workspace" })), json!(["data", "secret.txt"]));
    assert_eq!(
        both(read, &json!({ "op": "stat", "path": "data/a.csv" })),
        json!({ "kind": "file", "size": 8 })
    );
    assert_eq!(both(read, &json!({ "op": "stat", "path": "data" })), json!({ "kind": "dir", "size": 0 }));
    assert_eq!(both(read, &json!({ "op": "exists", "path": "data/none" })), false);
    assert_eq!(both(read, &json!({ "op": "read", "path": "data/none" })), "NotFound");
    for op in [
        json!({ "op": "write", "path": "data/a.csv", "text": "x" }),
        json!({ "op": "write", "path": "new", "text": "x" }),
        json!({ "op": "append", "path": "data/a.csv", "text": "x" }),
        json!({ "op": "mkdir", "path": "new" }),
        json!({ "op": "mkdir-all", "path": "new/deep" }),
        json!({ "op": "remove", "path": "secret.txt" }),
        json!({ "op": "rmdir", "path": "data/deep" }),
        json!({ "op": "rename", "path": "secret.txt", "to": "other.txt" }),
        json!({ "op": "copy", "path": "secret.txt", "to": "other.txt" }),
    ] {
        assert_eq!(both(read, &op), refused(), "{op}");
    }
}

#[test]
fn a_refused_change_changes_nothing() {
    for door in DOORS {
        let stage = data("Read").guest(door).ready();
        for op in ["write", "append", "remove"] {
            assert_eq!(outcome(&stage.op(json!({ "op": op, "path": "secret.txt", "text": "x" }))), refused());
        }
        assert_eq!(stage.read("secret.txt").unwrap(), "secret", "{door}");
    }
}

#[test]
fn a_pattern_is_kept_to() {
    let read = || data("Read(data/**)");
    assert_eq!(both(read, &json!({ "op": "read", "path": "data/deep/b.csv" })), "deep");
    assert_eq!(both(read, &json!({ "op": "list", "path": "data" })), json!(["a.csv", "deep"]));
    for path in ["secret.txt", "data/../secret.txt", "/workspace/secret.txt", "database/a.csv", "secret.txt/"]
    {
        assert_eq!(both(read, &json!({ "op": "read", "path": path })), refused(), "{path}");
    }
}

#[test]
fn what_is_not_granted_is_refused_whether_it_exists_or_not() {
    let read = || data("Read(data/**)");
    for path in ["secret.txt", "missing.txt"] {
        for op in ["read", "stat", "exists"] {
            assert_eq!(both(read, &json!({ "op": op, "path": path })), refused(), "{op} {path}");
        }
    }
}

#[test]
fn a_listing_shows_what_is_granted_and_what_leads_there() {
    let read = || data("Read(data/deep/**)").file("other/x", "").file("data/.hidden", "");
    assert_eq!(both(read, &json!({ "op": "list", "path": "/workspace" })), json!(["data"]));
    assert_eq!(both(read, &json!({ "op": "list", "path": "data" })), json!(["deep"]));
    assert_eq!(both(read, &json!({ "op": "stat", "path": "data" })), json!({ "kind": "dir", "size": 0 }));
    assert_eq!(both(read, &json!({ "op": "list", "path": "other" })), refused());
}

#[test]
fn the_root_lists_its_folders_and_nothing_can_be_made_there() {
    let all = || data("Edit");
    for path in ["/", "."] {
        assert_eq!(
            both(all, &json!({ "op": "list", "path": path })),
            json!(["skill", "tmp", "workspace"]),
            "{path}"
        );
    }
    for path in ["/workspace", "/skill", "/tmp"] {
        for door in DOORS {
            let answer = all()
                .guest(door)
                .ready()
                .op(json!({ "op": "rename", "path": path, "to": "/workspace/moved" }));
            assert!(answer.get("error").is_some(), "{door} {path}: {answer}");
        }
    }
}

#[test]
fn the_folder_for_temporary_files_is_this_calls_own() {
    for door in DOORS {
        let stage = Scenario::new().allowed_tools("Read(data/**)").guest(door).ready();
        let ops = json!({ "ops": [
            { "op": "list", "path": "/tmp" },
            { "op": "write", "path": "/tmp/a", "text": "mine" },
            { "op": "mkdir", "path": "/tmp/d" },
            { "op": "rename", "path": "/tmp/a", "to": "/tmp/d/b" },
            { "op": "read", "path": "/tmp/d/b" },
            { "op": "rename", "path": "/tmp/d", "to": "/tmp/e" },
            { "op": "list", "path": "/tmp" },
        ] });
        for _ in 0..2 {
            let output = stage.run(ops.clone()).unwrap().output;
            let answers: Vec<_> = output.as_array().unwrap().iter().map(outcome).collect();
            let done = Value::Null;
            let expected =
                [json!([]), done.clone(), done.clone(), done.clone(), json!("mine"), done, json!(["e"])];
            assert_eq!(answers, expected, "{door}");
        }
        assert_eq!(std::fs::read_dir(&stage.workspace).unwrap().count(), 0);
        for path in ["/tmp/../workspace/data", "/tmp/../../etc/passwd"] {
            assert_eq!(
                outcome(&stage.op(json!({ "op": "write", "path": path, "text": "x" }))),
                refused(),
                "{path}"
            );
        }
    }
}

#[test]
fn what_a_call_writes_is_bounded() {
    let limits = Limits { written_bytes: 100, created_files: 3, ..Limits::default() };
    for door in DOORS {
        let stage = data("Edit").guest(door).limits(limits.clone()).ready();
        let write = |path: &str, bytes: usize| {
            let op = json!({ "op": "append", "path": path, "text": "x".repeat(bytes), "strict": true });
            stage.run(json!({ "ops": [op.clone(), op] }))
        };
        write("fits", 50).unwrap();
        for path in ["too-much", "/tmp/too-much"] {
            let error = write(path, 51).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{door} {path}: {error}");
        }
        assert!(stage.read("too-much").unwrap().len() <= 100, "{door}");
        let many: Vec<_> =
            (0..4).map(|n| json!({ "op": "mkdir", "path": format!("d{n}"), "strict": true })).collect();
        assert_eq!(stage.run(json!({ "ops": many[..3] })).unwrap().output[2]["ok"], Value::Null, "{door}");
        let error = stage.run(json!({ "ops": [many[3], many[3], many[3], many[3]] })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{door}: it was there already: {error}");
        let more: Vec<_> =
            (4..8).map(|n| json!({ "op": "mkdir", "path": format!("d{n}"), "strict": true })).collect();
        assert_eq!(stage.run(json!({ "ops": more })).unwrap_err().kind(), ErrorKind::LimitExceeded, "{door}");
        write("fits-again", 50).unwrap();
    }
}

#[test]
fn what_was_there_is_kept_if_the_new_content_is_too_much() {
    let limits = Limits { written_bytes: 100, ..Limits::default() };
    let stage = data("Edit").guest("files_sdk").limits(limits).ready();
    let answer = stage.op(json!({ "op": "write", "path": "secret.txt", "text": "x".repeat(101) }));
    assert_eq!(outcome(&answer), "Other");
    assert_eq!(stage.read("secret.txt").unwrap(), "secret");
    assert_eq!(
        outcome(&stage.op(json!({ "op": "write", "path": "secret.txt", "text": "new" }))),
        Value::Null
    );
    assert_eq!(stage.read("secret.txt").unwrap(), "new");
}

#[test]
fn setting_a_length_counts_as_writing() {
    let limits = Limits { written_bytes: 1 << 20, ..Limits::default() };
    let stage = data("Edit").guest("files_std").limits(limits).ready();
    let set = |length: u64| {
        stage.run(
            json!({ "ops": [{ "op": "set-len", "path": "secret.txt", "number": length, "strict": true }] }),
        )
    };
    set(1 << 19).unwrap();
    assert_eq!(set(1 << 40).unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert_eq!(stage.workspace.join("secret.txt").metadata().unwrap().len(), 1 << 19);
}

#[test]
fn without_a_grant_the_workspace_is_closed_and_the_skill_folder_open() {
    let stage =
        Scenario::new().guest("files_std").file("a.txt", "a").skill_file("resources/r.txt", "r").ready();
    for op in [
        json!({ "op": "read", "path": "a.txt" }),
        json!({ "op": "list", "path": "/workspace" }),
        json!({ "op": "write", "path": "b.txt", "text": "x" }),
    ] {
        assert_eq!(outcome(&stage.op(op.clone())), refused(), "{op}");
    }
    assert_eq!(outcome(&stage.op(json!({ "op": "read", "path": "/skill/resources/r.txt" }))), "r");
}

#[test]
fn without_a_grant_the_door_of_the_sdk_is_refused_before_any_code_runs() {
    let error = Scenario::new().guest("files_sdk").run(json!({ "ops": [] })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.hint().unwrap().contains("`allowed-tools: Read`"), "{:?}", error.hint());
}

#[test]
fn the_skill_folder_is_readable_and_never_writable() {
    let all = || Scenario::new().allowed_tools("Read, Edit").skill_file("resources/r.txt", "r");
    assert_eq!(both(all, &json!({ "op": "read", "path": "/skill/resources/r.txt" })), "r");
    assert_eq!(both(all, &json!({ "op": "list", "path": "/skill/resources" })), json!(["r.txt"]));
    for op in [
        json!({ "op": "write", "path": "/skill/resources/r.txt", "text": "x" }),
        json!({ "op": "write", "path": "/skill/new", "text": "x" }),
        json!({ "op": "append", "path": "/skill/SKILL.md", "text": "x" }),
        json!({ "op": "mkdir", "path": "/skill/new" }),
        json!({ "op": "remove", "path": "/skill/wasm/skill.wasm" }),
        json!({ "op": "rename", "path": "/skill/SKILL.md", "to": "/workspace/SKILL.txt" }),
        json!({ "op": "rename", "path": "/skill/resources/r.txt", "to": "/workspace/r.txt" }),
    ] {
        assert_eq!(both(all, &op), refused(), "{op}");
    }
}

#[test]
fn edit_changes_what_it_names_and_nothing_else() {
    for door in DOORS {
        let stage = data("Edit(notes/**)").guest(door).ready();
        let op = |op: Value| outcome(&stage.op(op));
        assert_eq!(
            op(json!({ "op": "mkdir", "path": "notes" })),
            Value::Null,
            "{door}: its prefix may be made"
        );
        assert_eq!(op(json!({ "op": "write", "path": "notes/a.md", "text": "one" })), Value::Null);
        assert_eq!(op(json!({ "op": "append", "path": "notes/a.md", "text": " two" })), Value::Null);
        assert_eq!(op(json!({ "op": "read", "path": "notes/a.md" })), "one two", "a rule to write reads too");
        assert_eq!(op(json!({ "op": "mkdir-all", "path": "notes/2026/11" })), Value::Null);
        assert_eq!(op(json!({ "op": "rename", "path": "notes/a.md", "to": "notes/2026/b.md" })), Value::Null);
        assert_eq!(op(json!({ "op": "copy", "path": "notes/2026/b.md", "to": "notes/c.md" })), Value::Null);
        assert_eq!(op(json!({ "op": "remove", "path": "notes/c.md" })), Value::Null);
        assert_eq!(op(json!({ "op": "rmdir", "path": "notes/2026/11" })), Value::Null);
        assert_eq!(stage.read("notes/2026/b.md").unwrap(), "one two");
        for refused_op in [
            json!({ "op": "write", "path": "notes.md", "text": "x" }),
            json!({ "op": "write", "path": "data/a.csv", "text": "x" }),
            json!({ "op": "read", "path": "data/a.csv" }),
            json!({ "op": "rename", "path": "notes/2026/b.md", "to": "data/b.md" }),
            json!({ "op": "rename", "path": "data/a.csv", "to": "notes/a.csv" }),
            json!({ "op": "copy", "path": "data/a.csv", "to": "notes/a.csv" }),
            json!({ "op": "rmdir", "path": "notes" }),
            json!({ "op": "mkdir", "path": "other" }),
        ] {
            assert_eq!(op(refused_op.clone()), refused(), "{door}: {refused_op}");
        }
        assert_eq!(stage.read("data/a.csv").unwrap(), "a,b\n1,2\n");
        assert_eq!(stage.read("notes/a.csv"), None);
    }
}

#[test]
fn a_file_that_is_no_prefix_of_a_pattern_cannot_be_made_in_its_place() {
    let edit = || data("Edit(notes/**)");
    assert_eq!(both(edit, &json!({ "op": "write", "path": "notes", "text": "x" })), refused());
}

#[test]
fn deny_beats_every_request() {
    let edit = || data("Edit").file("keys/k.pem", "key").deny("Read(keys/**)").deny("Edit(data/deep/**)");
    assert_eq!(both(edit, &json!({ "op": "write", "path": "new.txt", "text": "x" })), Value::Null);
    assert_eq!(
        both(edit, &json!({ "op": "read", "path": "data/deep/b.csv" })),
        "deep",
        "only changing is denied"
    );
    for op in [
        json!({ "op": "read", "path": "keys/k.pem" }),
        json!({ "op": "write", "path": "keys/k.pem", "text": "x" }),
        json!({ "op": "write", "path": "data/deep/b.csv", "text": "x" }),
        json!({ "op": "rename", "path": "keys/k.pem", "to": "k.pem" }),
        json!({ "op": "rename", "path": "keys", "to": "open" }),
        json!({ "op": "rename", "path": "secret.txt", "to": "keys/k.pem" }),
    ] {
        assert_eq!(both(edit, &op), refused(), "{op}");
    }
    assert_eq!(both(edit, &json!({ "op": "list", "path": "keys" })), json!([]), "nor is it shown");
    let folder = || edit().deny("Read(keys)");
    assert_eq!(both(folder, &json!({ "op": "list", "path": "/workspace" })), json!(["data", "secret.txt"]));
}

#[test]
fn what_the_author_disallows_is_subtracted() {
    let read = || data("Read").disallowed_tools("Read(secret.txt)");
    assert_eq!(both(read, &json!({ "op": "read", "path": "data/a.csv" })), "a,b\n1,2\n");
    assert_eq!(both(read, &json!({ "op": "read", "path": "secret.txt" })), refused());
}

#[test]
fn no_path_leads_out() {
    let all = || data("Read, Edit");
    for path in [
        "../outside.txt",
        "/../outside.txt",
        "data/../../outside.txt",
        "/workspace/../../outside.txt",
        "/etc/passwd",
        "/proc/self/environ",
        "/skill/../../outside.txt",
    ] {
        for op in ["read", "write", "stat", "list", "mkdir", "remove"] {
            assert_eq!(both(all, &json!({ "op": op, "path": path, "text": "x" })), refused(), "{op} {path}");
        }
        assert_eq!(
            both(all, &json!({ "op": "rename", "path": "secret.txt", "to": path })),
            refused(),
            "to {path}"
        );
    }
}

#[test]
fn an_attempt_to_get_out_is_on_record() {
    for door in DOORS {
        let stage = data("Read").guest(door).ready();
        assert_eq!(outcome(&stage.op(json!({ "op": "read", "path": "/etc/passwd" }))), refused());
        let refusals = stage.last().refusals;
        assert_eq!(refusals.len(), 1, "{door}: {refusals:?}");
        assert!(refusals[0].target.contains("etc/passwd"), "{door}: {refusals:?}");
    }
}

#[test]
fn a_call_without_a_workspace_says_so() {
    let read = || data("Read").no_workspace();
    assert_eq!(both(read, &json!({ "op": "read", "path": "data/a.csv" })), refused());
    assert_eq!(
        both(read, &json!({ "op": "read", "path": "/skill/SKILL.md" })).as_str().unwrap().get(..3),
        Some("---")
    );
    let strict = json!({ "ops": [{ "op": "read", "path": "a.csv", "strict": true }] });
    let error = read().guest("files_std").run(strict).unwrap_err();
    assert!(error.hint().unwrap().contains("workspace"), "{error}: {:?}", error.hint());
}

#[test]
fn a_mount_is_read_only_or_not() {
    let tools = "Read(ro/**), Edit(ro/**), Edit(rw/**)";
    for door in DOORS {
        let stage = Scenario::new()
            .allowed_tools(tools)
            .guest(door)
            .mount("ro", false, "a.txt", "ro")
            .mount("rw", true, "a.txt", "rw")
            .ready();
        let op = |op: Value| outcome(&stage.op(op));
        assert_eq!(op(json!({ "op": "read", "path": "/ro/a.txt" })), "ro", "{door}");
        assert_eq!(op(json!({ "op": "read", "path": "rw/a.txt" })), "rw", "{door}");
        assert_eq!(op(json!({ "op": "write", "path": "/rw/b.txt", "text": "new" })), Value::Null, "{door}");
        assert_eq!(op(json!({ "op": "write", "path": "/ro/b.txt", "text": "new" })), refused(), "{door}");
        assert_eq!(
            op(json!({ "op": "rename", "path": "/ro/a.txt", "to": "/rw/c.txt" })),
            refused(),
            "{door}"
        );
        assert_eq!(std::fs::read_to_string(stage.outside("mounts/rw/b.txt")).unwrap(), "new");
        assert!(!stage.outside("mounts/ro/b.txt").exists());
    }
}

#[test]
fn a_mount_that_no_rule_names_is_closed() {
    let read = || data("Read(data/**)").mount("extra", true, "a.txt", "extra");
    assert_eq!(both(read, &json!({ "op": "read", "path": "/extra/a.txt" })), refused());
}

#[test]
fn protected_names_cannot_be_written() {
    let all = || {
        data("Edit")
            .file(".git/config", "[core]")
            .file(".github/workflows/ci.yml", "on: push")
            .file("CLAUDE.md", "hello")
            .file("sub/AGENTS.md", "hello")
    };
    for path in [
        ".git/config",
        ".git/hooks/pre-commit",
        ".GIT/config",
        ".claude/settings.json",
        ".openskills/policy.yaml",
        ".agents/x",
        ".vscode/tasks.json",
        ".idea/x",
        ".husky/pre-commit",
        ".github/workflows/ci.yml",
        ".mcp.json",
        ".envrc",
        "CLAUDE.md",
        "sub/AGENTS.md",
        "sub/claude.md",
        "SKILL.md",
        "data/SKILL.md",
        "data/skill.md",
    ] {
        assert_eq!(
            both(all, &json!({ "op": "write", "path": path, "text": "x" })),
            refused(),
            "write {path}"
        );
        assert_eq!(
            both(all, &json!({ "op": "rename", "path": "secret.txt", "to": path })),
            refused(),
            "to {path}"
        );
        assert_eq!(both(all, &json!({ "op": "mkdir", "path": path })), refused(), "mkdir {path}");
    }
    for path in [".git", ".github/workflows", "CLAUDE.md"] {
        assert_eq!(
            both(all, &json!({ "op": "rename", "path": path, "to": "away" })),
            refused(),
            "away {path}"
        );
    }
    assert_eq!(
        both(all, &json!({ "op": "read", "path": ".git/config" })),
        "[core]",
        "reading is not writing"
    );
    assert_eq!(both(all, &json!({ "op": "write", "path": ".gitignore", "text": "x" })), Value::Null);
}

#[test]
fn a_directory_with_something_protected_in_it_stays_where_it_is() {
    let all =
        || data("Edit").file("project/.git/config", "[core]").file("project/sub/b", "").file("plain/a", "");
    assert_eq!(both(all, &json!({ "op": "rename", "path": "project", "to": "moved" })), refused());
    assert_eq!(both(all, &json!({ "op": "rename", "path": "project/sub", "to": "moved" })), Value::Null);
    assert_eq!(both(all, &json!({ "op": "rename", "path": "plain", "to": "moved" })), Value::Null);
}

#[test]
fn a_rename_needs_the_whole_subtree() {
    let all = || data("Edit(box/**)").file("box/in/a", "a").deny("Read(a)");
    assert_eq!(both(all, &json!({ "op": "rename", "path": "box/in", "to": "box/out" })), refused());
}

#[test]
fn a_folder_that_is_a_skill_cannot_be_written() {
    let all = || data("Edit").file("mine/SKILL.md", "---\nname: mine\n---\n").file("mine/notes.txt", "n");
    assert_eq!(both(all, &json!({ "op": "read", "path": "mine/notes.txt" })), "n");
    for op in [
        json!({ "op": "write", "path": "mine/notes.txt", "text": "x" }),
        json!({ "op": "write", "path": "mine/new", "text": "x" }),
        json!({ "op": "mkdir", "path": "mine/wasm" }),
        json!({ "op": "remove", "path": "mine/notes.txt" }),
        json!({ "op": "rename", "path": "mine", "to": "yours" }),
        json!({ "op": "rename", "path": "secret.txt", "to": "mine/s" }),
    ] {
        assert_eq!(both(all, &op), refused(), "{op}");
    }
}

#[test]
fn the_folder_of_skills_cannot_be_written_where_it_lies_in_the_workspace() {
    for door in DOORS {
        // A workspace that holds the very folder that is searched for skills.
        let scenario = Scenario::new().allowed_tools("Edit").guest(door);
        let parent = scenario.skills_folder().parent().unwrap().to_owned();
        let stage = scenario.no_workspace().with(|builder| builder.workspace(parent)).ready();
        for path in ["skills/a.txt", "skills/tried/wasm/skill.wasm", "skills/tried/a.txt"] {
            let answer = stage.op(json!({ "op": "write", "path": path, "text": "x" }));
            assert_eq!(outcome(&answer), refused(), "{door}: {path}");
        }
        assert_eq!(outcome(&stage.op(json!({ "op": "mkdir", "path": "skills/new" }))), refused(), "{door}");
        assert_eq!(
            outcome(&stage.op(json!({ "op": "write", "path": "free.txt", "text": "x" }))),
            Value::Null
        );
    }
}

#[test]
fn what_the_embedder_protects_cannot_be_written() {
    for door in DOORS {
        let scenario = data("Edit").guest(door).file("audit.jsonl", "{}");
        let (file, folder) =
            (scenario.workspace_folder().join("audit.jsonl"), scenario.workspace_folder().join("data"));
        let stage = scenario.with(|builder| builder.protect(file).protect(folder)).ready();
        for op in [
            json!({ "op": "append", "path": "audit.jsonl", "text": "x" }),
            json!({ "op": "remove", "path": "audit.jsonl" }),
            json!({ "op": "rename", "path": "audit.jsonl", "to": "other" }),
            json!({ "op": "rename", "path": "secret.txt", "to": "audit.jsonl" }),
            json!({ "op": "write", "path": "data/new", "text": "x" }),
        ] {
            assert_eq!(outcome(&stage.op(op.clone())), refused(), "{door}: {op}");
        }
    }
}

#[test]
fn a_skill_cannot_make_what_is_protected_before_it_exists() {
    for door in DOORS {
        let scenario = data("Edit").guest(door);
        let (cache, policy) = (
            scenario.workspace_folder().join("cache/openskills"),
            scenario.workspace_folder().join("policy.yaml"),
        );
        let stage = scenario.with(|builder| builder.cache_dir(cache).protect(policy)).ready();
        // The first call, too: the cache's folder is made for it.
        for op in [
            json!({ "op": "write", "path": "cache/openskills/compiled/evil", "text": "x" }),
            json!({ "op": "mkdir", "path": "cache" }),
            json!({ "op": "write", "path": "policy.yaml", "text": "preset: trust" }),
            json!({ "op": "rename", "path": "secret.txt", "to": "policy.yaml" }),
        ] {
            assert_eq!(outcome(&stage.op(op.clone())), refused(), "{door}: {op}");
        }
        assert_eq!(stage.read("policy.yaml"), None, "{door}");
    }
}

#[test]
fn a_policy_that_spells_a_protected_name_out_lifts_it() {
    let lifted = || data("Edit").file("CLAUDE.md", "old").allow("Edit(CLAUDE.md)");
    assert_eq!(both(lifted, &json!({ "op": "write", "path": "CLAUDE.md", "text": "new" })), Value::Null);
    let not = || data("Edit(CLAUDE.md)").file("CLAUDE.md", "old").allow("Edit");
    assert_eq!(both(not, &json!({ "op": "write", "path": "CLAUDE.md", "text": "new" })), refused());
}

#[test]
fn an_asked_file_is_read_with_a_yes_and_not_with_a_no() {
    use openskills_runtime::Answer;
    for (answer, expected) in [(Answer::Once, json!("secret")), (Answer::No, refused())] {
        let asked = || data("Read").ask("Read(secret.txt)").approver(move |_: &_| answer);
        assert_eq!(both(asked, &json!({ "op": "read", "path": "secret.txt" })), expected);
    }
    let nobody = || data("Read").ask("Read(secret.txt)");
    assert_eq!(both(nobody, &json!({ "op": "read", "path": "secret.txt" })), refused());
}

#[test]
fn a_strict_refusal_ends_as_permission_denied_with_the_line_to_add() {
    for door in DOORS {
        let op = json!({ "op": "read", "path": "secret.txt", "strict": true });
        let error = data("Read(data/**)").guest(door).run(json!({ "ops": [op] })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{door}: {error}");
        assert!(error.to_string().contains("`secret.txt`"), "{door}: {error}");
        assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: Read(secret.txt)`", "{door}");
    }
}

#[test]
fn success_after_a_refusal_lists_it() {
    for door in DOORS {
        let ops = json!([{ "op": "read", "path": "secret.txt" }, { "op": "read", "path": "data/a.csv" }]);
        let result = data("Read(data/**)").guest(door).run(json!({ "ops": ops })).unwrap();
        assert_eq!(result.output[0]["error"], "PermissionDenied");
        let targets: Vec<_> = result.audit.refusals.iter().map(|refusal| refusal.target.as_str()).collect();
        assert_eq!(targets, ["secret.txt"], "{door}");
        assert!(result.audit.uses.iter().any(|used| used.target == "data/a.csv"), "{door}");
    }
}

#[test]
fn operations_of_the_standard_library_keep_to_the_grant() {
    let stage = data("Read, Edit(out/**)").dir("out").guest("files_std").ready();
    let op = |op: Value| outcome(&stage.op(op));
    assert_eq!(op(json!({ "op": "create-new", "path": "out/a", "text": "12345" })), Value::Null);
    assert_eq!(op(json!({ "op": "create-new", "path": "out/a" })), "AlreadyExists");
    assert_eq!(op(json!({ "op": "set-len", "path": "out/a", "number": 3 })), Value::Null);
    assert_eq!(stage.read("out/a").unwrap(), "123");
    assert_eq!(op(json!({ "op": "read-write", "path": "out/a", "text": "ab" })), Value::Null);
    assert_eq!(stage.read("out/a").unwrap(), "ab3");
    assert_eq!(op(json!({ "op": "set-times", "path": "out/a", "number": 86_400 })), Value::Null);
    let modified = stage.workspace.join("out/a").metadata().unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 86_400);
    assert_eq!(op(json!({ "op": "remove-all", "path": "out/a" })), "NotADirectory");
    for op_refused in [
        json!({ "op": "create-new", "path": "new" }),
        json!({ "op": "set-len", "path": "secret.txt", "number": 0 }),
        json!({ "op": "read-write", "path": "secret.txt", "text": "x" }),
        json!({ "op": "set-times", "path": "secret.txt", "number": 1 }),
        json!({ "op": "set-times-read-only", "path": "secret.txt", "number": 1 }),
        json!({ "op": "remove-all", "path": "data" }),
    ] {
        assert_eq!(op(op_refused.clone()), refused(), "{op_refused}");
    }
    assert_eq!(stage.read("secret.txt").unwrap(), "secret");
}

#[test]
fn files_and_directories_are_told_apart() {
    let all = || data("Edit");
    assert_eq!(both(all, &json!({ "op": "list", "path": "secret.txt" })), "NotADirectory");
    assert_eq!(both(all, &json!({ "op": "read", "path": "data" })), "IsADirectory");
    assert_eq!(both(all, &json!({ "op": "write", "path": "data", "text": "x" })), "IsADirectory");
    assert_eq!(both(all, &json!({ "op": "rmdir", "path": "data" })), "DirectoryNotEmpty");
    assert_eq!(both(all, &json!({ "op": "mkdir", "path": "data" })), "AlreadyExists");
    assert_eq!(both(all, &json!({ "op": "mkdir", "path": "data/none/deep" })), "NotFound");
    // Programs make the folder of each file that they write: where it is there, that uses no right.
    for (tools, path) in [("Edit", "."), ("Edit", "/workspace"), ("Edit(data/**)", "data"), ("Read", "data")]
    {
        assert_eq!(
            both(|| data(tools), &json!({ "op": "mkdir", "path": path })),
            "AlreadyExists",
            "{tools} {path}"
        );
        let stage = data(tools).guest("files_std").ready();
        let _ = stage.op(json!({ "op": "mkdir", "path": path }));
        assert!(stage.last().refusals.is_empty(), "{tools} {path}: {:?}", stage.last().refusals);
    }
    for (tools, path) in [("Read(other/**)", "data"), ("Read", "new"), ("Edit", "/elsewhere/x")] {
        assert_eq!(
            both(|| data(tools), &json!({ "op": "mkdir", "path": path })),
            refused(),
            "{tools} {path}"
        );
    }
    assert_eq!(both(all, &json!({ "op": "read", "path": "secret.txt/x" })), "NotADirectory");
}

#[test]
fn many_open_files_are_bounded_and_the_next_call_works() {
    let stage = data("Read").guest("files_std").limits(Limits { handles: 32, ..Limits::default() }).ready();
    let hold =
        |number: u64| stage.run(json!({ "ops": [{ "op": "hold", "path": "secret.txt", "number": number }] }));
    assert_eq!(hold(8).unwrap().output[0]["ok"], 8);
    let error = hold(64).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert_eq!(hold(8).unwrap().output[0]["ok"], 8);
}

#[test]
fn a_name_that_is_no_text_is_not_listed_and_hides_nothing() {
    use std::os::unix::ffi::OsStrExt;
    for door in DOORS {
        let scenario = data("Read").guest(door);
        let name = std::ffi::OsStr::from_bytes(b"bad\xffname");
        std::fs::write(scenario.workspace_folder().join("data").join(name), "x").unwrap();
        let answer = scenario.ready().op(json!({ "op": "list", "path": "data" }));
        assert_eq!(outcome(&answer), json!(["a.csv", "deep"]), "{door}");
    }
}

#[test]
fn a_pipe_is_refused_and_nobody_waits_for_it() {
    for op in ["read", "write", "append"] {
        let [one, other] = DOORS.map(|door| {
            let scenario = data("Edit").guest(door);
            make_pipe(&scenario.workspace_folder().join("pipe"));
            let stage: Stage = scenario.ready();
            let answer = outcome(&stage.op(json!({ "op": op, "path": "pipe", "text": "x" })));
            assert_eq!(stage.last().refusals.len(), 1, "{door} {op}");
            answer
        });
        assert_eq!((one, other), (refused(), refused()), "{op}");
    }
}

#[test]
fn the_words_of_a_refusal_do_not_tell_what_exists() {
    for door in DOORS {
        let stage = data("Read(open/**)").guest(door).dir("open").ready();
        for op in ["read", "write", "stat", "list", "mkdir", "remove"] {
            // `data` is there and `none` is not; both names stand for themselves in the words.
            let [there, missing] = ["data", "none"].map(|name| {
                let answer = stage.op(json!({ "op": op, "path": format!("{name}/x"), "text": "" }));
                answer.to_string().replace(name, "NAME")
            });
            assert!(there.contains("PermissionDenied"), "{door} {op}: {there}");
            assert_eq!(there, missing, "{door} {op}");
        }
        // The record has the real reason.
        let _ = stage.op(json!({ "op": "read", "path": "none/x" }));
        assert!(stage.last().refusals[0].reason.contains("outside"), "{door}");
    }
}

#[test]
fn a_file_that_is_not_made_does_not_count() {
    for door in DOORS {
        let limits = Limits { created_files: 1, ..Limits::default() };
        let stage = data("Edit").guest(door).limits(limits).ready();
        let write = |path: &str| json!({ "op": "write", "path": path, "text": "x" });
        let ops = [
            write("secret.txt"),
            write("secret.txt"),
            write("none/x"),
            write("new"),
            write("new"),
            write("newer"),
        ];
        let output = stage.run(json!({ "ops": ops })).unwrap().output;
        let saw: Vec<_> = output.as_array().unwrap().iter().map(crate::attacks::class).collect();
        assert_eq!(saw, ["ok", "ok", "refused", "ok", "ok", "quota"], "{door}");
    }
}

#[test]
fn a_pipe_is_not_even_opened() {
    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
    for door in DOORS {
        let scenario = data("Edit").guest(door);
        let folder = scenario.workspace_folder();
        make_pipe(&folder.join("pipe"));
        let stage: Stage = scenario.ready();
        let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        for name in ["pipe", "secret.txt"] {
            inotify::add_watch(&events, folder.join(name), WatchFlags::OPEN).unwrap();
        }
        let opened = || {
            let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 1_024];
            let mut reader = inotify::Reader::new(&events, &mut buffer);
            std::iter::from_fn(|| reader.next().ok().map(|event| event.events().contains(ReadFlags::OPEN)))
                .count()
        };
        for op in ["read", "write", "append", "stat"] {
            let _ = stage.op(json!({ "op": op, "path": "pipe", "text": "x" }));
        }
        assert_eq!(opened(), 0, "{door}");
        let _ = stage.op(json!({ "op": "read", "path": "secret.txt" }));
        assert_eq!(opened(), 1, "{door}: what is opened is seen");
    }
}

fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}
