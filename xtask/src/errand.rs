//! The one errand of the tests in languages other than Rust, for the world `skill`: Python by componentize-py,
//! JavaScript by componentize-qjs. What was built is kept by content.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::compiler::Pinned;
use openskills_toolchain::{place, process};

use crate::checkout::{Checkout, say};
use crate::foreign::compiler;

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
    let compiler = Pinned::JavaScript.install(&mut say)?;
    let (source, wit) = (checkout.path("tests/programs/javascript/errand.js"), checkout.path("wit"));
    let key = key(checkout, Pinned::JavaScript.identity(), "javascript/errand.js")?;
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
