//! `openskills show`: what an agent reads of a skill.

use anyhow::Result;
use clap::Args;
use indicatif::HumanBytes;
use openskills_runtime::{Function, Resource, SkillDetail};
use serde::Serialize;
use serde_json::json;

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BOLD, DIM, paint, plain, plain_lines};
use crate::render::path;

const EXAMPLES: &str = "\
Examples:
  openskills show text-stats
  openskills show skills/text-stats --resource Cargo.toml
  openskills show text-stats --arguments 'report.md \"first part\"'
  openskills show text-stats --json | jq -r .instructions";

/// Resources that are shown on a terminal or as text.
const MAX_RESOURCES: usize = 20;

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
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let skill = context.open(&runtime, &options.skill)?;
    if let Some(name) = &options.resource {
        return resource(name, runtime.resource(&skill.id, name)?, context);
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
    if context.common.json {
        printer.json(&Shown { skill: &skill, instructions, resources, functions })?;
        return Ok(Exit::Success);
    }
    printer.out(&head(&skill, &resources, &functions))?;
    let instructions = instructions.trim_start_matches(['\n', '\r']);
    match printer.stdout_is_terminal() {
        true => printer.out(&plain_lines(instructions))?,
        false => printer.raw(instructions.as_bytes())?,
    }
    Ok(Exit::Success)
}

fn head(detail: &SkillDetail, resources: &[Resource], functions: &[Function]) -> String {
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
