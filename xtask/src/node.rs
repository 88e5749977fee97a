//! The package for Node: packed, installed in an empty project, and tested there.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, show_and_run};

/// Builds the native half as the tests are built, so that the engine is not built once more, and tests the package.
pub(crate) fn test(checkout: &Checkout) -> Result<()> {
    let folder = checkout.path("bindings/node");
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("the package for Node has no native half for {other}"),
    };
    let mut npm = Command::new("npm");
    show_and_run(npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder))
        .context("`npm` comes with Node 20: install that first")?;
    show_and_run(&mut checkout.cargo(&["build", "--workspace", "--lib"]))?;
    let built = checkout.target().join("debug/libopenskills_node.so");
    let place = folder.join(format!("openskills.linux-{architecture}-gnu.node"));
    std::fs::copy(&built, &place).with_context(|| format!("`{}` cannot be copied", built.display()))?;
    let mut tests = Command::new("npm");
    let tests = tests.args(["test", "--silent"]).current_dir(&folder);
    show_and_run(tests.env("OPENSKILLS_TARGET", checkout.target()))
}
