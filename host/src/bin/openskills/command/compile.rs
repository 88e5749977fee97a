//! `openskills compile`: the first call's work, done beforehand.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use indicatif::HumanDuration;
use openskills_runtime::Readiness;
use serde_json::json;

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BOLD, paint, plain};
use crate::render;

const EXAMPLES: &str = "\
A component is compiled once for a version of this program, at its first call or by this command, and kept in \
the cache folder that `openskills doctor` names.

Examples:
  openskills compile text-stats
  openskills compile --all --skills skills";

/// Compile skills beforehand, so that their first call is fast.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skills: names, or paths if they contain `/` or start with `.`
    #[arg(required_unless_present = "all", value_name = "SKILL")]
    names: Vec<String>,
    /// Compile all skills that are found and have a component
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let skills = match options.all {
        true => runtime
            .load_skills()?
            .into_iter()
            .filter(|skill| skill.has_component)
            .map(|skill| skill.id)
            .collect(),
        false => options.names.clone(),
    };
    if skills.is_empty() {
        return Err(Complaint::not_found("no skill with a component was found")
            .hint(render::places_hint())
            .into());
    }
    let mut exit = Exit::Success;
    for skill in skills {
        let started = Instant::now();
        let compiled = match options.all {
            true => runtime.compile_skill(&skill).map(|readiness| (skill, readiness)).map_err(Into::into),
            false => context
                .open(&runtime, &skill)
                .and_then(|skill| Ok((runtime.compile_skill(&skill.id)?, skill)))
                .map(|(readiness, skill)| (skill.id, readiness)),
        };
        match compiled {
            Ok((id, readiness)) => done(&id, readiness, started, context)?,
            // The others are compiled all the same; the first failure names the exit code.
            Err(error) => {
                let failed = render::report(context.printer, context.common.json, &error);
                if exit == Exit::Success {
                    exit = failed;
                }
            }
        }
    }
    Ok(exit)
}

fn done(id: &str, readiness: Readiness, started: Instant, context: &Context) -> Result<()> {
    let (word, text) = match readiness {
        Readiness::Cached => ("cached", "was compiled already".to_owned()),
        Readiness::Compiled if started.elapsed().as_secs() < 2 => {
            ("compiled", format!("compiled in {} ms", started.elapsed().as_millis()))
        }
        Readiness::Compiled => ("compiled", format!("compiled in {}", HumanDuration(started.elapsed()))),
    };
    match context.common.json {
        true => context.printer.json_line(&json!({ "skill": id, "readiness": word }))?,
        false => context.printer.out(&format!("{} {text}", paint(BOLD, &plain(id))))?,
    }
    Ok(())
}
