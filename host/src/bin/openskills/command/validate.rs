//! `openskills validate`: SKILL.md files against the specification, as a compiler would report on them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use openskills_runtime::find_manifests;
use openskills_runtime::manifest::{Fault, Load, Parsed, Severity, parse};
use serde::Serialize;

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BAD, DIM, GOOD, paint, plain};
use crate::render::{diagnostic, path};

const EXAMPLES: &str = "\
Exits with 0 if all are valid, 4 if one is not, 3 if none is found. With --json each file is one object on a \
line of its own: {path, valid, load, errors, warnings, notes}; `load` says what a client does with it.

Below a folder every SKILL.md and skill.md is checked, in the order of paths, those too that are not looked for when \
skills are used: in hidden folders and in other skills. Left out are .git and node_modules.

Examples:
  openskills validate skills
  openskills validate skills/text-stats my-skill/SKILL.md
  openskills validate . --json | jq -r 'select(.valid | not) | .path'";

/// Check SKILL.md files against the specification.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Skill folders, SKILL.md files, or folders with skills anywhere below
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    path: &'a Path,
    valid: bool,
    load: Load,
    errors: Vec<&'a Fault>,
    warnings: Vec<&'a Fault>,
    notes: Vec<&'a Fault>,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let printer = context.printer;
    let mut files = BTreeSet::new();
    for path in &options.paths {
        let found = find(path, context)?;
        if found.is_empty() {
            return Err(Complaint::not_found(format!(
                "there is no SKILL.md in or below `{}`",
                path.display()
            ))
            .into());
        }
        files.extend(found);
    }
    let mut wrong = 0_usize;
    for file in &files {
        let (source, parsed) = match fs::read(file) {
            Ok(source) => {
                let parsed = parse(&source, folder_name(file).as_deref());
                (source, parsed)
            }
            Err(error) => (Vec::new(), unreadable(&error)),
        };
        wrong += usize::from(!parsed.is_valid());
        match context.common.json {
            true => printer.json_line(&verdict(file, &parsed))?,
            false if parsed.is_valid() && (printer.is_quiet() || parsed.faults.is_empty()) => {
                if !printer.is_quiet() {
                    printer.out(&format!("{}: {}", path(file), paint(GOOD, "valid")))?;
                }
            }
            false => printer.out(&report(file, &source, &parsed, printer.is_quiet()))?,
        }
    }
    let valid = wrong == 0;
    if !context.common.json && files.len() > 1 {
        let total = files.len();
        printer.note(&match wrong {
            0 => format!("all {total} are valid"),
            _ => format!("{wrong} of {total} not valid"),
        });
    }
    Ok(if valid { Exit::Success } else { Exit::Invalid })
}

/// The `SKILL.md` files that a path stands for: itself, or all in and below it.
fn find(root: &Path, context: &Context) -> Result<Vec<PathBuf>> {
    if root.is_file() {
        return Ok(vec![root.to_owned()]);
    }
    if !root.exists() {
        return Err(Complaint::not_found(format!("there is no file or folder `{}`", root.display())).into());
    }
    let (files, faults) = find_manifests(root)
        .map_err(|error| Complaint::io(format!("`{}` cannot be read: {error}", root.display())))?;
    let (manifests, folders): (Vec<_>, Vec<_>) = faults
        .into_iter()
        .filter(|fault| fault.refused)
        .partition(|fault| fault.path.extension().is_some_and(|extension| extension == "md"));
    for fault in folders {
        let reason = fault.faults.first().map_or("it cannot be read", |fault| fault.message.as_str());
        context.printer.warning(&format!("`{}` is not searched: {}", path(&fault.path), plain(reason)));
    }
    Ok(files.into_iter().chain(manifests.into_iter().map(|fault| fault.path)).collect())
}

fn unreadable(error: &io::Error) -> Parsed {
    let fault = Fault {
        code: "unreadable",
        message: format!("the file cannot be read: {error}"),
        line: 1,
        column: 1,
        text: None,
        hint: None,
        strict: Severity::Error,
        load: Severity::Error,
    };
    let faults = vec![fault];
    Parsed { manifest: None, faults, valid: false, load: Load::Refuse, body_offset: 0, body_line: 1 }
}

fn folder_name(file: &Path) -> Option<String> {
    let file = file.canonicalize().ok()?;
    Some(file.parent()?.file_name()?.to_string_lossy().into_owned())
}

fn verdict<'a>(file: &'a Path, parsed: &'a Parsed) -> Verdict<'a> {
    let of = |severity| parsed.faults.iter().filter(|fault| fault.strict == severity).collect();
    Verdict {
        path: file,
        valid: parsed.is_valid(),
        load: parsed.load,
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        notes: of(Severity::Note),
    }
}

fn report(file: &Path, source: &[u8], parsed: &Parsed, quiet: bool) -> String {
    let shown = |fault: &&Fault| !quiet || fault.strict == Severity::Error;
    let mut lines: Vec<String> =
        parsed.faults.iter().filter(shown).map(|fault| diagnostic(file, Some(source), fault)).collect();
    let load = match parsed.load {
        Load::Ok => "",
        Load::Warn => "; it is loaded all the same, with warnings",
        Load::Refuse => "; it is not loaded",
    };
    lines.push(match parsed.is_valid() {
        true => format!("{}: {}{}", path(file), paint(GOOD, "valid"), paint(DIM, load)),
        false => format!("{}: {}{}", path(file), paint(BAD, "not valid"), paint(DIM, load)),
    });
    lines.join("\n")
}
