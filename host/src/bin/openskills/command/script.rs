//! `openskills run SKILL --script FILE`: a script of a skill, with its own streams and exit status.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::Result;
use openskills_runtime::{OpenSkillError, OpenSkillRuntime, ScriptOptions};

use super::call_options::{coped, unkept};
use super::run::Options;
use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::interrupt;
use crate::printer::plain;
use crate::render;

pub(super) fn run(
    script: &str,
    options: &Options,
    runtime: &OpenSkillRuntime,
    context: &Context,
) -> Result<Exit> {
    let printer = context.printer;
    let skill = context.open(runtime, &options.skill)?;
    // Read before anything is built: a wrong name must not cost half a minute.
    if options.module.is_none() && runtime.resource(&skill.id, script).is_err() {
        return Err(missing(script, &skill.id, runtime).into());
    }
    let stdin = options.stdin.as_deref().map_or_else(|| Ok(Vec::new()), read)?;
    install(runtime, context)?;
    if !options.with.is_empty() && !runtime.has_packages(&skill.id, &options.with)? {
        context.printer.note(&plain(&format!("fetching for this run: {}", options.with.join(", "))));
        context
            .progress
            .installing(|progress| runtime.add_packages(&skill.id, &options.with, true, progress))?;
    }
    let script_options = ScriptOptions {
        arguments: options.arguments.clone(),
        stdin,
        module: options.module.is_some(),
        packages: options.with.clone(),
        timeout_ms: options.call.timeout_ms,
        cancel: Some(interrupt::token()),
    };
    let result = match runtime.run_script(&skill.id, script, script_options) {
        Ok(result) => result,
        Err(error) if context.common.json => return Err(error.into()),
        Err(error) => {
            // What it wrote until then is its own, as far as it got.
            if let Some(trace) = error.trace() {
                printer.program_out(trace.stdout.as_bytes())?;
                printer.program_error(trace.stderr.as_bytes());
            }
            return Ok(render::ended(printer, &error));
        }
    };
    if let Some(error) = &result.audit_error {
        printer.warning(&unkept(error));
    }
    if context.common.json {
        printer.json(&result)?;
        return Ok(Exit::Script(result.exit_code));
    }
    printer.program_out(&result.stdout)?;
    printer.program_error(&result.stderr);
    if let Some(note) = coped(&result.audit) {
        printer.note(&note);
    }
    Ok(Exit::Script(result.exit_code))
}

/// Names the scripts that there are, the most alike first.
pub(super) fn missing(script: &str, skill: &str, runtime: &OpenSkillRuntime) -> Complaint {
    let complaint = Complaint::usage(format!("`{skill}` has no file `{script}` that can be read"));
    let mut there: Vec<String> =
        runtime.scripts(skill).unwrap_or_default().into_iter().map(|script| script.path).collect();
    there.sort_by_key(|path| strsim::damerau_levenshtein(script, path));
    let shown: Vec<String> = there.iter().take(5).map(|path| format!("`{path}`")).collect();
    match shown.as_slice() {
        [] => complaint.hint("it has no Python scripts in its folder `scripts`"),
        shown => complaint.hint(format!("its scripts: {}", shown.join(", "))),
    }
}

/// Builds the interpreter if it is not there yet, which takes a while.
pub(super) fn install(runtime: &OpenSkillRuntime, context: &Context) -> Result<(), OpenSkillError> {
    if runtime.interpreters()?.iter().any(|interpreter| interpreter.in_use) {
        return Ok(());
    }
    context.printer.note("scripts run in a Python interpreter of our own, which is built now, this once");
    context.progress.installing(|progress| runtime.install_interpreter(None, progress))?;
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        _ => fs::read(path),
    };
    Ok(read.map_err(|error| Complaint::io(format!("`{}` cannot be read: {error}", path.display())))?)
}
