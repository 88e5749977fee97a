//! `openskills policy`: what the policy makes of a skill, and whether policy files are valid.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use openskills_runtime::capability::{Answered, RuleExplanation, TargetExplanation};
use openskills_runtime::{
    AskedTarget, Authority, Permissions as Explained, PolicyLoadError, RuntimeBuilder, project_policy_paths,
    user_policy_path,
};
use serde_json::{Value, json};

use crate::args::Permissions;
use crate::context::{Context, refused_policy};
use crate::exit::Exit;
use crate::printer::{BAD, BOLD, DIM, GOOD, HINT, NOTE, WARNING, paint, plain};
use crate::render::{diagnostic, path, paths};

const EXAMPLES: &str = "\
Examples:
  openskills policy explain page-title
  openskills policy explain notes --target 'Edit(notes/a.md)' --target 'Read(.env)'
  openskills policy check";

const EXPLAIN_EXAMPLES: &str = "\
Each rule that the skill requests is shown with what is decided about a target that stands for others like it, by \
which rule of which file, and what would change it. What is shown is decided by the code that decides in a call.

Examples:
  openskills policy explain page-title
  openskills policy explain notes --target 'Edit(notes/a.md)' --target 'Read(.env)'
  openskills policy explain page-title --target 'WebFetch(https://example.com/)' --deny 'WebFetch(domain:example.com)'
  openskills policy explain env-card --json";

const CHECK_EXAMPLES: &str = "\
Without FILE the files are checked that a call would read here: your own and the project's. Exits with 0 if all are \
valid, 2 if one is not.

Examples:
  openskills policy check
  openskills policy check policy.yaml
  openskills policy check --project .openskills/policy.yaml";

/// Show what the policy makes of a skill, and check policy files
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show for every rule of a skill what is decided, by which rule of which file, and what would change it
    Explain(Explain),
    /// Check policy files
    Check(Check),
}

/// Show for every rule of a skill what is decided, by which rule of which file, and what would change it.
#[derive(Args, Debug)]
#[command(after_help = EXPLAIN_EXAMPLES)]
struct Explain {
    /// The skill: a name, or a path if it contains `/` or starts with `.`
    skill: String,
    /// Answer for this target alone: `Read(PATH)`, `Edit(PATH)`, `WebFetch(URL)` or `Env(NAME)`; repeatable
    #[arg(long, short, value_name = "TARGET")]
    target: Vec<AskedTarget>,
    /// The folder whose files the skill would use [default: the current directory]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    #[command(flatten)]
    permissions: Permissions,
}

/// Check policy files.
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
struct Check {
    /// Policy files; by default those that a call would read here
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read them as a project's, which only narrow
    #[arg(long)]
    project: bool,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    match &options.command {
        Command::Explain(options) => explain(options, context),
        Command::Check(options) => check(options, context),
    }
}

fn explain(options: &Explain, context: &Context) -> Result<Exit> {
    let workspace = options.workspace.as_deref().unwrap_or(&context.directory);
    let runtime =
        context.builder_with(&options.permissions, Some(workspace))?.workspace(workspace).build()?;
    let skill = context.open(&runtime, &options.skill)?;
    if options.target.is_empty() {
        let explained = runtime.permissions(&skill.id)?;
        match context.common.json {
            true => context.printer.json(&explained)?,
            false => context.printer.out(&text(&explained))?,
        }
        return Ok(Exit::Success);
    }
    let mut answers = Vec::new();
    for target in &options.target {
        answers.push((target, runtime.explain_target(&skill.id, target)?));
    }
    match context.common.json {
        true => {
            let targets: Vec<Value> = answers
                .iter()
                .map(|(target, answers)| json!({ "target": target.to_string(), "answers": answers }))
                .collect();
            context.printer.json(&json!({ "skill": skill.id, "targets": targets }))?;
        }
        false => {
            let blocks: Vec<String> = answers
                .iter()
                .map(|(target, answers)| {
                    let mut lines = vec![paint(BOLD, &plain(&target.to_string()))];
                    answers.iter().for_each(|answer| part(answer, true, &mut lines));
                    lines.join("\n")
                })
                .collect();
            context.printer.out(&blocks.join("\n"))?;
        }
    }
    Ok(Exit::Success)
}

fn text(explained: &Explained) -> String {
    let mut lines = vec![paint(BOLD, &plain(&explained.skill))];
    let mut row =
        |name: &str, value: &str| lines.push(format!("{} {value}", paint(DIM, &format!("{name:<9}"))));
    row("folder", &path(&explained.folder));
    row(
        "policy",
        &match explained.files.as_slice() {
            [] => "no file; the defaults and the flags".to_owned(),
            files => paths(files),
        },
    );
    row("preset", &plain(&explained.preset));
    if let Some(lock) = &explained.lock {
        row("lock", &plain(&lock.to_string()));
    }
    row("limits", &format!("{} ms, {} MiB of memory", explained.timeout_ms, explained.memory >> 20));
    lines.push(format!("\n{}", paint(BOLD, "Rules")));
    if explained.rules.is_empty() {
        lines.push("  it asks for none: it may read its own folder and use its own /tmp".to_owned());
    }
    for rule in &explained.rules {
        rule_lines(rule, &mut lines);
    }
    let mut note = |what: &str, message: &str| {
        lines.push(format!("  {}  {}: {}", plain(what), paint(NOTE, "note"), plain(message)));
    };
    for rule in &explained.disallowed {
        note(rule, "taken away by the skill's own `disallowed-tools`");
    }
    for found in &explained.notes {
        note(&found.entry, &found.message);
    }
    for pin in &explained.other_sections {
        note(pin, "a section of the policy for another skill of this name, which does not hold here");
    }
    for found in &explained.without_effect {
        note(&format!("{}:{}", found.file, found.fault.line), &found.fault.message);
    }
    lines.join("\n")
}

fn rule_lines(rule: &RuleExplanation, lines: &mut Vec<String>) {
    lines.push(format!("  {}  {}", plain(&rule.rule), answer(rule.answer)));
    // One part that says the same as the rule needs no line of its own for the answer.
    let single = rule.parts.len() == 1;
    for found in &rule.parts {
        part(found, !single, lines);
    }
    if rule.more > 0 {
        lines.push(format!("    … and {} more: `--target` answers for one", rule.more));
    }
}

fn part(found: &TargetExplanation, with_answer: bool, lines: &mut Vec<String>) {
    if with_answer {
        let condition = found.condition.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
        let what = plain(&format!("{} `{}`{condition}", found.action, found.target));
        lines.push(format!("    {what}  {}", answer(found.answer)));
    }
    let indent = if with_answer { "      " } else { "    " };
    lines.push(format!("{indent}{}", plain(&found.because)));
    if found.answer != Answered::Allow && !found.change.is_empty() {
        lines.push(format!("{indent}{}: {}", paint(HINT, "hint"), plain(&found.change)));
    }
}

fn answer(answer: Answered) -> String {
    let style = match answer {
        Answered::Allow => GOOD,
        Answered::Ask => WARNING,
        Answered::Deny => BAD,
        Answered::Depends => NOTE,
    };
    paint(style, answer.name())
}

fn check(options: &Check, context: &Context) -> Result<Exit> {
    let mut files: Vec<(PathBuf, Authority)> = Vec::new();
    match options.files.as_slice() {
        [] => {
            files.extend(user_policy_path().filter(|path| path.exists()).map(|path| (path, Authority::User)));
            let project = project_policy_paths(&context.directory);
            files.extend(project.into_iter().map(|path| (path, Authority::Project)));
        }
        named => files.extend(named.iter().map(|path| {
            let of_project = options.project || path.ends_with(".openskills/policy.yaml");
            (path.clone(), if of_project { Authority::Project } else { Authority::User })
        })),
    }
    if files.is_empty() {
        let place = user_policy_path()
            .map_or_else(String::new, |path| format!(" (yours would be `{}`)", path.display()));
        context.printer.note(&format!("there is no policy file here{place}: the defaults hold"));
    }
    let mut wrong = false;
    let mut verdicts = Vec::new();
    for (file, authority) in &files {
        let (valid, lines, verdict) = verdict(file, *authority)?;
        wrong |= !valid;
        verdicts.push(verdict);
        let silent = context.common.json || (valid && context.printer.is_quiet());
        if !silent {
            context.printer.out(&lines.join("\n"))?;
        }
    }
    if context.common.json {
        context.printer.json(&json!({ "files": verdicts }))?;
    }
    Ok(if wrong { Exit::Usage } else { Exit::Success })
}

/// Whether a file is valid, that in words, and as JSON.
fn verdict(file: &Path, authority: Authority) -> Result<(bool, Vec<String>, Value)> {
    let builder = RuntimeBuilder::default();
    let read = match authority {
        Authority::Project => builder.project_policy_file(file),
        Authority::User | Authority::Named => builder.policy_file(file),
    };
    let of = if authority == Authority::Project { "a project's" } else { "a user's" };
    match read {
        Ok(builder) => {
            let source = std::fs::read(file).ok();
            let mut lines = Vec::new();
            let mut faults = Vec::new();
            for (_, fault) in builder.current_policy().notes() {
                lines.push(diagnostic(file, source.as_deref(), fault));
                faults.push(json!(fault));
            }
            lines.push(format!("{}: {}", path(file), paint(GOOD, &format!("valid as {of} policy"))));
            Ok((true, lines, json!({ "path": file, "valid": true, "warnings": faults, "errors": [] })))
        }
        Err(PolicyLoadError::Invalid { text, error, .. }) => {
            let mut lines: Vec<String> =
                error.faults.iter().map(|fault| diagnostic(file, Some(text.as_bytes()), fault)).collect();
            lines.push(format!("{}: {}", path(file), paint(BAD, "not valid")));
            Ok((
                false,
                lines,
                json!({ "path": file, "valid": false, "warnings": [], "errors": error.faults }),
            ))
        }
        Err(error @ PolicyLoadError::Io { .. }) => Err(refused_policy(&error)),
    }
}
