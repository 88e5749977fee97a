//! The benchmark.

use std::ffi::OsString;

use anyhow::Result;

use crate::checkout::{Checkout, show_and_run};
use crate::{guests, node, python_package};

/// Builds the guests and the benchmark, optimised, and runs it with these arguments. `python` or `node` as the first is
/// that of a package.
pub(crate) fn run(checkout: &Checkout, arguments: &[OsString]) -> Result<()> {
    guests::skills(checkout)?;
    guests::programs(checkout)?;
    match arguments.split_first() {
        Some((first, rest)) if first == "python" => return python_package::bench(checkout, rest),
        Some((first, rest)) if first == "node" => return node::bench(checkout, rest),
        _ => {}
    }
    // The cold process is timed as what users have: the optimised programs themselves.
    // All of the workspace each time: with other features of its dependencies the engine would be built twice.
    let programs = ["build", "--release", "--workspace", "--bin", "openskills", "--bin", "bare"];
    show_and_run(&mut checkout.cargo(&programs))?;
    let mut bench = checkout.cargo(&["bench", "--workspace"]);
    bench.args(["--bench", "first_light", "--bench", "web", "--bench", "files", "--bench", "scripts"]);
    if !arguments.is_empty() {
        bench.arg("--").args(arguments);
    }
    show_and_run(&mut bench)
}
