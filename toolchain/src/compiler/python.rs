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
        process::output(&mut command, LIMIT).map_err(|error| {
            let mut error = error.of("componentize-py");
            if let ToolchainError::Failed { tail, .. } = &mut error {
                *tail = readable(tail);
            }
            error
        })?;
        Ok(component)
    }
}

/// What Python says of the author's modules, without what it says of the program that ran it: that one's own traceback
/// before, and the last line again after. The folder of the sources is `/0` in the component.
fn readable(said: &str) -> String {
    let start = "AssertionError: ";
    let said = said.split_once(start).map_or(said, |(_, said)| said);
    let (told, cause) = said.split_once("\n\nCaused by:").map_or((said, ""), |(told, cause)| (told, cause));
    let last = told.trim_end().lines().last().unwrap_or_default().trim();
    let cause = cause.trim();
    let is_repeated = !last.is_empty() && (cause.starts_with(last) || last.starts_with(cause));
    let told = if is_repeated || cause.is_empty() {
        told.trim_end().to_owned()
    } else {
        format!("{}\n{cause}", told.trim_end())
    };
    told.replace("File \"/0/", "File \"")
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn what_is_left_is_about_the_author_s_modules() {
        let before =
            "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nAssertionError: ";
        let of_skill = "Traceback (most recent call last):\n  File \"/0/app.py\", line 9, in <module>\n    import none\n\
                        ModuleNotFoundError: No module named 'none'";
        let expected = of_skill.replace("/0/", "");
        let after = "\n\n\nCaused by:\n    ModuleNotFoundError: No module named 'none'\n";
        assert_eq!(readable(&format!("{before}{of_skill}{after}")), expected);
        let wrong = "  File \"/0/app.py\", line 23\n    def broken(:\n               ^\nSyntaxError: invalid syntax\n\n\n\
                     Caused by:\n    SyntaxError: invalid syntax (app.py, line 23)";
        assert!(readable(&format!("{before}{wrong}")).ends_with("SyntaxError: invalid syntax"));
        // What says something new stays.
        assert_eq!(
            readable("AssertionError: it failed\n\nCaused by:\n    for this reason"),
            "it failed\nfor this reason"
        );
        assert_eq!(readable("something else"), "something else");
    }
}
