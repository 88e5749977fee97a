//! Packages of Python alone that a skill is built with: resolved once, pinned by digest, kept by content.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::cache::{self, Entry};
use crate::wheels::pip;
use crate::{ToolchainError, process};

/// The Python that componentize-py has inside.
const PYTHON: &str = "3.14";

/// Some megabytes over a slow line.
const LIMIT: Duration = Duration::from_secs(600);

/// Reads the dependencies of a `pyproject.toml`: a project of today has them there.
const DECLARED: &str = "\
import json, sys, tomllib
with open(sys.argv[1], 'rb') as file:
    print(json.dumps(tomllib.load(file).get('project', {}).get('dependencies', [])))";

/// The dependencies that a `pyproject.toml` names.
///
/// # Errors
/// If it cannot be read, or there is no `python3` of 3.11 or later.
pub fn declared(pyproject: &Path) -> Result<Vec<String>, ToolchainError> {
    let mut python = Command::new("python3");
    let read = process::output(python.args(["-c", DECLARED]).arg(pyproject), LIMIT);
    let text = read.map_err(|error| match error {
        // The last line of a traceback.
        ToolchainError::Failed { tail, .. } => ToolchainError::Unsuited(format!(
            "`{}` cannot be read: {}",
            pyproject.display(),
            tail.trim_end().lines().last().unwrap_or_default()
        )),
        error => error,
    })?;
    let unsuited =
        || ToolchainError::Unsuited(format!("the dependencies in {} are no texts", pyproject.display()));
    serde_json::from_str(&text).map_err(|_| unsuited())
}

/// A requirements file with the wheels, and the digests of each, that these dependencies and theirs lead to.
///
/// # Errors
/// If one cannot be had as a wheel of Python alone.
pub fn resolve(dependencies: &[String], progress: &mut dyn FnMut(&str)) -> Result<String, ToolchainError> {
    if let Some(wrong) = dependencies.iter().find(|one| one.starts_with('-') || one.contains('\n')) {
        return Err(ToolchainError::Unsuited(format!("`{wrong}` is no requirement of a package")));
    }
    progress(&format!("looking up {}", dependencies.join(", ")));
    let mut pip = pip(&["install", "--dry-run", "--ignore-installed", "--target", "unused", "--report", "-"]);
    pure(&mut pip).arg("--").args(dependencies);
    let report = process::output(&mut pip, LIMIT).map_err(|error| error.of("pip install"))?;
    let unsuited =
        || ToolchainError::Unsuited("pip's report is not what was expected: update pip".to_owned());
    let report: Value = serde_json::from_str(&report).map_err(|_| unsuited())?;
    let mut lines = Vec::new();
    for package in report["install"].as_array().ok_or_else(unsuited)? {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(unsuited);
        let (name, version) = (text(&package["metadata"]["name"])?, text(&package["metadata"]["version"])?);
        let digest = text(&package["download_info"]["archive_info"]["hashes"]["sha256"])?;
        lines.push(format!("{name}=={version} \\\n    --hash=sha256:{digest}\n"));
    }
    lines.sort();
    Ok(lines.concat())
}

/// Where the packages of a requirements file are, if they are installed.
///
/// # Errors
/// If there is no cache folder.
pub fn installed(requirements: &str) -> Result<Option<PathBuf>, ToolchainError> {
    Ok(entry(requirements)?.find())
}

/// The folder with the packages of a requirements file, installed if it was not. Each must have its digest there, those
/// that others need included, and be a wheel of Python alone.
///
/// # Errors
/// If one has no digest, another digest, or cannot be had so.
pub fn install(requirements: &str, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, ToolchainError> {
    entry(requirements)?.find_or_make(progress, |folder, progress| {
        progress("installing the packages of requirements.txt");
        let file = folder.join("requirements.txt");
        fs::write(&file, requirements).map_err(ToolchainError::io("write", &file))?;
        let mut pip = pip(&["install", "--no-compile", "--require-hashes", "--target"]);
        pip.arg(folder).arg("-r").arg(&file);
        process::output(pure(&mut pip), LIMIT).map(drop).map_err(|error| error.of("pip install"))
    })
}

/// Wheels of Python alone, for the Python inside components.
fn pure(pip: &mut Command) -> &mut Command {
    pip.args(["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--implementation", "py"]);
    pip.args(["--abi", "none", "--platform", "any", "--python-version", PYTHON])
}

fn entry(requirements: &str) -> Result<Entry, ToolchainError> {
    let key = cache::key(&[PYTHON, requirements]);
    Ok(Entry::new(cache::folder()?.join("requirements"), format!("python-{key:016x}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_package_reaches_no_pip() {
        for wrong in ["--index-url=x", "-r other", "a\n--pre"] {
            let error = resolve(&[wrong.to_owned()], &mut |_| ()).unwrap_err().to_string();
            assert!(error.contains("is no requirement"), "{error}");
        }
    }

    #[test]
    fn dependencies_are_read_where_projects_have_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pyproject.toml");
        for (text, expected) in [
            ("[project]\nname = 'a'\n", vec![]),
            ("[build-system]\nrequires = ['x']\n", vec![]),
            ("[project]\ndependencies = ['humanize>=4', \"tabulate\"]\n", vec!["humanize>=4", "tabulate"]),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(declared(&file).unwrap(), expected);
        }
        for wrong in ["[project", "[project]\ndependencies = [1]\n"] {
            fs::write(&file, wrong).unwrap();
            assert!(declared(&file).is_err(), "{wrong}");
        }
    }
}
