//! The chores of this repository, run as `cargo xtask COMMAND`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

mod authoring;
mod bench;
mod checkout;
mod component;
mod demo;
mod foreign;
mod fuzz;
mod guests;
mod node;
mod python_package;
mod python_types;
mod pythons;
mod readme;
mod soak;
mod steps;
mod suite;
mod tools;
mod wheels;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;
use openskills_toolchain::{GuestToolchain, Source};

use checkout::{Checkout, say};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  demo                        Build what is needed and run real skills on real data
  test [STEP...] [--keep-going] [--list]
                              Run what CI runs, or these steps of it
  fmt                         Format all code
  skills                      Build the skills in skills/ to skills/*/wasm/skill.wasm
  guests                      Build the guests of the tests to target/guests/*.wasm
  bench [ARG...]              Run the benchmark, optimised
  bench python [CALLS]        Measure calls from Python beside the same calls from Rust
  bench node                  Measure calls from Node beside the same calls from Rust
  pythons PYTHON...           Test the Python package's wheel with these interpreters, 3.9 and later
  fuzz TARGET [SECONDS] [--from FOLDER]
                              Fuzz front_matter, rules or instructions, for a minute or as long as is said,
                              beginning with the SKILL.md files of the folder, too
  soak [CALLS]                Make many calls, good and bad, optimised (200,000 by default)
  readme                      Run the commands that README.md and docs/authoring show
  authoring-times [--debug] [--empty-cache]
                              From nothing to a skill that passes, in each language: times and sizes;
                              with --empty-cache the compilers are downloaded within the first build
  tools                       Install the tools of `test` into the user's cache folder
  toolchain [--debian]        Find or make the toolchain for guests, and say which it is;
                              with --debian make it from Debian's packages in any case

Everything that is downloaded or made for all checkouts is kept in $XDG_CACHE_HOME/openskills.
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = lexopt::Parser::from_env();
    let checkout = Checkout::here()?;
    let command = match arguments.next()? {
        Some(Value(command)) => command.string()?,
        Some(Short('h') | Long("help")) => "help".to_owned(),
        Some(other) => return Err(other.unexpected().into()),
        None => {
            eprint!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    };
    match command.as_str() {
        "help" => print!("{USAGE}"),
        "demo" => alone(arguments).and_then(|()| demo::run(&checkout))?,
        "test" => return test(&checkout, arguments),
        "fmt" => alone(arguments).and_then(|()| steps::format(&checkout))?,
        "skills" => alone(arguments).and_then(|()| guests::skills(&checkout))?,
        "guests" => alone(arguments).and_then(|()| guests::programs(&checkout))?,
        "bench" => {
            let rest: Vec<_> = arguments.raw_args()?.collect();
            bench::run(&checkout, &rest)?;
        }
        "pythons" => {
            let rest: Vec<_> = arguments.raw_args()?.collect();
            pythons::run(&checkout, &rest)?;
        }
        "fuzz" => fuzz::run(&checkout, &fuzz::Plan::parse(arguments)?)?,
        "soak" => {
            let calls = arguments.next()?.map_or(Ok("200000".to_owned()), |argument| match argument {
                Value(calls) => calls.string(),
                other => Err(other.unexpected()),
            })?;
            alone(arguments).and_then(|()| soak::run(&checkout, &calls))?;
        }
        "readme" => alone(arguments).and_then(|()| readme::run(&checkout).map(drop))?,
        "authoring-times" => {
            let mut options = authoring::Options::default();
            while let Some(argument) = arguments.next()? {
                match argument {
                    Long("debug") => options.debug = true,
                    Long("empty-cache") => options.empty_cache = true,
                    other => return Err(other.unexpected().into()),
                }
            }
            authoring::times(&checkout, options)?;
        }
        "tools" => alone(arguments).and_then(|()| tools::install())?,
        "toolchain" => toolchain(arguments)?,
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn alone(mut arguments: lexopt::Parser) -> Result<()> {
    match arguments.next()? {
        Some(argument) => Err(argument.unexpected().into()),
        None => Ok(()),
    }
}

fn test(checkout: &Checkout, mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let (mut names, mut keep_going) = (Vec::new(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) => names.push(name.string()?),
            Long("keep-going") => keep_going = true,
            Long("list") => {
                print!("{}", suite::list());
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let passed = suite::run(checkout, &names, keep_going)?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn toolchain(mut arguments: lexopt::Parser) -> Result<()> {
    let mut sources = vec![Source::Active, Source::Rustup, Source::Debian];
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("debian") => sources = vec![Source::Debian],
            other => return Err(other.unexpected().into()),
        }
    }
    let toolchain = GuestToolchain::ensure_from(&sources, &mut say)?;
    println!("{}", toolchain.describe());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::USAGE;

    #[test]
    fn the_menu_names_commands_that_exist() {
        let menu = include_str!("../../justfile");
        let mut count = 0;
        for line in menu.lines().filter_map(|line| line.strip_prefix("    cargo xtask ")) {
            let command = line.split(' ').next().unwrap_or_default();
            assert!(
                USAGE.lines().any(|usage| usage.trim_start().split(' ').next() == Some(command)),
                "{line}"
            );
            count += 1;
        }
        assert!(count > 5, "{count}");
    }
}
