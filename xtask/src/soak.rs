//! Many calls, good and bad.

use std::process::Command;

use anyhow::{Result, bail};

use crate::checkout::{Checkout, show_and_run};
use crate::guests;

/// Calls of the short run that CI does.
pub(crate) const SHORT: &str = "2000";

/// Builds the guests and the program, optimised, and runs so many calls.
pub(crate) fn run(checkout: &Checkout, calls: &str) -> Result<()> {
    if calls.parse::<u64>().is_err() {
        bail!("`{calls}` is no number of calls");
    }
    guests::programs(checkout)?;
    // The workspace as a whole, here and below: with other features of its dependencies the engine is built again.
    show_and_run(&mut checkout.cargo(&["build", "--release", "--workspace", "--bin", "soak"]))?;
    show_and_run(Command::new(checkout.target().join("release/soak")).arg(calls))
}

/// The short run, in the profile of the tests.
pub(crate) fn short(checkout: &Checkout) -> Result<()> {
    show_and_run(&mut checkout.cargo(&["build", "--workspace", "--bin", "soak"]))?;
    show_and_run(Command::new(checkout.target().join("debug/soak")).arg(SHORT))
}
