//! `openskills packages`: what scripts of a skill import that is not in Python itself.

use anyhow::Result;
use clap::{Args, Subcommand};
use openskills_runtime::{OpenSkillRuntime, PackageLock};

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BOLD, DIM, paint, plain};

const EXAMPLES: &str = "\
Packages are fetched here and nowhere else: with the python3 and pip of this machine, as wheels of Python alone, \
with all that they depend on. They are kept in the cache folder by digest, and scripts of the skill import them from \
`/packages`, read-only. What has native code is refused by name. Runs need no package index and fetch nothing.

Examples:
  openskills packages add pdf-tools pypdf 'requests>=2'
  openskills packages add pdf-tools            # those that its SKILL.md and its scripts declare
  openskills packages list pdf-tools
  openskills packages remove pdf-tools requests
  openskills run pdf-tools --with rich --script scripts/x.py    # for single runs";

/// Add, list or remove the packages that a skill's scripts import.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fetch packages and what they depend on; without names, those that the skill declares
    Add {
        /// The skill: a name, or a path if it contains `/` or starts with `.`
        skill: String,
        /// `NAME`, or with versions: `'NAME>=2,<3'`
        #[arg(value_name = "PACKAGE")]
        packages: Vec<String>,
    },
    /// List what was added, and what is declared and missing
    List {
        /// The skill
        skill: String,
    },
    /// Take packages away
    Remove {
        /// The skill
        skill: String,
        /// Their names
        #[arg(value_name = "PACKAGE", required = true)]
        packages: Vec<String>,
    },
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder().build()?;
    let (Action::Add { skill, .. } | Action::List { skill } | Action::Remove { skill, .. }) = &options.action;
    let id = context.open(&runtime, skill)?.id;
    let lock = match &options.action {
        Action::Add { packages, .. } => {
            let wanted = match packages.as_slice() {
                [] => declared(&id, &runtime)?,
                packages => packages.to_vec(),
            };
            context.printer.note(&plain(&format!("fetching for `{id}`: {}", wanted.join(", "))));
            Some(
                context
                    .progress
                    .installing(|progress| runtime.add_packages(&id, &wanted, false, progress))?,
            )
        }
        Action::List { .. } => runtime.packages(&id)?,
        Action::Remove { packages, .. } => {
            context.progress.installing(|progress| runtime.remove_packages(&id, packages, progress))?
        }
    };
    if context.common.json {
        context.printer.json(&lock)?;
        return Ok(Exit::Success);
    }
    if let Action::List { .. } = options.action {
        let missing: Vec<String> = runtime
            .declared_packages(&id)?
            .into_iter()
            .filter(|name| !lock.as_ref().is_some_and(|lock| lock.has(name)))
            .collect();
        if !missing.is_empty() {
            let names = plain(&missing.join(", "));
            context.printer.note(&format!("declared and not added: {names}: `openskills packages add {id}`"));
        }
    }
    show(lock.as_ref(), context)
}

fn declared(id: &str, runtime: &OpenSkillRuntime) -> Result<Vec<String>> {
    match runtime.declared_packages(id)? {
        none if none.is_empty() => Err(Complaint::usage(format!("`{id}` declares no packages"))
            .hint(format!("name them: `openskills packages add {id} PACKAGE`"))
            .into()),
        found => Ok(found),
    }
}

fn show(lock: Option<&PackageLock>, context: &Context) -> Result<Exit> {
    match lock {
        None => context.printer.note("no packages are added"),
        Some(lock) => {
            for package in &lock.packages {
                let digest = paint(DIM, &format!("sha256 {}", package.sha256));
                let name = format!("{}=={}", plain(&package.name), plain(&package.version));
                context.printer.out(&format!("{} {digest}", paint(BOLD, &name)))?;
            }
        }
    }
    Ok(Exit::Success)
}
