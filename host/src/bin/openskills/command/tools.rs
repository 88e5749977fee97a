//! `openskills tools`: what a model is offered of the skills.

use anyhow::Result;
use clap::{Args, ValueEnum};
use openskills_runtime::{ToolFormat, ToolOptions, ToolStyle};

use crate::args::Permissions;
use crate::context::Context;
use crate::exit::Exit;
use crate::render::{paths, places_hint};

const EXAMPLES: &str = "\
A definition goes into the request to the model as it is. What the model then calls is answered by `openskills handle`, \
or by the same functions of the library: docs/agents.md.

Examples:
  openskills tools --skills skills
  openskills tools --format anthropic | jq -r '.[].name'
  openskills tools --format openai --style general";

/// Print the skills as tools for a model, as JSON.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The form: OpenAI's Chat Completions or Responses, Anthropic's Messages, or MCP
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// Whether each skill has a tool of its own, or `run_skill` runs all; `auto`: one each for at most 32 skills
    #[arg(long, value_name = "STYLE", value_enum, default_value_t)]
    style: Style,
    #[command(flatten)]
    permissions: Permissions,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    #[default]
    #[value(name = "openai")]
    OpenAi,
    #[value(name = "openai-responses")]
    OpenAiResponses,
    Anthropic,
    Mcp,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Style {
    #[default]
    Auto,
    Own,
    General,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder_with(&options.permissions, None)?.build()?;
    runtime.load_skills()?;
    let tools = runtime.tools(ToolOptions {
        format: match options.format {
            Format::OpenAi => ToolFormat::OpenAi,
            Format::OpenAiResponses => ToolFormat::OpenAiResponses,
            Format::Anthropic => ToolFormat::Anthropic,
            Format::Mcp => ToolFormat::Mcp,
        },
        style: match options.style {
            Style::Auto => ToolStyle::Auto,
            Style::Own => ToolStyle::Own,
            Style::General => ToolStyle::General,
        },
    });
    if tools.is_empty() {
        context.printer.note(&match context.places().as_slice() {
            [] => places_hint(),
            folders => format!("no skills for models in {}", paths(folders)),
        });
    }
    context.printer.json(&tools)?;
    Ok(Exit::Success)
}
