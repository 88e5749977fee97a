//! What keeps a skill from being built, as its author is told.

use std::io;
use std::path::Path;

use openskills_runtime::World;
use openskills_runtime::capability::Kind;
use openskills_toolchain::ToolchainError;

use crate::exit::{Complaint, Exit};

/// What a compiler says, with the entries that the skill would need for it.
pub(crate) fn not_built(error: &ToolchainError, world: &World) -> anyhow::Error {
    let text = error.to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let missing = [Kind::Files, Kind::Http, Kind::Env].into_iter().filter(|kind| !world.has(*kind));
    let missing: Vec<Kind> = missing.collect();
    // What the compiler complains of, if that can be told; else all that the skill has not.
    let named: Vec<Kind> = missing.iter().copied().filter(|kind| names(&text, *kind)).collect();
    let missing = if named.is_empty() { missing } else { named };
    let entries: Vec<String> = missing.iter().map(|kind| format!("`{}`", entry(*kind))).collect();
    let complaint = failed(&crate::printer::plain(first));
    let complaint = complaint.more(lines.map(crate::printer::plain).collect());
    match entries.is_empty() {
        true => complaint.into(),
        false => complaint
            .hint(format!(
                "what its `allowed-tools` does not ask for does not exist for the skill; it has no {}",
                entries.join(", ")
            ))
            .into(),
    }
}

/// Whether a compiler's complaint names the interface of a kind, as the languages spell it.
fn names(complaint: &str, kind: Kind) -> bool {
    let name = match kind {
        Kind::Files => "fs",
        Kind::Http => "http",
        Kind::Env => "env",
    };
    let spelt = [
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
