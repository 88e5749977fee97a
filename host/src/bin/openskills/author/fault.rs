//! What keeps a skill from being built, as its author is told.

use std::io;
use std::path::Path;

use openskills_runtime::World;
use openskills_runtime::capability::Kind;
use openskills_toolchain::ToolchainError;

use crate::exit::{Complaint, Exit};
use crate::printer::plain;

/// What a compiler says, with all entries that the skill would need for what that names. A compiler that stops at the
/// first import is helped out by `sources`, which says what else is imported in the same way.
pub(crate) fn not_built(error: &ToolchainError, world: &World, sources: &str) -> anyhow::Error {
    let text = error.to_string();
    let said = match error {
        ToolchainError::NotStarted { .. } => return of_tools(error).into(),
        ToolchainError::NotCompiled { said, .. } => said,
        _ => &text,
    };
    let complaint = in_lines(failed, &text);
    let missing = [Kind::Files, Kind::Http, Kind::Env].into_iter().filter(|kind| !world.has(*kind));
    let missing: Vec<Kind> = missing.collect();
    let is_one_of_ours = missing.iter().any(|kind| names(said, *kind));
    let entries: Vec<String> = missing
        .into_iter()
        .filter(|kind| names(said, *kind) || is_one_of_ours && names(sources, *kind))
        .map(|kind| format!("`{}`", entry(kind)))
        .collect();
    if entries.is_empty() {
        return match elsewhere(said) {
            Some(hint) => complaint.hint(hint).into(),
            None => complaint.into(),
        };
    }
    complaint
        .hint(format!(
            "what `allowed-tools` does not ask for does not exist for the skill; add to it in SKILL.md: {}",
            entries.join(", ")
        ))
        .into()
}

/// What to do about first mistakes in which the compiler says only what is not there.
fn elsewhere(said: &str) -> Option<&'static str> {
    let known = [
        ("undefined symbol: exports_", "the skill's world has that function: `bindings/skill.h` declares it"),
        (
            "has no attribute 'WitWorld'",
            "the functions of the skill are methods of a class `WitWorld` in app.py",
        ),
        (
            "No module named 'wit_world.",
            "the world in `wit` has no such part: what it includes and imports is there",
        ),
        (
            "\"node:",
            "a skill has no modules of Node: files and web servers are in `openskills:skill/fs` and `http`",
        ),
        ("does not export", "export each function of the world by its name in camelCase"),
    ];
    known.iter().find(|(mark, _)| said.contains(mark)).map(|(_, hint)| *hint)
}

/// A compiler or a package that cannot be had, as whatever else this program needs of the machine.
pub(crate) fn told(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<ToolchainError>() {
        Some(tools) => of_tools(tools).into(),
        None => error,
    }
}

/// What keeps a package or a tool of the language from being used.
pub(crate) fn not_had(error: &ToolchainError) -> Complaint {
    match error {
        ToolchainError::NotStarted { .. } => of_tools(error),
        _ => in_lines(failed, &error.to_string()),
    }
}

fn of_tools(error: &ToolchainError) -> Complaint {
    in_lines(|first| Complaint::io(first), &error.to_string())
}

/// The first line is the message, the others belong to it.
fn in_lines(complaint: impl FnOnce(&str) -> Complaint, text: &str) -> Complaint {
    let mut lines = text.lines();
    let complaint = complaint(&plain(lines.next().unwrap_or_default()));
    complaint.more(lines.map(plain).collect())
}

/// Whether a compiler's complaint names the interface of a kind, as the languages spell it.
fn names(complaint: &str, kind: Kind) -> bool {
    let (name, gate) = match kind {
        Kind::Files => ("fs", "Read("),
        Kind::Http => ("http", "WebFetch("),
        Kind::Env => ("env", "Env("),
    };
    let spelt = [
        // Where the SDK has it, as the compiler shows it.
        format!("allowed_tools = \"{gate}"),
        format!("openskills:skill/{name}@"),
        format!("openskills_skill_{name}_"),
        format!("name '{name}'"),
        format!("wit_world.imports.{name}'"),
    ];
    spelt.iter().any(|spelt| complaint.contains(spelt))
}

/// An entry that asks for a kind of import.
pub(crate) fn entry(kind: Kind) -> &'static str {
    match kind {
        Kind::Files => "Read",
        Kind::Http => "WebFetch(domain:HOST)",
        Kind::Env => "Env(NAME)",
    }
}

pub(crate) fn missing(what: &str, origin: &str) -> Complaint {
    Complaint::io(format!("{what} is not installed"))
        .hint(format!("without `--no-install` it is installed into the cache folder, {origin}"))
}

pub(crate) fn failed(message: &str) -> Complaint {
    Complaint { exit: Exit::Failed, kind: "BuildFailed", ..Complaint::usage(message) }
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Complaint {
    Complaint::io(format!("`{}` cannot be written: {error}", path.display()))
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Complaint {
    Complaint::io(format!("`{}` cannot be read: {error}", path.display()))
}
