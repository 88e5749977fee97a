//! `openskills run`: one call of one skill.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::call_options::{CallOptions, finish, input, runtime};
use crate::context::Context;
use crate::exit::{Complaint, Exit};

const EXAMPLES: &str = "\
The output is printed alone on stdout: indented on a terminal, else on one line. What the skill itself \
prints goes to stderr, behind its name. With --json, stdout has the whole result and the audit record.

Examples:
  openskills run text-stats --input '{\"text\": \"Hello, world.\"}'
  openskills run skills/csv-profile --workspace data --input '{\"path\": \"sales.csv\"}'
  echo '{\"text\": \"Hello\"}' | openskills run text-stats --input -
  openskills run env-card --allow 'Env(LANG)'
  openskills run pdf-tools --script scripts/split.py --stdin list.txt -- --pages 3 report.txt
  openskills run notes --deny 'Edit(notes/private/**)' --input @request.json --json";

/// Run a skill once on a JSON input.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skill: a name, or a path if it contains `/` or starts with `.`
    pub(super) skill: String,
    /// Run this Python script of the skill, unchanged, in place of its component
    #[arg(long, value_name = "PATH", conflicts_with = "input")]
    pub(super) script: Option<String>,
    /// Run a module of the skill's folder, as `python3 -m` does
    #[arg(long, value_name = "NAME", conflicts_with_all = ["input", "script"])]
    pub(super) module: Option<String>,
    /// Give the script a package beside those that were added to its skill; fetched now if it was not before
    #[arg(long = "with", value_name = "PACKAGE", conflicts_with = "input")]
    pub(super) with: Vec<String>,
    /// What the script reads from its standard input: a file, or `-` for this command's own
    #[arg(long, value_name = "FILE|-")]
    pub(super) stdin: Option<PathBuf>,
    /// What the script gets as its arguments
    #[arg(last = true, value_name = "ARGS")]
    pub(super) arguments: Vec<String>,
    /// The input: JSON, `@FILE` for a file's content, `-` for stdin
    #[arg(long, short, value_name = "JSON|@FILE|-", default_value = "{}", allow_negative_numbers = true)]
    input: String,
    #[command(flatten)]
    pub(super) call: CallOptions,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    if let Some(script) = options.script.as_deref().or(options.module.as_deref()) {
        return super::script::run(script, options, &runtime(&options.call, context)?, context);
    }
    if options.stdin.is_some() || !options.arguments.is_empty() || !options.with.is_empty() {
        return Err(Complaint::usage("`--stdin`, `--with` and arguments after `--` are for scripts")
            .hint("name the script: `--script scripts/NAME.py`; a component takes `--input JSON`")
            .into());
    }
    let input = input(&options.input, "--input", context)?;
    let runtime = runtime(&options.call, context)?;
    let skill = context.open(&runtime, &options.skill)?;
    finish(runtime.call(&skill.id).input(input), &skill.id, &options.call, context)
}
