//! `cargo component build`, the older way to a component, kept working for those who use it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::cargo_component::{self, CARGO_COMPONENT};
use openskills_toolchain::{WASIP1, place, process};

use crate::checkout::{Checkout, say, show_and_run};
use crate::guests;

/// The skill that is built this way.
const SKILL: &str = "text-stats";

/// Four minutes on two idle cores.
const LIMIT: Duration = Duration::from_secs(3_600);

/// Builds one skill with `cargo component` to `target/guests/<skill>-cargo-component.wasm`.
pub(crate) fn build(checkout: &Checkout) -> Result<()> {
    let toolchain = guests::toolchain()?;
    let program = installed(checkout)?.join("bin/cargo-component");
    let skills = checkout.path("skills");
    let target = skills.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let mut command = cargo_component::command(&program, &toolchain)?;
    command.args(["build", "--release", "--package", SKILL, "--target-dir"]).arg(&target);
    show_and_run(command.current_dir(&skills))?;
    let made = target.join(WASIP1).join("release").join(SKILL.replace('-', "_")).with_extension("wasm");
    let placed = checkout.path("target/guests").join(format!("{SKILL}-cargo-component.wasm"));
    place(&made, &placed)?;
    say(&format!("built {}", placed.display()));
    Ok(())
}

/// The folder of cargo-component, built into the user's cache once.
fn installed(checkout: &Checkout) -> Result<PathBuf> {
    let entry = Entry::new(cache::folder()?.join("tools"), format!("cargo-component-{CARGO_COMPONENT}"))
        .tried_by(works);
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress(&format!("building cargo-component {CARGO_COMPONENT}, once: about 9 CPU minutes"));
        let mut install =
            checkout.cargo(&["install", "cargo-component", "--version", CARGO_COMPONENT, "--locked"]);
        // Unoptimised: it only moves bytes here, and optimising it takes more than twice as long.
        install.args(["--debug", "--no-track", "--root"]).arg(folder);
        install.env("CARGO_TARGET_DIR", folder.join("target")).env("CARGO_PROFILE_DEV_DEBUG", "0");
        process::output(&mut install, LIMIT)?;
        std::fs::remove_dir_all(folder.join("target")).map_err(|source| {
            openskills_toolchain::ToolchainError::Io { action: "remove", path: folder.join("target"), source }
        })
    })?)
}

fn works(folder: &Path) -> bool {
    let mut command = Command::new(folder.join("bin/cargo-component"));
    process::output(command.args(["component", "--version"]), Duration::from_secs(20)).is_ok()
}
