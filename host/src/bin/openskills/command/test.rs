//! `openskills test`: a skill's own cases, in the sandbox.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use openskills_runtime::{
    Case, CaseFault, CaseReport, Difference, OpenSkillError, OpenSkillRuntime, RuntimeBuilder,
    find_manifests, read_cases,
};
use serde::Serialize;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::script::install;
use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BAD, BOLD, DIM, GOOD, HINT, paint, plain};
use crate::render::{self, path};

const EXAMPLES: &str = "\
The cases are the files `tests/*.json` of a skill: an input, the files, variables and policy that the call finds, and \
what must come of it. Each runs in a workspace of its own, with nothing of this machine's policies or environment. \
docs/testing.md describes them.

Examples:
  openskills test
  openskills test skills
  openskills test skills/notes --filter refus
  openskills test . --update";

/// Lines of one difference that are shown.
const MAX_LINES: usize = 60;

/// Run skills' own cases, `tests/*.json`, in the sandbox.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Folders of skills, or folders that hold some
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Run the cases with this text in their skill's name, their own or their file's; repeatable
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Write what came of failing cases into their files, where they expect whole values; a case without `expect` gets
    /// one
    #[arg(long)]
    update: bool,
}

/// A skill with its cases.
struct Tested {
    name: String,
    folder: PathBuf,
    cases: Vec<Case>,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    updated: usize,
}

#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    file: &'a str,
    passed: bool,
    updated: bool,
    #[serde(flatten)]
    report: &'a CaseReport,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let skills = skills(options, context)?;
    let cases: usize = skills.iter().map(|skill| skill.cases.len()).sum();
    if cases == 0 {
        return Err(none(options, skills.len()).into());
    }
    let mut tally = Tally::default();
    let mut told = Vec::new();
    for skill in &skills {
        if skill.cases.is_empty() {
            if options.filter.is_empty() {
                context.printer.note(&format!("{} has no cases", plain(&skill.name)));
            }
            continue;
        }
        prepare(skill, context)?;
        if !context.common.json {
            context.printer.out(&paint(BOLD, &plain(&skill.name)))?;
        }
        let mut cases = Vec::new();
        for case in &skill.cases {
            let report = case.run(&skill.folder, settings(context))?;
            let updated = options.update && update(&skill.folder, case, &report)?;
            match (report.passed(), updated) {
                (_, true) => tally.updated += 1,
                (true, false) => tally.passed += 1,
                (false, false) => tally.failed += 1,
            }
            let one = Told {
                name: &case.name,
                file: &case.file,
                passed: report.passed(),
                updated,
                report: &report,
            };
            match context.common.json {
                true => cases.push(serde_json::to_value(&one)?),
                false => context.printer.out(&text(&one))?,
            }
        }
        told.push(json!({ "skill": skill.name, "folder": skill.folder, "cases": cases }));
    }
    let Tally { passed, failed, updated } = tally;
    if context.common.json {
        let summary = json!({ "cases": cases, "passed": passed, "failed": failed, "updated": updated });
        context.printer.json(&json!({ "skills": told, "summary": summary }))?;
    } else {
        let updated = if updated > 0 { format!(", {updated} updated") } else { String::new() };
        let style = if failed > 0 { BAD } else { GOOD };
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let line = format!("{}: {passed} passed, {failed} failed{updated}", counted(cases, "case"));
        context.printer.out(&paint(style, &line))?;
    }
    Ok(if failed > 0 { Exit::Failed } else { Exit::Success })
}

/// What all cases share. Nothing of the user's policies: a case says what it needs.
fn settings(context: &Context) -> RuntimeBuilder {
    OpenSkillRuntime::builder().compile_watcher(context.progress.clone())
}

/// The skills that are meant, with the cases that are meant.
fn skills(options: &Options, context: &Context) -> Result<Vec<Tested>> {
    let mut folders = Vec::new();
    for named in &options.paths {
        let found = below(named)?;
        if found.is_empty() {
            let shown = path(named);
            // A shell's `skills/*` names whatever lies there.
            if options.paths.len() > 1 && named.exists() {
                context.printer.note(&format!("`{shown}` is no skill and holds none"));
                continue;
            }
            return Err(Complaint::not_found(format!("`{shown}` is no skill and holds none"))
                .hint("name a folder that holds a SKILL.md")
                .into());
        }
        folders.extend(found);
    }
    let (mut skills, mut faults) = (Vec::new(), Vec::new());
    for folder in folders {
        let name = settings(context).build()?.load_skill(&folder)?.id;
        match read_cases(&folder) {
            Ok(mut cases) => {
                let wanted = |case: &Case| {
                    let whole = format!("{name} {} {}", case.file, case.name);
                    options.filter.is_empty()
                        || options.filter.iter().any(|text| whole.contains(text.as_str()))
                };
                cases.retain(wanted);
                skills.push(Tested { name, folder, cases });
            }
            Err(found) => faults.extend(found),
        }
    }
    if !faults.is_empty() {
        return Err(invalid(&faults).into());
    }
    Ok(skills)
}

fn below(named: &Path) -> Result<Vec<PathBuf>> {
    if named.is_dir() && ["SKILL.md", "skill.md"].iter().any(|name| named.join(name).is_file()) {
        return Ok(vec![named.to_owned()]);
    }
    if !named.is_dir() {
        let is_manifest = named.is_file() && named.file_name().is_some_and(|name| name == "SKILL.md");
        let folder = named.parent().filter(|_| is_manifest);
        return Ok(folder.map(|folder| Path::new(".").join(folder)).into_iter().collect());
    }
    let (manifests, _) = find_manifests(named)?;
    Ok(manifests.iter().filter_map(|manifest| manifest.parent()).map(Path::to_owned).collect())
}

fn invalid(faults: &[CaseFault]) -> Complaint {
    let lines = faults.iter().map(|fault| {
        let place = if fault.place.is_empty() { String::new() } else { format!(" {}", plain(&fault.place)) };
        let hint = fault.hint.as_ref().map(|hint| format!("\n  {}: {}", paint(HINT, "hint"), plain(hint)));
        let file = paint(BOLD, &format!("{}{place}", path(&fault.file)));
        format!("{file}: {}{}", plain(&fault.message), hint.unwrap_or_default())
    });
    let count = faults.len();
    let files = if count == 1 { "a case file".to_owned() } else { format!("{count} case files") };
    Complaint::usage(format!("{files} cannot be used")).more(lines.collect())
}

fn none(options: &Options, skills: usize) -> Complaint {
    if !options.filter.is_empty() {
        return Complaint::usage("no case has that text in its name").hint("run all: leave `--filter` out");
    }
    let what = if skills == 1 { "the skill has" } else { "the skills have" };
    Complaint::usage(format!("{what} no cases")).hint(
        "write the first, tests/first.json: {\"input\": {…}}; `openskills test --update` fills in what comes of it",
    )
}

/// Has ready what the cases need, so that no case pays for it in its time.
fn prepare(skill: &Tested, context: &Context) -> Result<(), OpenSkillError> {
    let runtime = settings(context).build()?;
    let id = runtime.load_skill(&skill.folder)?.id;
    if skill.cases.iter().any(Case::is_of_script) {
        install(&runtime, context)?;
    }
    // A case may expect that it cannot be loaded.
    if skill.cases.iter().any(|case| !case.is_of_script()) {
        match runtime.compile_skill(&id) {
            Err(error @ OpenSkillError::InvalidArtifact { .. })
                if !skill.folder.join("wasm/skill.wasm").exists() =>
            {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes what came of a case into its file; false if there is nothing that could be written.
fn update(folder: &Path, case: &Case, report: &CaseReport) -> Result<bool> {
    let file = folder.join(&case.file);
    let unwritable = |error: &dyn std::fmt::Display| {
        Complaint::io(format!("`{}` cannot be updated: {error}", path(&file)))
    };
    let old = fs::read_to_string(&file).map_err(|error| unwritable(&error))?;
    let Some(new) = case.updated(&old, report).map_err(|error| unwritable(&error))? else { return Ok(false) };
    fs::write(&file, new).map_err(|error| unwritable(&error))?;
    Ok(true)
}

fn text(one: &Told<'_>) -> String {
    let mark = match (one.passed, one.updated) {
        (_, true) => paint(HINT, "update"),
        (true, false) => paint(GOOD, "ok    "),
        (false, false) => paint(BAD, "FAILED"),
    };
    let time = paint(DIM, &format!("{} ms", one.report.duration.as_millis()));
    let mut lines = vec![format!("  {mark} {} {time}", plain(one.name))];
    for difference in &one.report.differences {
        lines.push(format!("         {}", paint(BOLD, &plain(&difference.what))));
        lines.extend(diff(difference).into_iter().map(|line| format!("         {line}")));
    }
    for refusal in &one.report.unmentioned {
        lines.push(format!("         {} {}", paint(DIM, "it was refused"), render::refused(refusal)));
    }
    lines.join("\n")
}

/// Two values as lines: the expected ones with `-`, what there was with `+`.
fn diff(difference: &Difference) -> Vec<String> {
    let Difference { expected, actual, .. } = difference;
    let as_text =
        [expected, actual].iter().any(|value| value.as_str().is_some_and(|text| text.contains('\n')));
    let shown = |value: &Value| match value {
        Value::String(text) if as_text => text.clone(),
        Value::Null => String::new(),
        value => format!("{value:#}"),
    };
    let (expected, actual) = (shown(expected), shown(actual));
    let diff = TextDiff::from_lines(&expected, &actual);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(3).iter().enumerate() {
        if at > 0 {
            lines.push(paint(DIM, "…"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = plain(change.value().trim_end_matches('\n'));
            lines.push(match change.tag() {
                ChangeTag::Delete => paint(BAD, &format!("- {line}")),
                ChangeTag::Insert => paint(GOOD, &format!("+ {line}")),
                ChangeTag::Equal => format!("  {line}"),
            });
        }
    }
    if lines.is_empty() {
        // Only the line ending at the end.
        lines.push(format!(
            "they differ in the line ending at the end: {} and {} bytes",
            expected.len(),
            actual.len()
        ));
    }
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(paint(DIM, &format!("… {more} more lines: `--json` has all")));
    }
    lines
}
