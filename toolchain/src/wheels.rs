//! Packages from PyPI, pinned by version and hash, in folders of our own in the user's cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cache::{self, Entry};
use crate::{ToolchainError, process};

/// Some ten megabytes over a slow line.
const LIMIT: Duration = Duration::from_secs(900);

/// One pinned package of a requirements file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement<'a> {
    /// The package.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The requirement with its hashes, as pip reads it: what it is known by.
    pub text: &'a str,
}

/// The packages of a requirements file in which every hash is on an indented line of its own.
#[must_use]
pub fn requirements(file: &str) -> Vec<Requirement<'_>> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        if line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([file.len()]);
    let texts = starts.iter().copied().zip(ends).filter_map(|(start, end)| file.get(start..end));
    texts
        .filter_map(|text| {
            let (name, rest) = text.split_once("==")?;
            let version = rest.split(|c: char| c.is_whitespace() || c == ';').next()?;
            Some(Requirement { name, version, text })
        })
        .collect()
}

/// Where a package that is a program is kept.
fn entry(requirement: &Requirement<'_>) -> Result<Entry, ToolchainError> {
    let key = cache::key(&[requirement.text]);
    let name = format!("{}-{}-{key:016x}", requirement.name, requirement.version);
    Ok(Entry::new(cache::folder()?.join("tools"), name))
}

/// Where a package is kept, installed or not.
pub(crate) fn place(requirement: &Requirement<'_>) -> Option<PathBuf> {
    entry(requirement).ok().map(|entry| entry.path())
}

/// The folder of a package, if it is there already.
#[must_use]
pub fn installed(requirement: &Requirement<'_>) -> Option<PathBuf> {
    entry(requirement).ok()?.find()
}

/// The folder of a package, installed if it was not: its modules are there, its executables in `bin`.
///
/// # Errors
/// If there is no `python3` with pip, or the package cannot be had or has another digest.
pub fn program(
    requirement: &Requirement<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, ToolchainError> {
    entry(requirement)?.find_or_make(progress, |folder, progress| {
        progress(&format!("installing {} {} from PyPI", requirement.name, requirement.version));
        let mut pip = pip(&["install", "--no-deps", "--target"]);
        pip.arg(folder);
        with_requirements(pip, folder, requirement.text)
    })
}

/// pip of the `python3` on PATH.
#[must_use]
pub fn pip(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip"]).args(arguments);
    command
}

/// Runs pip on requirements, of which each must have its hash. `folder` is where they are written for pip.
///
/// # Errors
/// If pip fails.
pub fn with_requirements(mut pip: Command, folder: &Path, requirements: &str) -> Result<(), ToolchainError> {
    let file = folder.join("requirements.txt");
    fs::write(&file, requirements).map_err(ToolchainError::io("write", &file))?;
    pip.args(["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--require-hashes", "-r"]);
    process::output(pip.arg(file), LIMIT).map(drop).map_err(|error| error.of("pip"))
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

    /// Makes `tiny-1-py3-none-any.whl` in the folder `wheels`, and prints its digest.
    const TINY: &str = "\
import hashlib, os, sys, zipfile
os.mkdir(sys.argv[1])
path = os.path.join(sys.argv[1], 'tiny-1-py3-none-any.whl')
with zipfile.ZipFile(path, 'w') as wheel:
    wheel.writestr('tiny.py', 'ONE = 1')
    wheel.writestr('tiny-1.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n')
    wheel.writestr('tiny-1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('tiny-1.dist-info/RECORD', 'tiny.py,,\\n')
print(hashlib.sha256(open(path, 'rb').read()).hexdigest(), end='')";

    #[test]
    fn a_package_of_another_digest_or_of_none_is_not_installed() {
        let folder = tempfile::tempdir().unwrap();
        let wheels = folder.path().join("wheels");
        let mut python = Command::new("python3");
        let digest = process::output(python.args(["-c", TINY]).arg(&wheels), LIMIT).unwrap();
        let install = |requirement: &str| {
            let target = tempfile::tempdir().unwrap();
            let mut pip = pip(&["install", "--no-index", "--no-deps", "--find-links"]);
            pip.arg(&wheels).arg("--target").arg(target.path());
            let done = with_requirements(pip, folder.path(), requirement);
            assert_eq!(target.path().join("tiny.py").exists(), done.is_ok(), "{requirement}");
            done.map_err(|error| error.to_string())
        };
        install(&format!("tiny==1 --hash=sha256:{digest}\n")).unwrap();
        let other = install(&format!("tiny==1 --hash=sha256:{}\n", "0".repeat(64))).unwrap_err();
        assert!(other.contains("DO NOT MATCH THE HASHES"), "{other}");
        let none = install("tiny==1\n").unwrap_err();
        assert!(none.contains("--require-hashes"), "{none}");
    }
}
