//! Packages from PyPI, pinned by version and hash, in folders of our own in the user's cache.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::{ToolchainError, process};

use crate::checkout::say;

/// Some ten megabytes over a slow line.
const LIMIT: Duration = Duration::from_secs(900);

/// One pinned package of a requirements file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Requirement<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// The requirement with its hashes, as pip reads it.
    text: &'a str,
}

impl<'a> Requirement<'a> {
    /// The requirement with its hashes: what it is known by.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }
}

/// The packages of a requirements file in which every hash is on an indented line of its own.
pub(crate) fn requirements(file: &str) -> Vec<Requirement<'_>> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        if line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([file.len()]);
    let texts = starts.iter().copied().zip(ends).map(|(start, end)| &file[start..end]);
    texts
        .filter_map(|text| {
            let (name, rest) = text.split_once("==")?;
            let version = rest.split(|c: char| c.is_whitespace() || c == ';').next()?;
            Some(Requirement { name, version, text })
        })
        .collect()
}

/// The folder of a package that is a program: its executables are in `bin`.
pub(crate) fn program(requirement: &Requirement<'_>) -> Result<PathBuf> {
    let name =
        format!("{}-{}-{:016x}", requirement.name, requirement.version, cache::key(&[requirement.text]));
    let entry = Entry::new(cache::folder()?.join("tools"), name);
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress(&format!("installing {} {} from PyPI", requirement.name, requirement.version));
        let mut pip = pip(&["install", "--no-deps", "--target"]);
        pip.arg(folder);
        with_requirements(pip, folder, requirement.text)
    })?)
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

fn pip(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip"]).args(arguments);
    command
}

fn with_requirements(mut pip: Command, folder: &Path, requirements: &str) -> Result<(), ToolchainError> {
    let file = folder.join("requirements.txt");
    std::fs::write(&file, requirements).map_err(|source| ToolchainError::Io {
        action: "write",
        path: file.clone(),
        source,
    })?;
    pip.args(["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--require-hashes", "-r"]);
    process::output(pip.arg(file), LIMIT).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# a comment\none==1.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\
                        two==3 ; python_version < '3.12' \\\n    --hash=sha256:cc\n";

    #[test]
    fn requirements_keep_their_hashes() {
        let all = requirements(FILE);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].name, all[0].version), ("one", "1.2"));
        assert!(all[0].text.contains("sha256:bb") && !all[0].text.contains("sha256:cc"));
        assert_eq!((all[1].name, all[1].version), ("two", "3"));
    }

    #[test]
    fn everything_we_install_is_pinned_by_hash() {
        for file in [crate::tools::TOOLS, crate::tools::ORACLE, crate::demo::DATA, crate::foreign::COMPILERS]
        {
            let lines = file.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
            let all = requirements(file);
            assert_eq!(all.len(), lines.count());
            for requirement in all {
                assert!(requirement.text.contains("--hash=sha256:"), "{} has no hash", requirement.name);
            }
        }
    }
}
