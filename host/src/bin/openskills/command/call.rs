//! `openskills call`: one call of one typed function.

use anyhow::Result;
use clap::Args;

use super::call_options::{CallOptions, finish, input, runtime};
use crate::context::Context;
use crate::exit::Exit;

const EXAMPLES: &str = "\
The output is printed alone on stdout, as by `openskills run`. `openskills inspect SKILL` lists the functions \
that there are; with --json, each has the JSON Schema of what it takes and gives.

Examples:
  openskills call calculator add '{\"a\": 2, \"b\": 3}'
  openskills call calculator example:math/sums#total @rows.json
  echo '{\"a\": 2, \"b\": 3}' | openskills call calculator add -
  openskills call skills/notes search '{\"words\": [\"rust\"]}' --workspace notes --json";

/// Call a typed function that a skill exports.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skill: a name, or a path if it contains `/` or starts with `.`
    skill: String,
    /// The function: `add`, or `example:math/sums#add` for one of an exported interface
    function: String,
    /// Its arguments, an object by the names of its parameters: JSON, `@FILE` for a file's content, `-` for stdin
    #[arg(value_name = "JSON|@FILE|-", default_value = "{}")]
    arguments: String,
    #[command(flatten)]
    call: CallOptions,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let arguments = input(&options.arguments, "JSON", context)?;
    let runtime = runtime(&options.call, context)?;
    let skill = context.open(&runtime, &options.skill)?;
    let call = runtime.call(&skill.id).function(&options.function).input(arguments);
    finish(call, &skill.id, &options.call, context)
}
