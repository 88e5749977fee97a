//! Tests of the stage as a whole; each file of it has its own beside its code.

mod bounds;
mod cases;
mod lessons;
mod properties;
mod verdicts;
mod yaml;

use super::{Fault, Manifest, Parsed, Severity};

/// Parses front matter given without its `---` lines, of a skill in the folder `a`.
fn front_matter(yaml: &str) -> Parsed {
    super::parse(format!("---\n{yaml}\n---\nbody\n").as_bytes(), Some("a"))
}

/// The manifest of a file that has one.
fn manifest(yaml: &str) -> Manifest {
    let parsed = front_matter(yaml);
    assert!(parsed.manifest.is_some(), "{:#?}", parsed.faults);
    parsed.manifest.unwrap_or_default()
}

/// The messages of the strict verdict's errors, as the reference validator prints them.
fn errors(parsed: &Parsed) -> Vec<&str> {
    parsed.faults.iter().filter(|f| f.strict == Severity::Error).map(|f| f.message.as_str()).collect()
}

/// The codes of all faults.
fn codes(parsed: &Parsed) -> Vec<&'static str> {
    parsed.faults.iter().map(|fault| fault.code).collect()
}

/// The first fault with this code.
fn fault<'a>(parsed: &'a Parsed, code: &str) -> Option<&'a Fault> {
    parsed.faults.iter().find(|fault| fault.code == code)
}
