//! `openskills prompt`: the catalogue of skills as a model gets it.

use anyhow::Result;
use clap::{Args, ValueEnum};
use openskills_runtime::{Prompt, PromptFormat, PromptOptions, SkillDetail};

use crate::context::{Context, is_path};
use crate::exit::Exit;
use crate::printer::{plain, plain_lines};
use crate::render::{paths, places_hint};

const EXAMPLES: &str = "\
Tokens are estimated: a quarter for each ASCII character, a half below U+2E80, one from there on (Chinese, Japanese, \
Korean, emoji). With a budget the longest descriptions are shortened first, then cut to their first sentence, then \
skills are left out, the last first.

Examples:
  openskills prompt --skills skills
  openskills prompt skills/text-stats skills/notes
  openskills prompt --format markdown --budget 2000
  openskills prompt --json | jq '{tokens, left_out}'";

/// Names that a warning shows.
const MAX_NAMES: usize = 5;

/// Print the catalogue of skills for a model's prompt.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skills, in this order: names, or paths if they contain `/` or start with `.`. Default: all, by name
    #[arg(value_name = "SKILL")]
    named: Vec<String>,
    /// The form: `<available_skills>` XML, a Markdown list, or a JSON list
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// The most tokens that the text may have, by our estimate
    #[arg(long, value_name = "TOKENS")]
    budget: Option<usize>,
    /// Skills with `disable-model-invocation: true`, too
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    #[default]
    Xml,
    Markdown,
    Json,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let printer = context.printer;
    let settings = PromptOptions {
        format: match options.format {
            Format::Xml => PromptFormat::Xml,
            Format::Markdown => PromptFormat::Markdown,
            Format::Json => PromptFormat::Json,
        },
        budget_tokens: options.budget,
        all: options.all,
    };
    let prompt = match options.named.as_slice() {
        [] => everything(&settings, context)?,
        named => Prompt::new(&details(named, context)?, &settings),
    };
    if context.common.json {
        printer.json(&prompt)?;
    } else if printer.stdout_is_terminal() {
        printer.out(&plain_lines(&prompt.text))?;
    } else if !prompt.text.is_empty() {
        printer.raw(format!("{}\n", prompt.text).as_bytes())?;
    }
    report(&prompt, &settings, context);
    Ok(Exit::Success)
}

fn everything(settings: &PromptOptions, context: &Context) -> Result<Prompt> {
    let runtime = context.builder().build()?;
    let skills = runtime.load_skills()?;
    if skills.is_empty() {
        context.printer.note(&match context.places().as_slice() {
            [] => places_hint(),
            folders => format!("no skills in {}", paths(folders)),
        });
    }
    let refused = runtime.faults().iter().filter(|fault| fault.refused).count();
    if refused > 0 {
        let skills = if refused == 1 { "skill is" } else { "skills are" };
        context.printer.warning(&format!("{refused} {skills} left out: `openskills list` says why"));
    }
    Ok(runtime.prompt(settings))
}

/// Those that are named. Two with one name are two: neither takes the other's place.
fn details(named: &[String], context: &Context) -> Result<Vec<SkillDetail>> {
    let (by_name, by_path) = (context.builder().build()?, context.builder().build()?);
    let mut details = Vec::new();
    for skill in named {
        let detail = if is_path(skill) {
            by_path.skill(&context.open(&by_path, skill)?.id)?
        } else {
            match by_name.skill(skill) {
                Ok(detail) => detail,
                Err(_) => by_name.skill(&context.open(&by_name, skill)?.id)?,
            }
        };
        details.push(detail);
    }
    Ok(details)
}

/// What the text does not say.
fn report(prompt: &Prompt, settings: &PromptOptions, context: &Context) {
    let printer = context.printer;
    if !prompt.hidden.is_empty() {
        printer.note(&format!(
            "not for models (`disable-model-invocation`), so not shown without `--all`: {}",
            names(&prompt.hidden)
        ));
    }
    let Some(budget) = settings.budget_tokens else { return };
    if !prompt.shortened.is_empty() {
        let count = prompt.shortened.len();
        let descriptions = if count == 1 { "description is" } else { "descriptions are" };
        printer.note(&format!("{count} {descriptions} shortened to keep to {budget} tokens"));
    }
    if !prompt.left_out.is_empty() {
        let count = prompt.left_out.len();
        let all = count + prompt.skills.len();
        printer.warning(&format!(
            "{count} of {all} skills left out to keep to {budget} tokens: {}",
            names(&prompt.left_out)
        ));
    }
}

fn names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|name| plain(name)).collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
