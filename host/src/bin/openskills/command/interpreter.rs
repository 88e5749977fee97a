//! `openskills interpreter`: what runs scripts, installed and listed.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::HumanBytes;
use openskills_runtime::Interpreter;

use crate::context::Context;
use crate::exit::Exit;
use crate::printer::{BOLD, DIM, paint};
use crate::render;

const EXAMPLES: &str = "\
The interpreter is a component like that of a skill. It is built once for a version of this program, from wheels that \
are pinned by digest, with the python3 of this machine (3.10 or newer), and kept in the cache folder. The first use of \
`run --script` does the same.

Examples:
  openskills interpreter install python
  openskills interpreter install python --from python.wasm
  openskills interpreter list";

/// Install or list the interpreters of scripts.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Build an interpreter, or take one from a file
    Install {
        /// Its language
        language: Language,
        /// Take this component in place of building one: one that the same version of this program built elsewhere
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// List what is installed
    List,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// CPython 3.14
    Python,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let found = match &options.action {
        Action::Install { language: Language::Python, from } => {
            let installed = context
                .progress
                .installing(|progress| runtime.install_interpreter(from.as_deref(), progress))?;
            vec![installed]
        }
        Action::List => runtime.interpreters()?,
    };
    if context.common.json {
        match (&options.action, found.first()) {
            (Action::Install { .. }, Some(installed)) => context.printer.json(installed)?,
            _ => context.printer.json(&found)?,
        }
        return Ok(Exit::Success);
    }
    if found.is_empty() {
        context.printer.note("no interpreter is installed: `openskills interpreter install python`");
    }
    for interpreter in &found {
        context.printer.out(&line(interpreter))?;
    }
    Ok(Exit::Success)
}

fn line(interpreter: &Interpreter) -> String {
    let note = if interpreter.in_use { "" } else { ", of another version of this program" };
    let digest = interpreter.sha256.get(..12).unwrap_or_default();
    format!(
        "{} {}",
        paint(BOLD, &interpreter.language),
        paint(
            DIM,
            &format!(
                "sha256 {digest}, {}{note}, {}",
                HumanBytes(interpreter.bytes),
                render::path(&interpreter.path)
            )
        )
    )
}
