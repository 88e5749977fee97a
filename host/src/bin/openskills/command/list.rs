//! `openskills list`: the skills that are found.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use openskills_runtime::{SkillDescriptor, SkillFault};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::left_out;
use crate::printer::{BOLD, paint, plain};
use crate::render::{paths, places_hint};

const EXAMPLES: &str = "\
Standard places, each if it exists: .openskills/skills, .agents/skills and .claude/skills of the current \
directory and of those above it up to the repository's root; the folders of OPENSKILLS_PATH; \
~/.config/openskills/skills, and the same three below the home directory.

Examples:
  openskills list
  openskills list --skills skills
  openskills list --json | jq -r '.skills[].name'";

/// List the skills that are found.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {}

#[derive(Serialize)]
struct Listing {
    skills: Vec<SkillDescriptor>,
    faults: Vec<SkillFault>,
    searched: Vec<PathBuf>,
}

pub(crate) fn run(_: &Options, context: &Context) -> Result<Exit> {
    let printer = context.printer;
    let searched = context.places();
    let runtime = context.builder().build()?;
    let skills = runtime.load_skills()?;
    let faults = runtime.faults();
    if context.common.json {
        printer.json(&Listing { skills, faults, searched })?;
        return Ok(Exit::Success);
    }
    if skills.is_empty() {
        printer.note(&match searched.as_slice() {
            [] => places_hint(),
            folders => format!("no skills in {}", paths(folders)),
        });
    }
    let width = skills.iter().map(|skill| plain(&skill.name).chars().count()).max().unwrap_or_default();
    let lines: Vec<String> = skills.iter().map(|skill| line(skill, width, printer.columns())).collect();
    if !lines.is_empty() {
        printer.out(&lines.join("\n"))?;
    }
    let without = skills.iter().filter(|skill| !skill.has_component).count();
    match (without, skills.len()) {
        (0, _) => {}
        (all, count) if all == count => printer.note("none has a component: instructions only"),
        (some, count) => {
            let message =
                format!("{some} of {count} without a component, instructions only: `--json` says which");
            printer.note(&message);
        }
    }
    left_out::say(printer, &faults);
    Ok(Exit::Success)
}

/// One skill on one line; on a terminal the description is cut where the line ends.
fn line(skill: &SkillDescriptor, width: usize, columns: Option<usize>) -> String {
    let name = format!("{:<width$}", plain(&skill.name));
    let description = plain(&skill.description.split_whitespace().collect::<Vec<_>>().join(" "));
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(width + 2));
    let description = match description.char_indices().nth(room) {
        Some(_) => description.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        None => description,
    };
    format!("{}  {description}", paint(BOLD, &name))
}
