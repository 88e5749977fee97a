//! `openskills validate`: SKILL.md files against the specification. The lines of the specification's own validator,
//! word for word, so that scripts carry over; below each error, what a compiler would show.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use openskills_runtime::manifest::{Fault, Load, Parsed, Severity};
use openskills_runtime::{CheckedManifest, check_manifests, find_manifests};
use serde::Serialize;

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BAD, DIM, GOOD, Printer, paint, plain};
use crate::render::{diagnostic, path, place};

const EXAMPLES: &str = "\
Exits with 0 if all are valid, 4 if one is not, 3 if none is found. `Valid skill: FOLDER` goes to stdout, \
`Validation failed for FOLDER:` and its `  - ` lines to stderr, as with the specification's own validator. With --json each file is one object on a \
line of its own: {path, valid, load, errors, warnings, notes}; `load` says what a client does with it.

Below a folder every SKILL.md and skill.md is checked, in the order of paths, those too that are not looked for when \
skills are used: in hidden folders and in other skills. Left out are .git and node_modules.

Examples:
  openskills validate skills
  openskills validate skills/text-stats my-skill/SKILL.md
  openskills validate . --json | jq -r 'select(.valid | not) | .path'";

/// Files that are checked at a time.
const PIECE: usize = 512;

/// With more files not valid than this, the commonest errors are counted.
const MANY: usize = 10;

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
    let files: Vec<PathBuf> = files.into_iter().collect();
    let mut tally = Tally::default();
    // A piece of a large tree at a time, so that it need not be in memory as a whole.
    for piece in files.chunks(PIECE) {
        for CheckedManifest { path: file, source, parsed } in check_manifests(piece) {
            tally.add(&parsed);
            match context.common.json {
                true => printer.json_line(&verdict(&file, &parsed))?,
                false => report(printer, &file, &source, &parsed)?,
            }
        }
    }
    if !context.common.json && tally.files > 1 {
        for line in tally.lines() {
            printer.note(&line);
        }
    }
    Ok(if tally.wrong == 0 { Exit::Success } else { Exit::Invalid })
}

/// What is said at the end of many files.
#[derive(Default)]
struct Tally {
    files: usize,
    wrong: usize,
    warned: usize,
    refused: usize,
    codes: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, parsed: &Parsed) {
        self.files += 1;
        self.wrong += usize::from(!parsed.is_valid());
        self.warned += usize::from(parsed.load == Load::Warn);
        self.refused += usize::from(parsed.load == Load::Refuse);
        let errors = parsed.faults.iter().filter(|fault| fault.strict == Severity::Error);
        for code in errors.map(|fault| fault.code).collect::<BTreeSet<_>>() {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    fn lines(&self) -> Vec<String> {
        let Self { files, wrong, warned, refused, codes } = self;
        let mut lines = vec![match wrong {
            0 => format!("all {files} are valid"),
            _ => format!("{wrong} of {files} not valid"),
        }];
        if warned + refused > 0 {
            let fine = files - warned - refused;
            lines.push(format!(
                "as a client loads them: {fine} fine, {warned} with warnings, {refused} not at all"
            ));
        }
        if *wrong > MANY {
            let mut codes: Vec<_> = codes.iter().collect();
            codes.sort_by_key(|(code, count)| (Reverse(**count), **code));
            let shown: Vec<_> = codes.iter().take(5).map(|(code, count)| format!("{code} {count}")).collect();
            lines.push(format!("commonest errors, in files: {}", shown.join(", ")));
        }
        lines
    }
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

/// Says on stdout that a skill is valid and on stderr what is wrong with one that is not, as the specification's own
/// validator does.
fn report(printer: Printer, file: &Path, source: &[u8], parsed: &Parsed) -> Result<()> {
    let skill = path(file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    if !parsed.is_valid() {
        printer.more(&paint(BAD, &format!("Validation failed for {skill}:")));
    } else if !printer.is_quiet() {
        printer.out(&paint(GOOD, &format!("Valid skill: {skill}")))?;
    }
    let (errors, others): (Vec<_>, Vec<_>) =
        parsed.faults.iter().partition(|fault| fault.strict == Severity::Error);
    for fault in errors {
        printer.more(&format!("  - {}", plain(&fault.message)));
        printer.more(&place(file, Some(source), fault));
    }
    if !printer.is_quiet() {
        for fault in others {
            printer.more(&diagnostic(file, Some(source), fault));
        }
        match parsed.load {
            Load::Ok => {}
            Load::Warn => printer.more(&paint(DIM, "  it is loaded all the same, with warnings")),
            Load::Refuse => printer.more(&paint(DIM, "  it is not loaded")),
        }
    }
    Ok(())
}
