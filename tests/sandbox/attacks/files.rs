//! Attacks on files.

use std::os::unix::net::UnixListener;

use openskills_runtime::Limits;
use openskills_tests::Scenario;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

use super::{Attack, Door};

const BOTH: &[Door] = &[Door::Std, Door::Sdk];
const LIBRARIES: &[Door] = &[Door::Std, Door::Sdk, Door::C, Door::Python];
const NATIVE: &[Door] = &[Door::Std, Door::C, Door::Python];
const WASI: &[Door] = &[Door::Wasi];

/// One operation on each of these paths.
fn on(op: &str, paths: &[&str]) -> Vec<Value> {
    paths.iter().map(|path| json!({ "op": op, "path": path, "text": "evil" })).collect()
}

/// Each of these operations on each of these paths.
fn all(ops: &[&str], paths: &[&str]) -> Vec<Value> {
    ops.iter().flat_map(|op| on(op, paths)).collect()
}

fn rename(pairs: &[(&str, &str)]) -> Vec<Value> {
    pairs.iter().map(|(path, to)| json!({ "op": "rename", "path": path, "to": to })).collect()
}

fn limited(scenario: Scenario, limits: Limits) -> Scenario {
    scenario.limits(limits)
}

const CHANGES: &[&str] = &["write", "append", "mkdir", "remove", "rmdir"];

pub(super) static ATTACKS: &[Attack] = &[
    // Ways out.
    Attack {
        name: "climbing with ..",
        doors: LIBRARIES,
        ops: || {
            let paths = ["../outside/o.txt", "open/../../outside/o.txt", "/workspace/../../outside/o.txt"];
            all(&["read", "write", "stat", "mkdir", "remove"], &paths)
        },
        record: &["outside/o.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "climbing, other spellings",
        doors: BOTH,
        ops: || {
            let paths =
                ["open/./.././../outside/o.txt", "open//..//..//outside//o.txt", "/tmp/../../etc/passwd"];
            all(&["read", "append", "list"], &paths)
        },
        record: &["outside"],
        ..Attack::NEW
    },
    Attack {
        name: "climbing, from an open directory",
        doors: WASI,
        ops: || {
            vec![
                json!({ "op": "open", "path": "workspace/open/deep", "flags": ["directory"], "keep": "deep" }),
                json!({ "op": "open", "on": "deep", "path": "../../../outside/o.txt" }),
                json!({ "op": "open", "on": "deep", "path": "../../shut/s.txt" }),
                json!({ "op": "mkdir", "on": "deep", "path": "../../../x" }),
                json!({ "op": "rename", "on": "deep", "path": "b.txt", "to_on": "deep", "to": "../../../b" }),
                json!({ "op": "open", "on": "deep", "path": "..", "flags": ["directory"], "keep": "up" }),
                json!({ "op": "open", "on": "up", "path": "../shut/s.txt" }),
            ]
        },
        saw: &["ok", "refused", "refused", "refused", "refused", "ok", "refused"],
        record: &["outside/o.txt", "shut/s.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "absolute paths of the machine",
        doors: LIBRARIES,
        tools: "Edit",
        ops: || {
            let paths =
                ["/etc/passwd", "/etc/shadow", "/root/.ssh/id_ed25519", "//etc/passwd", "/home/../etc/hosts"];
            all(&["read", "write", "stat"], &paths)
        },
        record: &["etc/passwd"],
        ..Attack::NEW
    },
    Attack {
        name: "absolute paths below an open directory",
        doors: WASI,
        tools: "Edit",
        ops: || {
            vec![
                json!({ "op": "open", "path": "/etc/passwd" }),
                json!({ "op": "open", "path": "workspace/open", "flags": ["directory"], "keep": "open" }),
                json!({ "op": "open", "on": "open", "path": "/etc/passwd" }),
                json!({ "op": "stat-at", "on": "open", "path": "//etc/passwd" }),
            ]
        },
        saw: &["refused", "ok", "refused", "refused"],
        record: &["etc/passwd"],
        ..Attack::NEW
    },
    Attack {
        name: "/proc and /sys",
        doors: LIBRARIES,
        tools: "Edit",
        ops: || {
            all(
                &["read", "stat"],
                &["/proc/self/environ", "/proc/self/mem", "/sys/kernel/notes", "/proc/1/root"],
            )
        },
        record: &["proc/self/environ"],
        ..Attack::NEW
    },
    Attack {
        name: "/dev",
        doors: LIBRARIES,
        tools: "Edit",
        ops: || all(&["read", "write"], &["/dev/zero", "/dev/stdin", "/dev/fd/3", "/dev/tty"]),
        record: &["dev/zero"],
        ..Attack::NEW
    },
    Attack {
        name: "a link in the workspace to /proc",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| scene.link("proc", "/proc/self").link("fds", "/proc/self/fd"),
        ops: || all(&["read", "write"], &["proc/environ", "fds/0", "proc/cwd/x", "proc/root/etc/passwd"]),
        record: &["proc"],
        ..Attack::NEW
    },
    // Names.
    Attack {
        name: "names with a NUL",
        doors: &[Door::Wasi, Door::Sdk],
        ops: || {
            vec![
                json!({ "op": "stat-at", "path": "workspace/open/a.txt\0.png" }),
                json!({ "op": "mkdir", "path": "a\0" }),
            ]
        },
        saw: &["invalid|Unsupported", "invalid"],
        ..Attack::NEW
    },
    Attack {
        name: "names with a backslash",
        doors: LIBRARIES,
        ops: || {
            on(
                "read",
                &[
                    "..\\outside\\o.txt",
                    "open\\..\\..\\outside\\o.txt",
                    "C:\\Windows\\win.ini",
                    "\\\\host\\share",
                ],
            )
        },
        ..Attack::NEW
    },
    Attack {
        name: "names that are too long",
        doors: BOTH,
        ops: || {
            let long = format!("open/{}", "x".repeat(300));
            let deep = format!("open/{}", "d/".repeat(200));
            let huge = format!("open/{}", "e/".repeat(9_000));
            [all(&["write", "mkdir", "stat"], &[&long]), all(&["read", "stat"], &[&deep, &huge])].concat()
        },
        saw: &["too long"],
        ..Attack::NEW
    },
    Attack {
        name: "names that are no text",
        doors: &[Door::C],
        ops: || on("raw-read", &["open/%ff%fe", "open/%c0%ae%c0%ae/x"]),
        caller: "ExecutionFailure",
        ..Attack::NEW
    },
    Attack {
        name: "percent and dots that other systems decode",
        doors: BOTH,
        ops: || {
            on(
                "read",
                &["%2e%2e/outside/o.txt", "open/%2e%2e/%2e%2e/outside/o.txt", "open/..%2f..%2fx", "open/..."],
            )
        },
        saw: &["refused|missing"],
        ..Attack::NEW
    },
    Attack {
        name: "an empty name, dots alone",
        doors: WASI,
        ops: || {
            vec![
                json!({ "op": "open", "path": "" }),
                json!({ "op": "unlink", "path": "." }),
                json!({ "op": "rmdir", "path": "workspace" }),
                json!({ "op": "rename", "path": "workspace", "to": "elsewhere" }),
                json!({ "op": "open", "path": ".." }),
            ]
        },
        saw: &["invalid", "refused", "refused", "refused", "refused"],
        ..Attack::NEW
    },
    Attack {
        name: "the same name in another case",
        doors: BOTH,
        tools: "Edit(open/**)",
        ops: || all(&["read", "write"], &["OPEN/a.txt", "Open/A.TXT", "ſhut/s.txt", "SHUT/s.txt"]),
        ..Attack::NEW
    },
    Attack {
        name: "a denied name in another case",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| scene.file("Keys/K.pem", "SECRET-OUTSIDE").deny("Read(keys/**)"),
        ops: || all(&["read", "write", "stat", "list"], &["Keys/K.pem", "KEYS/x", "keys/x", "open/kEyS/x"]),
        record: &["Keys/K.pem"],
        ..Attack::NEW
    },
    // Links.
    Attack {
        name: "a link to a file outside",
        doors: LIBRARIES,
        ops: || all(&["read", "write", "append", "stat"], &["open/up", "open/absolute", "open/passwd"]),
        record: &["open/up"],
        ..Attack::NEW
    },
    Attack {
        name: "a link to a directory outside",
        doors: LIBRARIES,
        ops: || {
            [
                all(&["read", "write"], &["open/out/o.txt", "open/out/new"]),
                on("list", &["open/out"]),
                on("mkdir", &["open/out/d"]),
            ]
            .concat()
        },
        record: &["open/out"],
        ..Attack::NEW
    },
    Attack {
        name: "a chain of links out of the grant",
        doors: BOTH,
        ops: || all(&["read", "write", "stat"], &["open/chain", "open/chain2", "open/shut/s.txt"]),
        record: &["shut/s.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "a loop of links",
        doors: BOTH,
        ops: || all(&["read", "write", "stat"], &["open/loop", "open/loop/x"]),
        saw: &["loop"],
        ..Attack::NEW
    },
    Attack {
        name: "a link that goes through ..",
        doors: BOTH,
        ops: || all(&["read", "write"], &["open/through"]),
        record: &["shut/s.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "not following, to act on what a link leads to",
        doors: WASI,
        ops: || {
            vec![
                json!({ "op": "open", "path": "workspace/open/up" }),
                json!({ "op": "open", "path": "workspace/open/up", "flags": ["write", "truncate"] }),
                json!({ "op": "open", "path": "workspace/open/out/", "flags": ["directory"] }),
                json!({ "op": "open", "path": "workspace/open/out/." }),
                json!({ "op": "set-times-at", "path": "workspace/open/up", "number": 1, "follow": true }),
            ]
        },
        saw: &["loop", "loop", "refused", "refused", "refused"],
        ..Attack::NEW
    },
    Attack {
        name: "what the text of a link tells",
        doors: NATIVE,
        ops: || on("read-link", &["open/absolute", "open/up", "open/passwd", "open/shut.txt", "open/out"]),
        record: &["open/absolute"],
        ..Attack::NEW
    },
    Attack {
        name: "making links",
        doors: NATIVE,
        tools: "Edit",
        ops: || {
            vec![
                json!({ "op": "symlink", "path": "open/l", "to": "../../outside/o.txt" }),
                json!({ "op": "symlink", "path": "open/l", "to": "a.txt" }),
                json!({ "op": "hard-link", "path": "shut/s.txt", "to": "open/h" }),
                json!({ "op": "hard-link", "path": "open/a.txt", "to": "open/h" }),
            ]
        },
        record: &["open/l", "open/h"],
        ..Attack::NEW
    },
    Attack {
        name: "moving a link to where it leads elsewhere",
        doors: BOTH,
        set_up: |scene| scene.dir("open/x/y").link("open/x/y/l", "../../a.txt").file("a.txt", "SECRET-SHUT"),
        ops: || {
            [
                rename(&[("open/x/y/l", "open/l2")]),
                on("read", &["open/l2"]),
                rename(&[("open/l2", "open/x/l3")]),
                on("read", &["open/x/l3"]),
            ]
            .concat()
        },
        saw: &["ok", "refused", "ok", "refused"],
        ..Attack::NEW
    },
    Attack {
        name: "renaming over a link, removing one",
        doors: BOTH,
        ops: || [rename(&[("open/a.txt", "open/up")]), on("remove", &["open/out", "open/absolute"])].concat(),
        saw: &["ok"],
        ..Attack::NEW
    },
    Attack {
        name: "times through a link, by an open descriptor",
        doors: WASI,
        tools: "Read, Edit(open/**)",
        ops: || {
            vec![
                json!({ "op": "open", "path": "workspace/open/shut.txt", "follow": true, "keep": "f" }),
                json!({ "op": "set-times", "on": "f", "number": 1 }),
                json!({ "op": "set-size", "on": "f", "number": 0 }),
                json!({ "op": "write", "on": "f", "text": "evil" }),
                json!({ "op": "write-stream", "on": "f", "text": "evil" }),
            ]
        },
        saw: &["ok", "refused", "refused", "not permitted", "not permitted"],
        record: &["shut/s.txt"],
        ..Attack::NEW
    },
    // Protected places.
    Attack {
        name: "version control, agents and editors",
        doors: LIBRARIES,
        tools: "Edit",
        ops: || {
            let paths = [
                ".git/config",
                ".git/hooks/pre-commit",
                ".claude/settings.json",
                ".vscode/tasks.json",
                "CLAUDE.md",
                ".envrc",
            ];
            all(&["write", "append", "mkdir", "remove"], &paths)
        },
        record: &[".git/hooks/pre-commit", "CLAUDE.md"],
        ..Attack::NEW
    },
    Attack {
        name: "protected names in another case or form",
        doors: BOTH,
        tools: "Edit",
        ops: || {
            all(
                &["write", "mkdir"],
                &[
                    ".GIT/config",
                    ".Claude/x",
                    "claude.MD",
                    "open/Agents.md",
                    ".ɢit/../.gIt/x",
                    ".cla\u{75}de/x",
                ],
            )
        },
        record: &[".GIT/config"],
        ..Attack::NEW
    },
    Attack {
        name: "a protected place by way of a link",
        doors: BOTH,
        tools: "Edit",
        ops: || {
            [on("write", &["open/git/config", "open/git/hooks/x"]), on("mkdir", &["open/git/hooks"])].concat()
        },
        record: &[".git/config"],
        ..Attack::NEW
    },
    Attack {
        name: "a protected place by way of another mount",
        doors: BOTH,
        tools: "Edit, Edit(again/**)",
        set_up: |scene| {
            let host = scene.workspace_folder();
            scene.with(|builder| {
                builder.mount(openskills_runtime::MountPoint { host, guest: "again".into(), writable: true })
            })
        },
        ops: || {
            all(
                &["write", "append", "remove"],
                &["/again/audit.jsonl", "/again/policy.yaml", "/again/other/notes.txt"],
            )
        },
        record: &["again/audit.jsonl"],
        ..Attack::NEW
    },
    Attack {
        name: "making a skill",
        doors: LIBRARIES,
        tools: "Edit",
        ops: || {
            [
                on("write", &["SKILL.md", "open/SKILL.md", "open/skill.md", "open/Skill.MD"]),
                on("mkdir", &["open/SKILL.md"]),
                rename(&[("open/a.txt", "open/SKILL.md")]),
            ]
            .concat()
        },
        record: &["open/SKILL.md"],
        ..Attack::NEW
    },
    Attack {
        name: "making a skill in /tmp and moving it in",
        doors: NATIVE,
        tools: "Edit",
        ops: || {
            [
                on("mkdir", &["/tmp/s"]),
                on("write", &["/tmp/s/SKILL.md"]),
                rename(&[("/tmp/s/SKILL.md", "open/SKILL.md"), ("/tmp/s", "open/s")]),
            ]
            .concat()
        },
        saw: &["ok", "ok", "refused", "refused"],
        record: &["open/s/SKILL.md"],
        ..Attack::NEW
    },
    Attack {
        name: "changing another skill",
        doors: BOTH,
        tools: "Edit",
        ops: || {
            [
                all(CHANGES, &["other/notes.txt", "other/wasm"]),
                rename(&[("other", "open/o"), ("open/a.txt", "other/x")]),
            ]
            .concat()
        },
        record: &["other/notes.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "every change to /skill",
        doors: LIBRARIES,
        tools: "Edit",
        ops: || {
            let paths = ["/skill/SKILL.md", "/skill/wasm/skill.wasm", "/skill/new", "skill/wasm"];
            [
                all(CHANGES, &paths),
                rename(&[("/skill/SKILL.md", "/skill/x"), ("open/a.txt", "/skill/wasm/skill.wasm")]),
            ]
            .concat()
        },
        record: &["/skill/SKILL.md", "/skill/wasm/skill.wasm"],
        ..Attack::NEW
    },
    Attack {
        name: "every change to /skill, by descriptors",
        doors: WASI,
        tools: "Edit",
        ops: || {
            vec![
                json!({ "op": "open", "path": "skill/SKILL.md", "flags": ["read"], "keep": "f" }),
                json!({ "op": "write", "on": "f", "text": "evil" }),
                json!({ "op": "append-stream", "on": "f", "text": "evil" }),
                json!({ "op": "set-size", "on": "f", "number": 0 }),
                json!({ "op": "set-times", "on": "f", "number": 1 }),
                json!({ "op": "open", "path": "skill", "flags": ["directory", "mutate"], "keep": "d" }),
                json!({ "op": "open", "on": "d", "path": "SKILL.md", "flags": ["read", "truncate"] }),
                json!({ "op": "set-times", "on": "d", "number": 1 }),
                json!({ "op": "set-times-at", "on": "d", "path": "SKILL.md", "number": 1 }),
            ]
        },
        saw: &[
            "ok",
            "not permitted",
            "not permitted",
            "refused",
            "refused",
            "ok",
            "refused",
            "refused",
            "refused",
        ],
        record: &["/skill/SKILL.md"],
        ..Attack::NEW
    },
    Attack {
        name: "the policy, the record and the cache",
        doors: BOTH,
        tools: "Edit",
        ops: || {
            [
                all(&["write", "append", "remove"], &["audit.jsonl", "policy.yaml", "cache/compiled/x"]),
                on("mkdir", &["cache"]),
                rename(&[("open/a.txt", "policy.yaml"), ("audit.jsonl", "open/x"), ("open", "cache")]),
            ]
            .concat()
        },
        record: &["audit.jsonl", "policy.yaml", "cache"],
        ..Attack::NEW
    },
    // Moving things out of their rules.
    Attack {
        name: "renaming a directory with protected content",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| scene.file("open/p/.git/config", "x").file("open/q/deep/er/CLAUDE.md", "x"),
        ops: || rename(&[("open/p", "open/r"), ("open/q", "/tmp/q"), ("open/q/deep", "open/deeper")]),
        record: &["open/p/.git"],
        ..Attack::NEW
    },
    Attack {
        name: "renaming over a protected directory",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| scene.dir("open/empty").dir(".claude").dir(".husky"),
        ops: || {
            rename(&[
                ("open/empty", ".claude"),
                ("open/empty", ".husky"),
                ("open/empty", "other"),
                ("open/a.txt", "CLAUDE.md"),
            ])
        },
        record: &[".claude"],
        ..Attack::NEW
    },
    Attack {
        name: "renaming out of a deny rule",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| {
            scene
                .file("open/box/in/key", "SECRET-OUTSIDE")
                .deny("Read(key)")
                .deny("Read(vault/)")
                .dir("open/vault")
        },
        ops: || {
            [
                rename(&[
                    ("open/box/in/key", "open/free"),
                    ("open/box", "open/free"),
                    ("open/box/in", "/tmp/in"),
                ]),
                rename(&[("open/vault", "open/free"), ("/workspace/open/vault", "/tmp/v")]),
            ]
            .concat()
        },
        record: &["open/box/in/key", "open/vault"],
        ..Attack::NEW
    },
    Attack {
        name: "renaming out of and into what is not granted",
        doors: LIBRARIES,
        ops: || {
            rename(&[
                ("shut/s.txt", "open/s"),
                ("open/a.txt", "shut/a"),
                ("shut", "open/x"),
                ("open/deep", "shut/deep"),
                ("open", "open2"),
            ])
        },
        record: &["shut/s.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "a descriptor kept over a rename",
        doors: WASI,
        ops: || {
            vec![
                json!({ "op": "open", "path": "workspace/open/deep", "flags": ["directory"], "keep": "d" }),
                json!({ "op": "rename", "path": "open/deep", "to": "/workspace/open/moved" }),
                json!({ "op": "open", "on": "d", "path": "b.txt", "keep": "b" }),
                json!({ "op": "open", "on": "d", "path": "../../shut/s.txt" }),
                json!({ "op": "mkdir", "path": "workspace/open/deep" }),
                json!({ "op": "list", "on": "d" }),
            ]
        },
        saw: &["ok", "ok", "ok", "refused", "ok", "ok"],
        ..Attack::NEW
    },
    Attack {
        name: "writing to what was removed or replaced",
        doors: WASI,
        ops: || {
            vec![
                json!({ "op": "open", "path": "workspace/open/a.txt", "flags": ["read", "write"], "keep": "a" }),
                json!({ "op": "unlink", "path": "workspace/open/a.txt" }),
                json!({ "op": "write", "on": "a", "text": "evil" }),
                json!({ "op": "open", "path": "workspace/open/a.txt" }),
                json!({ "op": "open", "path": "workspace/open/deep/b.txt", "flags": ["read"], "keep": "b" }),
                json!({ "op": "unlink", "path": "workspace/open/deep/b.txt" }),
                json!({ "op": "open", "path": "workspace/open/deep/b.txt", "flags": ["write", "create"], "keep": "n" }),
                json!({ "op": "set-times", "on": "b", "number": 1 }),
            ]
        },
        saw: &["ok", "ok", "ok", "missing", "ok", "ok", "ok", "refused"],
        ..Attack::NEW
    },
    // Reading only.
    Attack {
        name: "every change with a right to read",
        doors: LIBRARIES,
        tools: "Read",
        ops: || [all(CHANGES, &["open/a.txt", "open/new"]), rename(&[("open/a.txt", "open/b")])].concat(),
        record: &["open/a.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "truncating by opening",
        doors: WASI,
        tools: "Read",
        ops: || {
            vec![
                json!({ "op": "open", "path": "shut/s.txt", "flags": ["read", "truncate"] }),
                json!({ "op": "open", "path": "shut/s.txt", "flags": ["truncate"] }),
                json!({ "op": "open", "path": "shut/s.txt", "flags": ["write", "truncate", "create"] }),
                json!({ "op": "open", "path": "shut/new", "flags": ["create", "exclusive"] }),
            ]
        },
        record: &["shut/s.txt"],
        ..Attack::NEW
    },
    Attack {
        name: "writing by a descriptor for reading",
        doors: WASI,
        tools: "Edit(open/**)",
        ops: || {
            let open =
                json!({ "op": "open", "path": "workspace/open/a.txt", "flags": ["read"], "keep": "a" });
            let mut ops = vec![open];
            for op in ["write", "write-stream", "append-stream", "poll-stream", "zero-stream", "set-size"] {
                ops.push(json!({ "op": op, "on": "a", "text": "evil", "number": 1 }));
            }
            ops
        },
        saw: &[
            "ok",
            "not permitted",
            "not permitted",
            "not permitted",
            "not permitted",
            "not permitted",
            "not permitted",
        ],
        ..Attack::NEW
    },
    // What can be found out.
    Attack {
        name: "which names exist, by stat and by hash",
        doors: WASI,
        tools: "Read(open/**)",
        ops: || {
            let paths = ["shut", "shut/s.txt", "shut/none", "none", "none/x", "CLAUDE.md", "NONE.md"];
            ["stat-at", "hash-at", "open", "readlink", "unlink", "mkdir"]
                .iter()
                .flat_map(|op| on_wasi(op, &paths))
                .collect()
        },
        record: &["shut/s.txt", "shut/none"],
        ..Attack::NEW
    },
    Attack {
        name: "which names exist, by the library",
        doors: &[Door::Std, Door::Sdk, Door::C],
        tools: "Read(open/**)",
        ops: || all(&["exists", "stat", "list"], &["shut", "shut/none", "none", "none/x", "CLAUDE.md"]),
        record: &["shut/none", "none"],
        ..Attack::NEW
    },
    Attack {
        name: "which names exist, by what a link leads to",
        doors: BOTH,
        set_up: |scene| {
            scene.link("open/l1", "../shut/s.txt").link("open/l2", "../shut/none").link("open/l3", "../none")
        },
        ops: || all(&["read", "stat", "write"], &["open/l1", "open/l2", "open/l3"]),
        ..Attack::NEW
    },
    // Special files.
    Attack {
        name: "pipes",
        doors: LIBRARIES,
        tools: "Edit",
        set_up: |scene| {
            let pipe = scene.workspace_folder().join("open/pipe");
            mknodat(CWD, pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
            scene
        },
        ops: || all(&["read", "write", "append"], &["open/pipe"]),
        record: &["open/pipe"],
        ..Attack::NEW
    },
    Attack {
        name: "sockets",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| {
            drop(UnixListener::bind(scene.workspace_folder().join("open/socket")).unwrap());
            scene
        },
        ops: || all(&["read", "write"], &["open/socket"]),
        record: &["open/socket"],
        ..Attack::NEW
    },
    Attack {
        name: "device nodes, by a mount of /dev",
        doors: BOTH,
        tools: "Edit, Edit(dev/**)",
        set_up: |scene| {
            scene.with(|builder| {
                builder.mount(openskills_runtime::MountPoint {
                    host: "/dev".into(),
                    guest: "dev".into(),
                    writable: true,
                })
            })
        },
        ops: || all(&["read", "write"], &["/dev/null", "/dev/zero", "/dev/random"]),
        record: &["dev/null"],
        ..Attack::NEW
    },
    // Using things up.
    Attack {
        name: "a giant file with a hole",
        doors: WASI,
        tools: "Edit",
        ops: || {
            let mut ops = vec![
                json!({ "op": "open", "path": "big", "flags": ["read", "write", "create"], "keep": "b" }),
            ];
            for op in ["write", "write-stream", "poll-stream"] {
                ops.push(json!({ "op": op, "on": "b", "text": "x", "offset": 1_u64 << 40 }));
            }
            ops.push(json!({ "op": "write", "on": "b", "text": "x", "offset": u64::MAX }));
            ops.push(json!({ "op": "set-size", "on": "b", "number": 1_u64 << 40 }));
            ops
        },
        saw: &["ok", "quota", "quota", "quota", "quota", "quota"],
        ..Attack::NEW
    },
    Attack {
        name: "a giant file with a hole, by the library",
        doors: &[Door::C, Door::Python],
        tools: "Edit",
        ops: || {
            vec![
                json!({ "op": "write", "path": "big", "text": "x" }),
                json!({ "op": "write-at", "path": "big", "text": "x", "number": 1_u64 << 40 }),
                json!({ "op": "set-len", "path": "big", "number": 1_u64 << 40 }),
            ]
        },
        // Some adapters of the first preview know no quota.
        saw: &["ok", "quota|io", "quota"],
        ..Attack::NEW
    },
    Attack {
        name: "more bytes than the quota, over and over",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| limited(scene, Limits { written_bytes: 100, ..Limits::default() }),
        ops: || {
            let write = |op: &str| json!({ "op": op, "path": "f", "text": "x".repeat(60) });
            vec![write("write"), json!({ "op": "remove", "path": "f" }), write("write"), write("append")]
        },
        saw: &["ok", "ok", "quota|io", "quota|io"],
        ..Attack::NEW
    },
    Attack {
        name: "more bytes than the quota in /tmp",
        doors: LIBRARIES,
        tools: "Edit",
        set_up: |scene| limited(scene, Limits { written_bytes: 100, ..Limits::default() }),
        ops: || vec![json!({ "op": "write", "path": "/tmp/f", "text": "x".repeat(101) })],
        saw: &["quota|io"],
        ..Attack::NEW
    },
    Attack {
        name: "more files than the quota",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| limited(scene, Limits { created_files: 2, ..Limits::default() }),
        ops: || {
            [
                // What is there, what cannot be made and what is refused does not count.
                on("write", &["open/a.txt", "open/a.txt", "open/none/x", "CLAUDE.md"]),
                on("mkdir", &["open/deep", "one"]),
                on("write", &["two", "three", "open/a.txt"]),
                on("mkdir", &["four"]),
            ]
            .concat()
        },
        saw: &["ok", "ok", "missing", "refused", "exists", "ok", "ok", "quota", "ok", "quota"],
        ..Attack::NEW
    },
    Attack {
        name: "a tree too deep to walk or remove",
        doors: BOTH,
        tools: "Edit",
        ops: || {
            let deep = |root: &str| format!("/tmp/{root}/{}", vec!["d"; 100].join("/"));
            [
                on("mkdir-all", &[&deep("a"), &deep("b")]),
                rename(&[("/tmp/b", &format!("{}/b", deep("a")))]),
                on("mkdir-all", &[&format!("{}/{}", deep("a"), vec!["e"; 60].join("/"))]),
            ]
            .concat()
        },
        saw: &["ok", "ok", "too long", "too long"],
        ..Attack::NEW
    },
    Attack {
        name: "many open files",
        doors: WASI,
        tools: "Edit",
        set_up: |scene| limited(scene, Limits { handles: 100, ..Limits::default() }),
        ops: || vec![json!({ "op": "open-many", "path": "open/a.txt", "number": 5_000 })],
        caller: "LimitExceeded",
        ..Attack::NEW
    },
    Attack {
        name: "many open listings of a large directory",
        doors: WASI,
        tools: "Edit",
        set_up: |scene| (0..200).fold(scene, |scene, n| scene.file(&format!("large/{n}"), "")),
        ops: || {
            vec![
                json!({ "op": "open", "path": "workspace/large", "flags": ["directory"], "keep": "l" }),
                json!({ "op": "list-many", "on": "l", "number": 500 }),
            ]
        },
        saw: &["ok", "too many"],
        ..Attack::NEW
    },
    Attack {
        name: "what an earlier call left in /tmp",
        doors: LIBRARIES,
        tools: "Edit",
        // Every attempt ends with a further call; this one begins with its own.
        ops: || {
            [
                on("read", &["/tmp/left"]),
                on("write", &["/tmp/left"]),
                on("read", &["/tmp/left"]),
                on("list", &["/tmp/../tmp"]),
            ]
            .concat()
        },
        saw: &["missing", "ok", "ok", "ok"],
        ..Attack::NEW
    },
    Attack {
        name: "a file that is asked about, with nobody to ask",
        doors: BOTH,
        tools: "Edit",
        set_up: |scene| {
            scene
                .file("ask.txt", "SECRET-OUTSIDE")
                .link("open/ask", "../ask.txt")
                .ask("Edit(ask.txt)")
                .ask("Read(ask.txt)")
        },
        ops: || {
            [
                all(&["read", "write", "append", "remove"], &["ask.txt"]),
                all(&["read", "write"], &["open/ask"]),
                rename(&[("ask.txt", "free"), ("open/a.txt", "ask.txt")]),
            ]
            .concat()
        },
        record: &["ask.txt"],
        ..Attack::NEW
    },
];

fn on_wasi(op: &str, paths: &[&str]) -> Vec<Value> {
    paths.iter().map(|path| json!({ "op": op, "path": format!("workspace/{path}") })).collect()
}
