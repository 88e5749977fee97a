//! `openskills wit`: the contract as a skill's author needs it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::printer::plain;
use crate::render;
use crate::wit_folder;

const EXAMPLES: &str = "\
An interface is in the world if the skill's `allowed-tools` has a rule of its kind: `fs` for Read or Edit, `http` for \
WebFetch, `env` for Env(NAME); `log` always. A toolchain that is given this world cannot build a component that would \
be refused when it is loaded.

Worlds: `skill` has the entry point `execute` and these imports, `described-skill` also `describe`, `imports` only the \
imports, for a world of your own: `include openskills:skill/imports@0.1.0;`.

With --out, DIR/deps/openskills-skill has the package, and DIR/world.wit a first world of your own that includes it, \
unless DIR has `.wit` files already. A function that this world exports, `export area-of: func(…) -> …;`, is listed \
by `openskills inspect` and called by `openskills call`. It is defined

  in Rust        by `wit_bindgen::generate!({ path: \"wit\" })` and `impl Guest`
  in Python      as the method `area_of` of the class `WitWorld` in app.py
  in JavaScript  by `export function areaOf(…)` in the main module, typed by `Exports` in TypeScript
  in C           as `exports_skill_area_of`, which `openskills build` declares in bindings/skill.h

Examples:
  openskills wit skills/notes
  openskills wit . --out wit
  openskills wit . > skill.wit";

/// Print the WIT world that a skill's `allowed-tools` entitles it to.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skill: a name, or a path if it contains `/` or starts with `.`
    #[arg(value_name = "SKILL")]
    skill: String,
    /// Write a folder that toolchains take as it is
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let skill = context.open(&runtime, &options.skill)?;
    let world = runtime.world(&skill.id)?;
    let Some(folder) = &options.out else {
        let text = world.text();
        match context.common.json {
            true => context.printer.json(&json!({ "skill": skill.id, "wit": text }))?,
            false => context.printer.out(text.trim_end())?,
        }
        return Ok(Exit::Success);
    };
    let written = wit_folder::write(folder, &world)?;
    match context.common.json {
        true => context.printer.json(&json!({ "skill": skill.id, "files": written }))?,
        false => {
            let count = written.len();
            let folder = render::path(folder);
            context
                .printer
                .note(&format!("{count} files in `{folder}`: what `{}` may use", plain(&skill.id)));
            context.printer.note(
                "functions of your own are added to the world in that folder; how each language defines them: \
                 `openskills wit --help`",
            );
        }
    }
    Ok(Exit::Success)
}
