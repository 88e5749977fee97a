//! `openskills build`: a skill's component of its sources.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use indicatif::HumanBytes;
use openskills_runtime::InstallWatcher;
use serde_json::json;

use crate::author::build::Build;
use crate::author::language::Language;
use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BOLD, paint, plain};
use crate::render;

const EXAMPLES: &str = "\
The compiler gets the world that the skill's `allowed-tools` entitles it to: what is not asked for is an error of the \
compiler or of the build. Compilers that are missing are installed into the cache folder, pinned by digest: \
componentize-py and Zig by pip, componentize-qjs by npm; Rust's target by rustup.

The compiler runs on this machine with your rights, on the skill's own sources, build scripts included: build what \
you would run.

Examples:
  openskills build
  openskills build skills/notes --force
  openskills build --no-install";

/// Build a skill's component of its sources.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skill's folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// What it is written in, where that cannot be told
    #[arg(long, value_name = "LANGUAGE", value_enum, ignore_case = true)]
    lang: Option<Language>,
    /// Install no compiler: say which is missing
    #[arg(long)]
    no_install: bool,
    /// Build a crate with `cargo component`, which must be installed
    #[arg(long)]
    cargo_component: bool,
    /// Build also if nothing changed
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let started = Instant::now();
    if !options.path.is_dir() {
        let complaint = Complaint::not_found(format!("there is no folder `{}`", options.path.display()));
        let folder = options.path.parent().filter(|_| options.path.is_file());
        return Err(match folder {
            None => complaint,
            Some(folder) if folder.as_os_str().is_empty() => complaint.hint("name the skill's folder: `.`"),
            Some(folder) => complaint.hint(format!("name the skill's folder: `{}`", folder.display())),
        }
        .into());
    }
    let runtime = context.builder().build()?;
    let descriptor = runtime.load_skill(&options.path)?;
    let folder: &Path = &descriptor.path;
    let language = match options.lang {
        Some(language) => language.checked(folder)?,
        None => Language::detect(folder)?,
    };
    if options.cargo_component && language != Language::Rust {
        let message =
            format!("`cargo component` builds Rust, and this skill is written in {}", language.name());
        return Err(Complaint::usage(message).hint("leave `--cargo-component` out").into());
    }
    let (skill, world) = (runtime.skill(&descriptor.id)?, runtime.world(&descriptor.id)?);
    let build = Build {
        folder,
        language,
        skill: &skill,
        world: &world,
        no_install: options.no_install,
        cargo_component: options.cargo_component,
        is_watched: context.printer.stderr_is_terminal() && !context.printer.is_quiet(),
        force: options.force,
    };
    let built = match language {
        // cargo has a display of its own.
        Language::Rust => build.run(&mut |_| ())?,
        _ => context
            .progress
            .installing(|watcher: &dyn InstallWatcher| build.run(&mut |line| watcher.step(line)))?,
    };
    let time = started.elapsed();
    match context.common.json {
        true => context.printer.json(&json!({
            "skill": descriptor.id,
            "language": language.name(),
            "component": built.component,
            "bytes": built.bytes,
            "changed": built.changed,
            "duration_ms": u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        }))?,
        false => {
            let what = if built.changed { "built" } else { "nothing to do" };
            let text = format!(
                "{} {what}: {}, {}, {:.1} s",
                paint(BOLD, &plain(&descriptor.id)),
                render::path(&built.component),
                HumanBytes(built.bytes as u64),
                time.as_secs_f64()
            );
            context.printer.out(&text)?;
        }
    }
    Ok(Exit::Success)
}
