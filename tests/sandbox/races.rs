//! Someone else swaps files and folders for links while a guest works with them. Nothing outside of the grant is read
//! or changed, and a naive check in the same run shows that the swapping would have made it possible.
//!
//! `OPENSKILLS_RACE_SECONDS` is how long it goes on through each door; two by default.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use openskills_tests::{Scenario, Stage};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};

use crate::attacks::class;

const SECRET: &str = "SECRET";

fn seconds() -> Duration {
    let asked = std::env::var("OPENSKILLS_RACE_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(2))
}

fn stage(door: &str) -> Stage {
    let scenario = Scenario::new();
    let guarded = scenario.workspace_folder().join("guarded");
    scenario
        .allowed_tools("Edit(open/**)")
        .guest(door)
        .file("open/file", "open")
        .file("open/folder/s.txt", "open")
        .file("open/folder/sub/t.txt", "open")
        .file("open/plain/s.txt", "open")
        .file("open/other", "open")
        .file("guarded", "GUARDED")
        .file("shut/s.txt", SECRET)
        .file(".git/s.txt", SECRET)
        .file(".git/config", "[core]")
        .file("naive/file", "open")
        .file("naive/folder/s.txt", "open")
        .outside("outside/s.txt", SECRET)
        .outside("outside/sub/t.txt", SECRET)
        .link("open/file-link", "../shut/s.txt")
        .link("open/folder-link", "../../outside")
        .link("open/git", "../.git")
        .link("naive/file-link", "../shut/s.txt")
        .link("naive/folder-link", "../../outside")
        .with(|builder| builder.protect(guarded))
        .ready()
}

/// What changes places, again and again: a name that may be used, and a link that leads out.
const SWAPPED: [(&str, &str); 6] = [
    // The one on the right is protected by what it is, and so it is under either name.
    ("open/other", "guarded"),
    ("open/file", "open/file-link"),
    ("open/folder", "open/folder-link"),
    ("open/plain", "open/git"),
    ("naive/file", "naive/file-link"),
    ("naive/folder", "naive/folder-link"),
];

/// Each path and content of what must stay as it is.
fn treasures(stage: &Stage) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut places =
        vec![stage.outside("outside"), stage.workspace.join("shut"), stage.workspace.join(".git")];
    while let Some(place) = places.pop() {
        if place.is_dir() {
            places.extend(fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
            found.insert(place, String::new());
        } else {
            found.insert(place.clone(), fs::read_to_string(place).unwrap());
        }
    }
    found
}

/// One of everything on each of the swapped names, and what puts back what was removed.
fn operations() -> Vec<Value> {
    let files =
        ["open/file", "open/file-link", "open/folder/s.txt", "open/folder-link/s.txt", "open/git/s.txt"];
    let folders = ["open/folder", "open/folder-link", "open/plain", "open/git"];
    let files: Vec<_> = files.into_iter().chain(["open/other"]).collect();
    let mut ops = Vec::new();
    let mut op = |name: &str, path: &str| ops.push(json!({ "op": name, "path": path, "text": "evil" }));
    for _ in 0..4 {
        for &path in &files {
            for name in ["read", "stat", "write", "append", "read"] {
                op(name, path);
            }
        }
        for folder in folders {
            op("list", folder);
            op("mkdir", &format!("{folder}/made"));
            op("write", &format!("{folder}/new"));
            op("remove", &format!("{folder}/new"));
            op("remove", &format!("{folder}/config"));
            op("rmdir", &format!("{folder}/made"));
            op("read", &format!("{folder}/sub/t.txt"));
        }
    }
    for folder in folders {
        let (from, to) = (format!("{folder}/s.txt"), format!("{folder}/r.txt"));
        ops.push(json!({ "op": "rename", "path": from, "to": to }));
        ops.push(json!({ "op": "rename", "path": to, "to": from }));
        ops.push(json!({ "op": "rename", "path": format!("{folder}/sub"), "to": "open/moved" }));
        ops.push(json!({ "op": "rename", "path": "open/moved", "to": format!("{folder}/sub") }));
    }
    ops
}

/// Checks, and then acts on the same path: what a program would do that trusts the time between.
fn naive(workspace: &Path, path: &str) -> bool {
    let path = workspace.join(path);
    let fine = path.canonicalize().is_ok_and(|real| real.starts_with(workspace.join("naive")));
    fine && fs::read_to_string(path).is_ok_and(|text| text == SECRET)
}

fn race(door: &str) {
    let stage = stage(door);
    let workspace = stage.workspace.canonicalize().unwrap();
    let before = treasures(&stage);
    let (over, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut operations_done, mut leaks, mut naive_tries, mut naive_leaks) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for (one, other) in SWAPPED {
                    let (one, other) = (workspace.join(one), workspace.join(other));
                    // The guest may have renamed one of them away for a moment.
                    let swapped = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
                    swaps.fetch_add(u64::from(swapped.is_ok()), Ordering::Relaxed);
                }
            }
        });
        let begun = Instant::now();
        let ops = operations();
        // On a busy machine the naive way needs longer to leak; it must, or nothing was shown.
        while begun.elapsed() < seconds() || (naive_leaks == 0 && begun.elapsed() < Duration::from_secs(60)) {
            // Nothing is asserted here: the other thread goes on until it is told.
            let Ok(result) = stage.run(json!({ "ops": ops })) else { break };
            for answer in result.output.as_array().into_iter().flatten() {
                operations_done += 1;
                leaks += u64::from(answer.to_string().contains(SECRET));
                *classes.entry(class(answer)).or_default() += 1;
            }
            for _ in 0..300 {
                for path in ["naive/file", "naive/folder/s.txt"] {
                    naive_tries += 1;
                    naive_leaks += u64::from(naive(&workspace, path));
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    println!(
        "{door}: {} swaps, {operations_done} operations {classes:?}, {leaks} leaks; \
         the naive way: {naive_tries} tries, {naive_leaks} leaks",
        swaps.load(Ordering::Relaxed)
    );
    assert_eq!(leaks, 0, "{door}");
    let guarded = ["open/other", "guarded"].map(|name| fs::read_to_string(workspace.join(name)).unwrap());
    assert!(guarded.contains(&"GUARDED".to_owned()), "{door}: {guarded:?}");
    assert_eq!(treasures(&stage), before, "{door}: something outside of the grant was changed");
    assert!(naive_leaks > 0, "the swapping showed nothing");
    assert!(classes["ok"] > 0, "{door}: what is allowed works");
}

#[test]
fn nothing_outside_is_reached_through_the_sdk() {
    race("files_sdk");
}

#[test]
fn nothing_outside_is_reached_through_the_standard_library() {
    race("files_std");
}
