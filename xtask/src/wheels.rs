//! Packages from PyPI, pinned by version and hash, in folders of our own in the user's cache.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::process;
use openskills_toolchain::wheels::{self, pip, with_requirements};
pub(crate) use openskills_toolchain::wheels::{Requirement, requirements};

use crate::checkout::say;

/// Some ten megabytes over a slow line.
const LIMIT: Duration = Duration::from_secs(900);

/// The folder of a package that is a program: its executables are in `bin`.
pub(crate) fn program(requirement: &Requirement<'_>) -> Result<PathBuf> {
    Ok(wheels::program(requirement, &mut say)?)
}

/// The Python of a virtual environment with these packages.
pub(crate) fn python(what: &str, requirements: &str) -> Result<PathBuf> {
    let name = format!("{what}-{:016x}", cache::key(&[requirements]));
    let entry = Entry::new(cache::folder()?.join("python"), name).tried_by(|folder| {
        process::output(Command::new(folder.join("bin/python")).arg("--version"), LIMIT).is_ok()
    });
    let folder = entry.find_or_make(&mut say, |folder, progress| {
        progress(&format!("installing Python packages from PyPI: {what}"));
        // Without pip inside: Debian's Python has none to put there.
        let mut venv = Command::new("python3");
        process::output(venv.args(["-m", "venv", "--without-pip"]).arg(folder), LIMIT)?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "--python"]).arg(folder.join("bin/python")).arg("install");
        with_requirements(pip, folder, requirements)
    })?;
    Ok(folder.join("bin/python"))
}

/// The wheels themselves, in a folder.
pub(crate) fn download(what: &str, requirements: &str) -> Result<PathBuf> {
    let name = format!("{what}-{:016x}", cache::key(&[requirements]));
    let entry = Entry::new(cache::folder()?.join("wheels"), name);
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress(&format!("downloading from PyPI: {what}"));
        let mut pip = pip(&["download", "--no-deps", "--dest"]);
        pip.arg(folder);
        with_requirements(pip, folder, requirements)
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_we_install_is_pinned_by_hash() {
        for file in [
            crate::tools::TOOLS,
            crate::tools::ORACLE,
            crate::demo::DATA,
            openskills_toolchain::compiler::WHEELS,
            crate::python_package::REQUIREMENTS,
            crate::pythons::REQUIREMENTS,
        ] {
            let lines = file.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
            let all = requirements(file);
            assert_eq!(all.len(), lines.count());
            for requirement in all {
                assert!(requirement.text.contains("--hash=sha256:"), "{} has no hash", requirement.name);
            }
        }
    }
}
