//! Attacks from real guests, in one table: what is tried and through which door, what the guest sees of it, what the
//! caller sees, what the record says. Each is checked, and the table is printed.
//!
//! A family of attacks is a file with a list of them: on files, here below; through the [`network`]; on [`limits`], the
//! environment and the record. `OPENSKILLS_ATTACKS` chooses those on files with that in their name.

mod files;
mod limits;
mod network;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

use table::{Row, Table};

/// The guest that attacks: the same operations in the words of its own library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// `openskills:skill/fs` through the SDK.
    Sdk,
    /// `wasi:filesystem` through Rust's standard library.
    Std,
    /// `wasi:filesystem` itself, with nothing in between.
    Wasi,
    /// `wasi:filesystem` through C's standard library.
    C,
    /// `wasi:filesystem` through Python's.
    Python,
}

impl Door {
    fn guest(self) -> &'static str {
        match self {
            Self::Sdk => "files_sdk",
            Self::Std => "files_std",
            Self::Wasi => "files_wasi",
            Self::C => "files_c",
            Self::Python => "files_python",
        }
    }
}

/// One attack. Whatever else happens: nothing outside of the grant, and nothing protected, is read or changed.
struct Attack {
    /// What it is called.
    name: &'static str,
    doors: &'static [Door],
    /// What the skill asks for, and gets.
    tools: &'static str,
    /// What is put in place before, beside what every attack finds.
    set_up: fn(Scenario) -> Scenario,
    /// What the guest does.
    ops: fn() -> Vec<Value>,
    /// What it sees of each operation; one word for all of them, or one for each.
    saw: &'static [&'static str],
    /// What the caller gets: `an answer`, or the kind of an error.
    caller: &'static str,
    /// Parts of targets that are on record as refused.
    record: &'static [&'static str],
}

impl Attack {
    const NEW: Self = Self {
        name: "",
        doors: &[Door::Std, Door::Sdk],
        tools: "Edit(open/**)",
        set_up: |scenario| scenario,
        ops: Vec::new,
        saw: &["refused"],
        caller: "an answer",
        record: &[],
    };

    /// Tries it through one door. Adds to the table and to the faults.
    fn attempt(&self, door: Door, table: &mut Table, faults: &mut Vec<String>) {
        let stage = (self.set_up)(scene(self.tools)).guest(door.guest()).ready();
        let before = treasures(&stage, self.tools);
        let ops = (self.ops)();
        let mut fault = |what: String| faults.push(format!("{} through {door:?}: {what}", self.name));
        let (caller, saw) = match stage.run(json!({ "ops": ops })) {
            Err(error) => (format!("{:?}", error.kind()), Vec::new()),
            Ok(result) => {
                let text = result.output.to_string();
                for secret in secrets(self.tools).into_iter().filter(|secret| text.contains(secret)) {
                    fault(format!("{secret} was read: {text}"));
                }
                ("an answer".to_owned(), result.output.as_array().unwrap().iter().map(class).collect())
            }
        };
        let refused: Vec<String> = stage.last().refusals.into_iter().map(|refusal| refusal.target).collect();
        if caller != self.caller {
            fault(format!("the caller got {caller}, not {}", self.caller));
        }
        for (n, saw) in saw.iter().enumerate() {
            let expected = if self.saw.len() == 1 { self.saw[0] } else { self.saw[n] };
            if !expected.split('|').any(|one| one == saw) {
                fault(format!("{} gave {saw}, not {expected}", ops[n]));
            }
        }
        for target in self.record.iter().filter(|target| !refused.iter().any(|one| one.contains(**target))) {
            fault(format!("{target} is not on record: {refused:?}"));
        }
        let after = treasures(&stage, self.tools);
        for (path, _) in after.iter().filter(|(path, content)| before.get(*path) != Some(content)) {
            fault(format!("{} was changed", path.display()));
        }
        for path in before.keys().filter(|path| !after.contains_key(*path)) {
            fault(format!("{} was removed", path.display()));
        }
        if stage.run(json!({ "ops": [] })).is_err() {
            fault("the next call failed".to_owned());
        }
        let saw = if saw.is_empty() { "nothing: it was ended".to_owned() } else { summary(&saw) };
        let record = if refused.is_empty() { "no refusal".to_owned() } else { summary(&refused) };
        let tried: Vec<String> = ops.iter().map(said).collect();
        table.add(&Row {
            attack: self.name,
            door: &format!("{door:?}"),
            tried: &summary(&tried),
            guest: &saw,
            caller: &caller,
            record: &record,
        });
    }
}

/// What every attack finds: an open folder, a shut one, protected places, links that lead to them, and a secret
/// beside the workspace.
fn scene(tools: &str) -> Scenario {
    let scenario = Scenario::new()
        .allowed_tools(tools)
        .file("open/a.txt", "open")
        .file("open/deep/b.txt", "open")
        .file("shut/s.txt", "SECRET-SHUT")
        .file(".git/config", "[core]")
        .file("CLAUDE.md", "be kind")
        .file("other/SKILL.md", "---\nname: other\ndescription: o\n---\n")
        .file("other/notes.txt", "notes")
        .file("audit.jsonl", "{}\n")
        .outside("outside/o.txt", "SECRET-OUTSIDE");
    let folder = scenario.workspace_folder();
    let outside = folder.parent().unwrap().join("outside");
    let (audit, policy, cache) =
        (folder.join("audit.jsonl"), folder.join("policy.yaml"), folder.join("cache/compiled"));
    scenario
        .link("open/up", "../../outside/o.txt")
        .link("open/out", "../../outside")
        .link("open/absolute", outside.join("o.txt"))
        .link("open/passwd", "/etc/passwd")
        .link("open/loop", "loop")
        .link("open/shut", "../shut")
        .link("open/shut.txt", "../shut/s.txt")
        .link("open/chain", "chain2")
        .link("open/chain2", "shut/s.txt")
        .link("open/git", "../.git")
        .link("open/through", "deep/../../shut/s.txt")
        .with(|builder| builder.protect(audit).protect(policy).protect(cache))
}

/// All that no attack may change, by path: content of files, targets of links.
fn treasures(stage: &Stage, tools: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut places = vec![stage.outside("outside"), stage.skill.clone()];
    let narrow = tools.contains('(');
    for name in [".git", "CLAUDE.md", "other", "audit.jsonl", "policy.yaml", "cache", "shut"] {
        if name != "shut" || narrow {
            places.push(stage.workspace.join(name));
        }
    }
    while let Some(place) = places.pop() {
        let Ok(kind) = place.symlink_metadata() else { continue };
        if kind.is_dir() {
            places.extend(fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
            found.insert(place, Vec::new());
        } else if kind.is_file() {
            let modified = kind.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
            found.insert(place.clone(), [fs::read(place).unwrap(), modified.to_le_bytes().to_vec()].concat());
        }
    }
    // Nor may there be a new skill anywhere.
    for entry in walk(&stage.workspace) {
        if entry.file_name().is_some_and(|name| name.eq_ignore_ascii_case("skill.md")) {
            found.insert(entry, Vec::new());
        }
    }
    found
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    found
}

fn secrets(tools: &str) -> Vec<&'static str> {
    let mut secrets = vec!["SECRET-OUTSIDE", "root:x:"];
    if tools.contains('(') {
        secrets.push("SECRET-SHUT");
    }
    secrets
}

/// What became of an operation, in one word for all doors.
pub(crate) fn class(answer: &Value) -> String {
    let Some(error) = answer["error"].as_str() else { return "ok".to_owned() };
    let message = answer["message"].as_str().unwrap_or_default();
    let number = message.split_once("os error ").map(|(_, rest)| rest.trim_end_matches([')', ' ', '"']));
    match (error, number) {
        (_, Some("19")) => "quota",
        (_, Some("25" | "28")) => "invalid",
        (_, Some("29")) => "io",
        (_, Some("31")) => "is a directory",
        (_, Some("32")) => "loop",
        (_, Some("33")) => "too many",
        (_, Some("37")) => "too long",
        (_, Some("54")) => "no directory",
        (_, Some("55")) => "not empty",
        (_, Some("63")) => "not permitted",
        (_, Some("75")) => "elsewhere",
        ("PermissionDenied" | "access", _) => "refused",
        ("NotFound" | "no-entry", _) => "missing",
        ("EIO" | "io", _) => "io",
        ("AlreadyExists" | "exist", _) => "exists",
        ("IsADirectory" | "is-directory", _) => "is a directory",
        ("NotADirectory" | "not-directory", _) => "no directory",
        ("DirectoryNotEmpty" | "not-empty", _) => "not empty",
        ("QuotaExceeded" | "quota", _) => "quota",
        ("FilesystemLoop" | "loop", _) => "loop",
        ("NotPermitted" | "not-permitted", _) => "not permitted",
        ("InvalidFilename" | "name-too-long", _) => "too long",
        ("CrossesDevices" | "cross-device", _) => "elsewhere",
        ("TooManyOpenFiles" | "insufficient-memory", _) => "too many",
        _ if message.contains("as much as it may") => "quota",
        _ if message.contains("too long") => "too long",
        _ if message.contains("too many symbolic links") => "loop",
        ("InvalidInput" | "invalid" | "illegal-byte-sequence", _) => "invalid",
        (other, _) => other,
    }
    .to_owned()
}

/// The different ones of them, each once.
fn summary(all: &[String]) -> String {
    let mut different: Vec<&str> = Vec::new();
    for one in all {
        if !different.contains(&one.as_str()) {
            different.push(one);
        }
    }
    let more = different.len().saturating_sub(4);
    different.truncate(4);
    let shown: Vec<String> = different.iter().map(|one| one.chars().take(40).collect()).collect();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// An operation in words: what, and with which paths.
fn said(op: &Value) -> String {
    let words = op.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
    words.map(|word| word.chars().take(40).collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn every(attacks: &[Attack]) {
    let (mut table, mut faults) = (Table::default(), Vec::new());
    let chosen = std::env::var("OPENSKILLS_ATTACKS").unwrap_or_default();
    for attack in attacks.iter().filter(|attack| attack.name.contains(&chosen)) {
        attack.doors.iter().for_each(|&door| attack.attempt(door, &mut table, &mut faults));
    }
    table.print("on files", attacks.len());
    assert!(faults.is_empty(), "not as the table says:\n{}", faults.join("\n"));
}

#[test]
fn no_attack_on_files_gets_through() {
    every(files::ATTACKS);
}
