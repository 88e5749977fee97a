//! The tools that the tests need, installed where they are missing and never into the user's environment.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use openskills_toolchain::process;

use crate::wheels::{self, Requirement};

/// The programs.
pub(crate) const TOOLS: &str = include_str!("../python/tools.txt");

/// The packages that compute figures for the tests to compare with.
pub(crate) const ORACLE: &str = include_str!("../python/oracle.txt");

/// The oldest cargo-nextest 0.9 on PATH that does; older ones do not know all of our settings.
const NEXTEST: u32 = 100;

/// Installs everything and says where it is.
pub(crate) fn install() -> Result<()> {
    for requirement in wheels::requirements(TOOLS) {
        match folder(&requirement)? {
            Some(folder) => println!("{} {}: {}", requirement.name, requirement.version, folder.display()),
            None => println!("{}: the one on PATH", requirement.name),
        }
    }
    println!("python for the tests: {}", python()?.display());
    Ok(())
}

/// Folders for PATH so that the tools named are on it.
pub(crate) fn folders(names: &[&str]) -> Result<Vec<PathBuf>> {
    let all = wheels::requirements(TOOLS);
    let mut folders = Vec::new();
    for name in names {
        let Some(requirement) = all.iter().find(|requirement| short(requirement.name) == *name) else {
            bail!("xtask/python/tools.txt has no {name}");
        };
        folders.extend(folder(requirement)?);
    }
    Ok(folders)
}

/// A Python with what the tests compare with.
pub(crate) fn python() -> Result<PathBuf> {
    wheels::python("oracle", ORACLE)
}

/// The folder with the program, installed if it was not; none for a suitable one on PATH.
fn folder(requirement: &Requirement<'_>) -> Result<Option<PathBuf>> {
    if short(requirement.name) == "cargo-nextest" && nextest_on_path() {
        return Ok(None);
    }
    Ok(Some(wheels::program(requirement)?.join("bin")))
}

fn nextest_on_path() -> bool {
    let mut command = Command::new("cargo-nextest");
    let told = process::output(command.args(["nextest", "--version"]), Duration::from_secs(20));
    told.is_ok_and(|text| suits(&text))
}

fn suits(version: &str) -> bool {
    let number = version.split_whitespace().nth(1).and_then(|number| number.strip_prefix("0.9."));
    number.and_then(|patch| patch.parse::<u32>().ok()).is_some_and(|patch| patch >= NEXTEST)
}

/// The program that a package carries.
fn short(package: &str) -> &str {
    package.strip_prefix("astral-dev-toolchain-").unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nextest_of_the_right_line_suits() {
        assert!(suits("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143\n"));
        assert!(!suits("cargo-nextest 0.9.58\n"));
        assert!(!suits("cargo-nextest 0.10.0\n"));
        assert!(!suits(""));
    }
}
