//! `openskills show`: what an agent reads of a skill.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use indicatif::HumanBytes;
use openskills_runtime::{Function, OpenSkillError, OpenSkillRuntime, Resource, Script, SkillDetail};
use serde::Serialize;
use serde_json::json;

use super::script::missing;
use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BOLD, DIM, paint, plain, plain_lines};
use crate::render::path;

const EXAMPLES: &str = "\
Examples:
  openskills show text-stats
  openskills show skills/text-stats --resource Cargo.toml
  openskills show pdf-tools --script scripts/split.py
  openskills show text-stats --arguments 'report.md \"first part\"'
  openskills show text-stats --json | jq -r .instructions";

/// Resources that are shown on a terminal or as text.
const MAX_RESOURCES: usize = 20;

/// Scripts, likewise; those that come after are not asked for their help either.
const MAX_SCRIPTS: usize = 20;

/// Time in which scripts are asked that were not asked before.
const MAX_ASKING: Duration = Duration::from_secs(10);

/// Characters of what is said of one.
const MAX_ABOUT: usize = 80;

/// Typed functions, likewise.
const MAX_FUNCTIONS: usize = 20;

/// Show a skill's description, instructions and resources.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skill: a name, or a path if it contains `/` or starts with `.`
    skill: String,
    /// Print one of its resources, byte for byte
    #[arg(long, value_name = "PATH")]
    resource: Option<String>,
    /// Print how one of its scripts is used: its `--help`, run with nothing granted, or its docstring
    #[arg(long, value_name = "PATH", conflicts_with = "resource")]
    script: Option<String>,
    /// Put these into the instructions: $ARGUMENTS, $0, $1…, named ones, ${SKILL_DIR}
    #[arg(long, value_name = "TEXT", conflicts_with = "resource", allow_hyphen_values = true)]
    arguments: Option<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    skill: &'a SkillDetail,
    instructions: String,
    resources: Vec<Resource>,
    functions: Vec<Function>,
    scripts: Vec<Script>,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let skill = context.open(&runtime, &options.skill)?;
    if let Some(name) = &options.resource {
        return resource(name, runtime.resource(&skill.id, name)?, context);
    }
    if let Some(script) = &options.script {
        return usage(script, &skill.id, &runtime, context);
    }
    let printer = context.printer;
    let instructions = match &options.arguments {
        Some(arguments) => runtime.activate(&skill.id, arguments)?,
        None => runtime.instructions(&skill.id)?,
    };
    let skill = runtime.skill(&skill.id)?;
    let resources = runtime.resources(&skill.descriptor.id)?;
    // What cannot be loaded has instructions all the same; a call says what is wrong with it.
    let functions = runtime.functions(&skill.descriptor.id).unwrap_or_default();
    let scripts = scripts(&skill.descriptor.id, &runtime)?;
    if context.common.json {
        printer.json(&Shown { skill: &skill, instructions, resources, functions, scripts })?;
        return Ok(Exit::Success);
    }
    printer.out(&head(&skill, &resources, &functions, &scripts))?;
    let instructions = instructions.trim_start_matches(['\n', '\r']);
    match printer.stdout_is_terminal() {
        true => printer.out(&plain_lines(instructions))?,
        false => printer.raw(instructions.as_bytes())?,
    }
    Ok(Exit::Success)
}

fn head(detail: &SkillDetail, resources: &[Resource], functions: &[Function], scripts: &[Script]) -> String {
    let skill = &detail.descriptor;
    let mut head = paint(BOLD, &plain(&skill.name));
    if let Some(version) = &skill.version {
        head.push_str(&format!(" {}", plain(version)));
    }
    head.push_str(&format!("\n{}\n", plain_lines(&skill.description)));
    let mut row =
        |name: &str, value: &str| head.push_str(&format!("\n{} {value}", paint(DIM, &format!("{name:<10}"))));
    row("folder", &path(&skill.path));
    row("component", if skill.has_component { "wasm/skill.wasm" } else { "none: it has instructions only" });
    if !skill.model_invocable {
        row("use", "by people only: `disable-model-invocation`");
    } else if !detail.user_invocable {
        row("use", "by models only: `user-invocable: false`");
    }
    if !detail.allowed_tools.is_empty() {
        row("asks for", &plain(&detail.allowed_tools.join(", ")));
    }
    match (&detail.argument_hint, detail.arguments.as_slice()) {
        (Some(hint), _) => row("arguments", &plain(hint)),
        (None, []) => {}
        (None, names) => row("arguments", &plain(&names.join(" "))),
    }
    for (name, text) in [("needs", &detail.compatibility), ("license", &detail.license)] {
        if let Some(text) = text {
            row(name, &plain(text));
        }
    }
    for (index, function) in functions.iter().take(MAX_FUNCTIONS).enumerate() {
        let interface = function.name.rsplit_once('#').map(|(interface, _)| format!("{interface}#"));
        let signature = format!("{}{}", interface.unwrap_or_default(), function.signature);
        row(if index == 0 { "functions" } else { "" }, &plain(&signature));
    }
    if let Some(more) = functions.len().checked_sub(MAX_FUNCTIONS).filter(|more| *more > 0) {
        row("", &paint(DIM, &format!("… and {more} more: `openskills inspect` lists them")));
    }
    for (index, script) in scripts.iter().take(MAX_SCRIPTS).enumerate() {
        let about = script.help.as_ref().and_then(|help| about(&help.text)).unwrap_or_default();
        let name = if index == 0 { "scripts" } else { "" };
        row(name, &format!("{} {}", plain(&script.path), paint(DIM, &plain(&about))));
    }
    if let Some(more) = scripts.len().checked_sub(MAX_SCRIPTS).filter(|more| *more > 0) {
        row("", &paint(DIM, &format!("… and {more} more: `--json` lists them")));
    }
    for (index, resource) in resources.iter().take(MAX_RESOURCES).enumerate() {
        let name = if index == 0 { "resources" } else { "" };
        let about = resource.problem.map_or_else(|| HumanBytes(resource.bytes).to_string(), str::to_owned);
        row(name, &format!("{} {}", plain(&resource.path), paint(DIM, &about)));
    }
    if let Some(more) = resources.len().checked_sub(MAX_RESOURCES).filter(|more| *more > 0) {
        row("", &paint(DIM, &format!("… and {more} more: `--json` lists them")));
    }
    head.push('\n');
    head
}

/// The scripts with how they are used; those that were not asked yet are, as far as there is time.
fn scripts(id: &str, runtime: &OpenSkillRuntime) -> Result<Vec<Script>, OpenSkillError> {
    let mut scripts = runtime.scripts(id)?;
    let begun = Instant::now();
    for script in scripts.iter_mut().take(MAX_SCRIPTS) {
        if begun.elapsed() > MAX_ASKING {
            break;
        }
        script.help = runtime.script_help(id, &script.path).unwrap_or_default();
    }
    Ok(scripts)
}

/// What a script is for, in a few words: of its help the description, which comes after the usage.
fn about(text: &str) -> Option<String> {
    let is_usage = |text: &str| text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("usage:"));
    let paragraph = text.split("\n\n").find(|paragraph| !is_usage(paragraph.trim_start())).or(Some(text))?;
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_ABOUT) {
        Some((at, _)) => Some(format!("{}…", line.get(..at)?.trim_end())),
        None => Some(line),
    }
}

fn usage(script: &str, id: &str, runtime: &OpenSkillRuntime, context: &Context) -> Result<Exit> {
    let Ok(help) = runtime.script_help(id, script) else {
        return Err(missing(script, id, runtime).into());
    };
    if context.common.json {
        context.printer.json(&help)?;
        return Ok(Exit::Success);
    }
    match &help {
        Some(help) => context.printer.out(&plain_lines(&help.text))?,
        None => context.printer.note("it says nothing of how it is used"),
    }
    if let Some(module) = help.and_then(|help| help.module) {
        context.printer.note(&format!("it runs as a module: `openskills run {id} --module {module}`"));
    }
    Ok(Exit::Success)
}

fn resource(name: &str, bytes: Vec<u8>, context: &Context) -> Result<Exit> {
    let printer = context.printer;
    let on_terminal = printer.stdout_is_terminal();
    if !on_terminal && !context.common.json {
        printer.raw(&bytes)?;
        return Ok(Exit::Success);
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Complaint::usage(format!("the resource `{name}` is not text"))
            .hint("send it to a file: `… > FILE`, without --json")
    })?;
    match context.common.json {
        true => printer.json(&json!({ "path": name, "text": text }))?,
        false => printer.out(&plain_lines(&text))?,
    }
    Ok(Exit::Success)
}
