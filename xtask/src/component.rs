//! `cargo component build`, the older way to a component, kept working for those who use it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::{WASIP1, place, process};

use crate::checkout::{Checkout, say, show_and_run};
use crate::guests;

const VERSION: &str = "0.21.1";

/// The skill that is built this way.
const SKILL: &str = "text-stats";

/// Four minutes on two idle cores.
const LIMIT: Duration = Duration::from_secs(3_600);

/// Builds one skill with `cargo component` to `target/guests/<skill>-cargo-component.wasm`.
pub(crate) fn build(checkout: &Checkout) -> Result<()> {
    let toolchain = guests::toolchain()?;
    if !toolchain.has(WASIP1) {
        bail!(
            "`cargo component` needs the target {WASIP1}, which is missing in {}\n\
             With a network connection: rustup target add {WASIP1}",
            toolchain.sysroot().display()
        );
    }
    let program = installed(checkout)?.join("bin/cargo-component");
    let plain = toolchain.cargo();
    let skills = checkout.path("skills");
    let target = skills.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let mut command = Command::new(program);
    command.args(["component", "build", "--release", "--package", SKILL, "--target-dir"]).arg(&target);
    command.current_dir(&skills).env("CARGO", plain.get_program());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    show_and_run(&mut command)?;
    let made = target.join(WASIP1).join("release").join(SKILL.replace('-', "_")).with_extension("wasm");
    let placed = checkout.path("target/guests").join(format!("{SKILL}-cargo-component.wasm"));
    place(&made, &placed)?;
    say(&format!("built {}", placed.display()));
    Ok(())
}

/// The folder of cargo-component, built into the user's cache once.
fn installed(checkout: &Checkout) -> Result<PathBuf> {
    let entry =
        Entry::new(cache::folder()?.join("tools"), format!("cargo-component-{VERSION}")).tried_by(works);
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress(&format!("building cargo-component {VERSION}, once: about 9 CPU minutes"));
        let mut install = checkout.cargo(&["install", "cargo-component", "--version", VERSION, "--locked"]);
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
