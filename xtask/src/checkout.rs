//! This checkout: its folders, and programs run in it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use openskills_toolchain::process;

/// The repository's folder and the cargo that runs us.
pub(crate) struct Checkout {
    root: PathBuf,
    cargo: OsString,
}

impl Checkout {
    /// The checkout that this program was built in.
    pub(crate) fn here() -> Result<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.parent().context("xtask has no parent folder")?.to_owned();
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Self { root, cargo })
    }

    /// A path in it.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// The folder in which cargo puts what it builds of the root workspace.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
    }

    /// A cargo command in the root folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// Builds `openskills`, with the features of the whole workspace: what the tests build serves it, too.
    pub(crate) fn build_command(&self) -> Result<()> {
        show_and_run(&mut self.cargo(&["build", "--workspace", "--bin", "openskills"]))
    }
}

/// Shows the command and runs it, its output going where ours goes.
pub(crate) fn show_and_run(command: &mut Command) -> Result<()> {
    let line = process::shown(command);
    // cargo by its full path, as cargo itself names it to us, says nothing to a reader.
    let line = match line.split_once(' ') {
        Some((program, rest)) if program.ends_with("/cargo") => format!("cargo {rest}"),
        _ => line,
    };
    say(&format!("$ {line}"));
    Ok(process::status(command)?)
}

/// A line of progress, on stderr.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// PATH with these folders in front.
pub(crate) fn path_with(folders: &[PathBuf]) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&path));
    env::join_paths(all).context("a folder for PATH has a colon in its name")
}
