//! The steps of `cargo xtask test`.

use std::process::Command;

use anyhow::Result;
use openskills_toolchain::{Source, WASIP2};

use crate::checkout::{Checkout, path_with, show_and_run};
use crate::suite::Outcome::{self, Nothing, Passed};
use crate::{component, guests, node, python_package, readme, soak, tools};

/// One step: a name to choose it by, what it does, and doing it.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Checkout) -> Result<Outcome>,
}

/// The steps in their order: what fails fast comes first, what later steps read is built before them.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "fmt", about: "formatting", run: fmt },
    Step { name: "typos", about: "spelling", run: typos },
    Step { name: "deny", about: "licences, bans and sources of dependencies", run: deny },
    Step { name: "menu", about: "the justfile can be read", run: menu },
    Step { name: "clippy", about: "lints, as errors", run: clippy },
    Step { name: "fuzz", about: "the fuzz targets, checked as code", run: fuzz },
    Step { name: "skills", about: "the skills, built", run: skills },
    Step { name: "guests", about: "the tests' guest programs, built", run: programs },
    Step { name: "cases", about: "the skills' own cases", run: cases },
    Step { name: "component", about: "a skill built by `cargo component`", run: cargo_component },
    Step { name: "unit", about: "unit and integration tests", run: unit },
    Step { name: "node", about: "the package for Node, installed and tried", run: node_package },
    Step { name: "python", about: "the Python package, built, installed and tested", run: python },
    Step { name: "soak", about: "2,000 calls, good and bad, and what they leave behind", run: soak },
    Step { name: "doctest", about: "examples in the documentation", run: doctest },
    Step { name: "docs", about: "the documentation, without warnings", run: docs },
    Step { name: "readme", about: "the commands that README.md and docs/authoring show", run: readme },
];

fn fmt(checkout: &Checkout) -> Result<Outcome> {
    show_and_run(&mut checkout.cargo(&["fmt", "--all", "--check"]))?;
    if has_skills(checkout) {
        show_and_run(in_skills(checkout, &mut checkout.cargo(&["fmt", "--all", "--check"])))?;
    }
    Ok(Passed)
}

fn typos(checkout: &Checkout) -> Result<Outcome> {
    let mut typos = Command::new("typos");
    show_and_run(with_tools(typos.current_dir(checkout.path("")), &["typos"])?)?;
    Ok(Passed)
}

fn deny(checkout: &Checkout) -> Result<Outcome> {
    let checks = ["--hide-inclusion-graph", "bans", "licenses", "sources"];
    let mut deny = checkout.cargo(&["deny", "--locked", "check"]);
    show_and_run(with_tools(deny.args(checks), &["cargo-deny"])?)?;
    for other in ["skills/Cargo.toml", "fuzz/Cargo.toml"] {
        if !checkout.path(other).is_file() {
            continue;
        }
        let mut deny = checkout.cargo(&["deny", "--locked", "--manifest-path", other]);
        // What is excused for the host's sake need not occur in the others.
        deny.args(["--config", "deny.toml", "check", "-A", "unmatched-skip", "-A", "unnecessary-skip"]);
        show_and_run(with_tools(deny.args(checks), &["cargo-deny"])?)?;
    }
    Ok(Passed)
}

fn menu(checkout: &Checkout) -> Result<Outcome> {
    let mut just = Command::new("just");
    show_and_run(with_tools(just.arg("--summary").current_dir(checkout.path("")), &["just"])?)?;
    Ok(Passed)
}

fn clippy(checkout: &Checkout) -> Result<Outcome> {
    let lints = ["--", "-D", "warnings"];
    show_and_run(checkout.cargo(&["clippy", "--workspace", "--all-targets"]).args(lints))?;
    if has_skills(checkout) {
        let mut clippy = checkout.cargo(&["clippy", "--workspace", "--lib", "--bins", "--examples"]);
        // A compiler of Debian's has no clippy; then the guests are checked as code of this machine.
        if guests::toolchain()?.source() != Source::Debian {
            clippy.args(["--target", WASIP2]);
        }
        show_and_run(in_skills(checkout, clippy.args(lints)))?;
    }
    Ok(Passed)
}

fn fuzz(checkout: &Checkout) -> Result<Outcome> {
    // The targets build the host's pure stages again: what those come to need is missed there.
    show_and_run(&mut checkout.cargo(&["check", "--locked", "--manifest-path", "fuzz/Cargo.toml"]))?;
    Ok(Passed)
}

fn skills(checkout: &Checkout) -> Result<Outcome> {
    guests::skills(checkout).map(|()| Passed)
}

fn programs(checkout: &Checkout) -> Result<Outcome> {
    guests::programs(checkout)?;
    Ok(if guests::has_programs(checkout) { Passed } else { Nothing("there is no tests/programs") })
}

fn cases(checkout: &Checkout) -> Result<Outcome> {
    checkout.build_command()?;
    let mut test = Command::new(checkout.target().join("debug/openskills"));
    show_and_run(test.args(["test", "skills"]).current_dir(checkout.path("")))?;
    Ok(Passed)
}

fn soak(checkout: &Checkout) -> Result<Outcome> {
    soak::short(checkout).map(|()| Passed)
}

fn cargo_component(checkout: &Checkout) -> Result<Outcome> {
    component::build(checkout).map(|()| Passed)
}

fn unit(checkout: &Checkout) -> Result<Outcome> {
    // The tests of the command line run the command itself, which belongs to another package than they.
    checkout.build_command()?;
    let mut nextest = checkout.cargo(&["nextest", "run", "--workspace"]);
    nextest.env("OPENSKILLS_TEST_PYTHON", tools::python()?);
    show_and_run(with_tools(&mut nextest, &["cargo-nextest"])?)?;
    Ok(Passed)
}

fn node_package(checkout: &Checkout) -> Result<Outcome> {
    node::test(checkout).map(|()| Passed)
}

fn python(checkout: &Checkout) -> Result<Outcome> {
    python_package::test(checkout).map(|()| Passed)
}

fn doctest(checkout: &Checkout) -> Result<Outcome> {
    show_and_run(&mut checkout.cargo(&["test", "--doc", "--workspace"]))?;
    Ok(Passed)
}

fn docs(checkout: &Checkout) -> Result<Outcome> {
    let mut doc = checkout.cargo(&["doc", "--no-deps", "--workspace"]);
    show_and_run(doc.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    Ok(Passed)
}

fn readme(checkout: &Checkout) -> Result<Outcome> {
    checkout.build_command()?;
    Ok(match readme::run(checkout)? {
        Some(_) => Passed,
        None => Nothing("there is no README.md"),
    })
}

/// Formats all code, for `cargo xtask fmt`.
pub(crate) fn format(checkout: &Checkout) -> Result<()> {
    show_and_run(&mut checkout.cargo(&["fmt", "--all"]))?;
    if has_skills(checkout) {
        show_and_run(in_skills(checkout, &mut checkout.cargo(&["fmt", "--all"])))?;
    }
    Ok(())
}

fn has_skills(checkout: &Checkout) -> bool {
    checkout.path("skills/Cargo.toml").is_file()
}

fn in_skills<'a>(checkout: &Checkout, command: &'a mut Command) -> &'a mut Command {
    command.current_dir(checkout.path("skills"))
}

fn with_tools<'a>(command: &'a mut Command, names: &[&str]) -> Result<&'a mut Command> {
    Ok(command.env("PATH", path_with(&tools::folders(names)?)?))
}
