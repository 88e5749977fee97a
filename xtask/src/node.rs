//! The package for Node: packed, installed in an empty project, and tested there; or measured.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, show_and_run};

const FOLDER: &str = "bindings/node";

/// Builds the native half as the tests are built, so that the engine is not built once more, and tests the package.
pub(crate) fn test(checkout: &Checkout) -> Result<()> {
    install(checkout)?;
    show_and_run(&mut checkout.cargo(&["build", "--workspace", "--lib"]))?;
    place(checkout, "debug")?;
    let mut tests = Command::new("npm");
    let tests = tests.args(["test", "--silent"]).current_dir(checkout.path(FOLDER));
    show_and_run(tests.env("OPENSKILLS_TARGET", checkout.target()))
}

/// Measures calls from Node beside the same calls from Rust, optimised.
pub(crate) fn bench(checkout: &Checkout, arguments: &[OsString]) -> Result<()> {
    install(checkout)?;
    show_and_run(&mut checkout.cargo(&["build", "--release", "--workspace", "--lib", "--example", "calls"]))?;
    place(checkout, "release")?;
    let mut bench = Command::new("node");
    bench.args(["--expose-gc", "benches/calls.mjs"]).args(arguments).current_dir(checkout.path(FOLDER));
    bench.env("OPENSKILLS_BENCH_RUST", checkout.target().join("release/examples/calls"));
    show_and_run(bench.env("OPENSKILLS_TARGET", checkout.target()))
}

/// What builds and tests the package, as it is locked.
fn install(checkout: &Checkout) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(checkout.path(FOLDER));
    show_and_run(&mut npm).context("`npm` comes with Node 20: install that first")
}

/// Puts what cargo built with that profile where the package loads it from.
fn place(checkout: &Checkout, profile: &str) -> Result<()> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("the package for Node has no native half for {other}"),
    };
    let built = checkout.target().join(profile).join("libopenskills_node.so");
    let place = checkout.path(FOLDER).join(format!("openskills.linux-{architecture}-gnu.node"));
    std::fs::copy(&built, &place).with_context(|| format!("`{}` cannot be copied", built.display()))?;
    Ok(())
}
