//! The commands, a file each.

mod audit;
mod build;
mod cache;
mod call;
mod call_options;
mod check;
mod compile;
mod completions;
mod doctor;
mod handle;
mod inspect;
mod interpreter;
mod list;
mod new;
mod packages;
mod policy;
mod prompt;
mod run;
mod script;
mod show;
mod test;
mod tools;
mod validate;
mod wit;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a skill once on a JSON input
    Run(Box<run::Options>),
    /// Call a typed function that a skill exports
    Call(Box<call::Options>),
    /// List the skills that are found
    List(list::Options),
    /// Show a skill's description, instructions and resources
    Show(show::Options),
    /// Print the catalogue of skills for a model's prompt
    Prompt(prompt::Options),
    /// Print the skills as tools for a model, as JSON
    Tools(tools::Options),
    /// Answer a tool call of a model's, or all calls of its message
    Handle(Box<handle::Options>),
    /// Show what a component imports, exports, takes and gives, and what it is granted
    Inspect(inspect::Options),
    /// Check SKILL.md files against the specification
    Validate(validate::Options),
    /// Show what the policy makes of a skill, and check policy files
    Policy(policy::Options),
    /// Read skills' scripts without running them, and say what each needs
    Check(check::Options),
    /// Install or list the interpreters of scripts
    Interpreter(interpreter::Options),
    /// Run skills' own cases, `tests/*.json`, in the sandbox
    Test(test::Options),
    /// Make a new skill
    New(new::Options),
    /// Build a skill's component
    Build(build::Options),
    /// Print the WIT world that a skill's `allowed-tools` entitles it to
    Wit(wit::Options),
    /// Add, list or remove the packages that a skill's scripts import
    Packages(packages::Options),
    /// Compile skills beforehand, so that their first call is fast
    Compile(compile::Options),
    /// Check and read the files that `--audit-log` writes
    Audit(audit::Options),
    /// List, prune or verify what is kept in the cache folder
    Cache(cache::Options),
    /// Print what a shell needs to complete this command
    Completions(completions::Options),
    /// Check the engine, the kernel, the cache and the skills folders
    Doctor(doctor::Options),
}

/// Does what the command says.
pub(crate) fn run(command: Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Run(options) => run::run(&options, context),
        Command::Cache(options) => cache::run(&options, context),
        Command::Completions(options) => completions::run(&options, context),
        Command::Call(options) => call::run(&options, context),
        Command::List(options) => list::run(&options, context),
        Command::Show(options) => show::run(&options, context),
        Command::Prompt(options) => prompt::run(&options, context),
        Command::Tools(options) => tools::run(&options, context),
        Command::Handle(options) => handle::run(&options, context),
        Command::Inspect(options) => inspect::run(&options, context),
        Command::Validate(options) => validate::run(&options, context),
        Command::Policy(options) => policy::run(&options, context),
        Command::Check(options) => check::run(&options, context),
        Command::Interpreter(options) => interpreter::run(&options, context),
        Command::Test(options) => test::run(&options, context),
        Command::New(options) => new::run(&options, context),
        Command::Build(options) => build::run(&options, context),
        Command::Wit(options) => wit::run(&options, context),
        Command::Packages(options) => packages::run(&options, context),
        Command::Compile(options) => compile::run(&options, context),
        Command::Audit(options) => audit::run(&options, context),
        Command::Doctor(options) => doctor::run(&options, context),
    }
}
