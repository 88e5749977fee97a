//! `openskills check`: what the scripts of skills need, without running them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use openskills_runtime::{OpenSkillRuntime, ScriptCheck, find_manifests};
use serde_json::{Value, json};

use super::script::install;
use crate::context::{Context, is_path};
use crate::exit::{Complaint, Exit};
use crate::printer::{BAD, BOLD, DIM, GOOD, WARNING, paint, plain};

const EXAMPLES: &str = "\
The scripts are parsed in the sandbox, by the interpreter that would run them; nothing of them is executed. What a \
script computes at run time (a program's name, a host, a path) cannot be seen.

Examples:
  openskills check pdf-tools
  openskills check ~/skills --json
  openskills check ./my-skill --verbose";

/// Read skills' scripts without running them, and say what each needs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A skill, or a folder that holds skills
    #[arg(value_name = "SKILL|DIR")]
    skill: String,
    /// Say everything of every script, also of those that run
    #[arg(long, short)]
    verbose: bool,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let skills = skills(&options.skill, &runtime, context)?;
    install(&runtime, context)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut checked = Vec::new();
    for (name, id) in &skills {
        let checks = runtime.check_skill(id)?;
        for check in &checks {
            *counts.entry(check.verdict.clone()).or_default() += 1;
        }
        match context.common.json {
            true => checked.push(json!({ "skill": id, "folder": name, "scripts": checks })),
            false => show(id, &checks, skills.len() > 1, options.verbose, context)?,
        }
    }
    let scripts: usize = counts.values().sum();
    if context.common.json {
        let summary = json!({ "skills": skills.len(), "scripts": scripts, "verdicts": counts });
        context.printer.json(&json!({ "skills": checked, "summary": summary }))?;
        return Ok(Exit::Success);
    }
    let parts: Vec<String> = counts.iter().map(|(verdict, count)| format!("{verdict} {count}")).collect();
    let text = match scripts {
        0 => "no Python scripts".to_owned(),
        1 => format!("1 script: {}", parts.join(", ")),
        count => format!("{count} scripts: {}", parts.join(", ")),
    };
    context.printer.out(&paint(BOLD, &text))?;
    Ok(Exit::Success)
}

/// The skills that are meant, by their folders: one, or all below a folder.
fn skills(named: &str, runtime: &OpenSkillRuntime, context: &Context) -> Result<Vec<(PathBuf, String)>> {
    let folder = Path::new(named);
    if is_path(named) && folder.is_dir() && !folder.join("SKILL.md").is_file() {
        let (manifests, _) = find_manifests(folder)?;
        let mut found = Vec::new();
        for manifest in manifests {
            let Some(folder) = manifest.parent() else { continue };
            match runtime.load_skill(folder) {
                Ok(skill) => found.push((skill.path, skill.id)),
                Err(error) => context.printer.warning(&plain(&error.to_string())),
            }
        }
        if found.is_empty() {
            return Err(Complaint::not_found(format!("there is no skill in `{}`", folder.display())).into());
        }
        return Ok(found);
    }
    let skill = context.open(runtime, named)?;
    Ok(vec![(skill.path, skill.id)])
}

fn show(id: &str, checks: &[ScriptCheck], many: bool, verbose: bool, context: &Context) -> Result<()> {
    if many && !checks.is_empty() {
        context.printer.out(&paint(BOLD, &plain(id)))?;
    }
    for check in checks {
        let style = match check.verdict.as_str() {
            "runs" => GOOD,
            "partly" | "needs packages" => WARNING,
            _ => BAD,
        };
        context.printer.out(&format!("{} {}", paint(style, &check.verdict), plain(&check.path)))?;
        if verbose || check.verdict != "runs" || !check.missing_entries.is_empty() {
            for line in lines(check, verbose) {
                context.printer.out(&format!("    {line}"))?;
            }
        }
    }
    Ok(())
}

fn lines(check: &ScriptCheck, verbose: bool) -> Vec<String> {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(plain).unwrap_or_default();
    let at = |value: &Value| {
        let line = value.get("line").and_then(Value::as_u64).unwrap_or_default();
        match text(value, "in").as_str() {
            "" => paint(DIM, &format!("(line {line})")),
            file => paint(DIM, &format!("({} line {line})", file.trim_start_matches("/skill/"))),
        }
    };
    let mut lines = Vec::new();
    lines.extend(check.message.as_deref().map(plain));
    for package in &check.packages {
        let kind = if text(package, "kind") == "native" { ", native" } else { "" };
        lines.push(format!("needs the package {}{kind} {}", text(package, "package"), at(package)));
    }
    if verbose {
        for package in &check.optional_packages {
            lines.push(format!("can use the package {} {}", text(package, "package"), at(package)));
        }
    }
    for limit in &check.limits {
        lines.push(format!("{} {}", text(limit, "message"), at(limit)));
    }
    if !check.missing_entries.is_empty() {
        let entries: Vec<String> = check.missing_entries.iter().map(|entry| plain(entry)).collect();
        lines.push(format!("to grant what it asks for: `allowed-tools: {}`", entries.join(", ")));
    }
    if check.any_host {
        lines.push("sends requests to hosts that are not written in it".to_owned());
    }
    lines
}
