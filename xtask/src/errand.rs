//! The one errand of the tests in languages other than Rust, for the world `skill`: Python by componentize-py,
//! JavaScript by componentize-qjs. What was built is kept by content.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::{ToolchainError, place, process};

use crate::checkout::{Checkout, say};
use crate::foreign::compiler;

/// What the JavaScript compiler is, and all that it needs, by digest.
const PACKAGE: &str = include_str!("../npm/package.json");
const LOCK: &str = include_str!("../npm/package-lock.json");

const LIMIT: Duration = Duration::from_secs(600);

/// Builds them to `target/guests`. Returns how many there are and how many of them changed.
pub(crate) fn build(checkout: &Checkout) -> Result<(usize, usize)> {
    let guests = checkout.path("target/guests");
    let python = place(&python(checkout)?.join("errand.wasm"), &guests.join("errand_python.wasm"))?;
    let javascript =
        place(&javascript(checkout)?.join("errand.wasm"), &guests.join("errand_javascript.wasm"))?;
    Ok((2, usize::from(python) + usize::from(javascript)))
}

fn python(checkout: &Checkout) -> Result<PathBuf> {
    let compiler = compiler("componentize-py")?;
    let (source, wit) = (checkout.path("tests/programs/python"), checkout.path("wit"));
    let key = key(checkout, &compiler.text, "python/errand.py")?;
    let entry = Entry::new(cache::folder()?.join("guests"), format!("errand-python-{key:016x}"));
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress("componentizing the tests' errand in Python, once: about 10 s");
        let mut command = Command::new("python3");
        command.args(["-c", "import sys, componentize_py; sys.exit(componentize_py.script())", "-d"]);
        command.arg(&wit).args(["-w", "skill", "componentize", "errand", "-p"]).arg(&source).arg("-o");
        command.arg(folder.join("errand.wasm")).env("PYTHONPATH", &compiler.folder);
        // No bytecode beside the source.
        process::output(command.env("PYTHONDONTWRITEBYTECODE", "1"), LIMIT).map(drop)
    })?)
}

fn javascript(checkout: &Checkout) -> Result<PathBuf> {
    let compiler = npm()?;
    let (source, wit) = (checkout.path("tests/programs/javascript/errand.js"), checkout.path("wit"));
    let key = key(checkout, LOCK, "javascript/errand.js")?;
    let entry = Entry::new(cache::folder()?.join("guests"), format!("errand-javascript-{key:016x}"));
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress("componentizing the tests' errand in JavaScript, once: about 5 s");
        let mut command = Command::new("node");
        command
            .arg(compiler.join("node_modules/componentize-qjs/bin/componentize-qjs"))
            .arg("--wit")
            .arg(&wit);
        command.args(["--world", "skill", "--sync", "--js"]).arg(&source).arg("--output");
        process::output(command.arg(folder.join("errand.wasm")), LIMIT).map(drop)
    })?)
}

/// The folder of the JavaScript compiler, installed by the lock file if it is not there.
fn npm() -> Result<PathBuf> {
    let name = format!("npm-{:016x}", cache::key(&[PACKAGE, LOCK]));
    let entry = Entry::new(cache::folder()?.join("tools"), name);
    Ok(entry.find_or_make(&mut say, |folder, progress| {
        progress("installing componentize-qjs from npm");
        for (name, text) in [("package.json", PACKAGE), ("package-lock.json", LOCK)] {
            fs::write(folder.join(name), text).map_err(|source| ToolchainError::Io {
                action: "write",
                path: folder.join(name),
                source,
            })?;
        }
        let mut npm = Command::new("npm");
        // No script of a package is run.
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        process::output(npm.current_dir(folder), LIMIT).map(drop)
    })?)
}

fn key(checkout: &Checkout, compiler: &str, source: &str) -> Result<u64> {
    let mut texts =
        vec![compiler.to_owned(), fs::read_to_string(checkout.path("tests/programs").join(source))?];
    let mut files: Vec<PathBuf> =
        fs::read_dir(checkout.path("wit"))?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
        texts.push(fs::read_to_string(file)?);
    }
    Ok(cache::key(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_package_of_npm_is_pinned_by_digest() {
        let (mut packages, mut digests) = (0, 0);
        for line in super::LOCK.lines() {
            packages += usize::from(line.trim_start().starts_with("\"node_modules/"));
            digests += usize::from(line.contains("\"integrity\": \"sha512-"));
            assert!(!line.contains("\"resolved\""), "a lock file names no host: {line}");
        }
        assert!(packages > 0 && packages == digests, "{packages} packages, {digests} digests");
    }
}
