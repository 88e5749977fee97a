//! The wheel on other versions of Python than the one that CI has.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::checkout::{Checkout, show_and_run};
use crate::python_package::{REQUIREMENTS as TOOLS, build, emptied, install, of_tests};
use crate::wheels;

/// What runs the tests, on the oldest version that the package is for and on all later ones.
pub(crate) const REQUIREMENTS: &str = include_str!("../python/pytest-oldest.txt");

/// Installs one wheel with each of these interpreters, into an empty environment, and runs the tests there.
pub(crate) fn run(checkout: &Checkout, interpreters: &[OsString]) -> Result<()> {
    ensure!(!interpreters.is_empty(), "name the interpreters: `cargo xtask pythons python3.9 python3.13`");
    let tools = wheels::python("bindings", TOOLS)?;
    let pytest = wheels::download("pytest", REQUIREMENTS)?;
    let out = emptied(checkout.target().join("pythons"))?;
    let wheel = build(checkout, &tools, &out, "dev")?;
    for (number, interpreter) in interpreters.iter().enumerate() {
        let python = install(interpreter, &wheel, &out.join(format!("environment-{number}")))?;
        let beside = out.join(format!("pytest-{number}"));
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "--python"]).arg(&python).args([
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
        ]);
        pip.arg("--target").arg(&beside);
        for file in fs::read_dir(&pytest).with_context(|| pytest.display().to_string())? {
            let file = file?.path();
            if file.extension().is_some_and(|kind| kind == "whl") {
                pip.arg(file);
            }
        }
        show_and_run(&mut pip)?;
        show_and_run(Command::new(&python).arg("--version"))?;
        let mut tests = Command::new(&python);
        tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]);
        show_and_run(of_tests(checkout, &mut tests, &beside))?;
    }
    Ok(())
}
