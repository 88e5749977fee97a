//! Components of Python: CPython and the skill's modules, by componentize-py.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Sources;
use crate::{ToolchainError, process};

/// Seven seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(600);

/// A component of Python modules.
#[derive(Clone, Copy, Debug)]
pub struct Python<'a> {
    /// The module whose class `WitWorld` has the functions of the world.
    pub module: &'a str,
    /// Folders in which modules are looked for beside the sources.
    pub packages: &'a [PathBuf],
}

impl Python<'_> {
    /// Builds it with the compiler in `compiler`. A module that imports an interface which its world does not have is
    /// an error, since modules are imported by the build.
    ///
    /// # Errors
    /// If the compiler fails: its last lines.
    pub fn build(&self, sources: &Sources<'_>, compiler: &Path) -> Result<PathBuf, ToolchainError> {
        let component = sources.component();
        let mut command = Command::new("python3");
        command.args(["-c", "import sys, componentize_py; sys.exit(componentize_py.script())"]);
        command.arg("--wit-path").arg(sources.wit).args([
            "--world",
            sources.world,
            "componentize",
            self.module,
        ]);
        command.arg("--python-path").arg(sources.folder);
        for folder in self.packages {
            command.arg("--python-path").arg(folder);
        }
        command.arg("--output").arg(&component).current_dir(sources.work);
        // What is set for another Python must not reach this one, and no bytecode goes beside the sources.
        // The compiler's own backtrace would take the place of what Python says.
        for variable in ["PYTHONHOME", "VIRTUAL_ENV", "RUST_BACKTRACE", "RUST_LIB_BACKTRACE"] {
            command.env_remove(variable);
        }
        command.env("PYTHONPATH", compiler).env("PYTHONDONTWRITEBYTECODE", "1");
        process::output(&mut command, LIMIT)?;
        Ok(component)
    }
}
