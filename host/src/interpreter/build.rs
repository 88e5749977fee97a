//! Building the interpreter: an environment with the pinned wheels, and componentize-py in it.
#![expect(
    clippy::disallowed_methods,
    reason = "runs the tools that build the interpreter, for the user and before any guest"
)]

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::recipe;
use super::slim::slim;

/// Told what an installation is at. For a progress display.
pub trait InstallWatcher {
    /// What begins now, in words.
    fn step(&self, what: &str);
}

/// The oldest Python that the wheels run on.
const OLDEST: (u32, u32) = (3, 10);

/// Builds the component in an empty folder and gives its bytes.
///
/// # Errors
/// If there is no suitable `python3`, a wheel cannot be had or has another digest, or the build fails; each in words
/// that say what to do.
pub(super) fn build(folder: &Path, watcher: &dyn InstallWatcher) -> io::Result<Vec<u8>> {
    recipe::write(folder)?;
    let python = python()?;
    watcher.step("making an environment for the build");
    let environment = folder.join("environment");
    let made = run(&python, folder, |command| command.args(["-m", "venv"]).arg(&environment));
    made.map_err(|error| {
        said(
            "no environment could be made with `python3 -m venv`",
            "install it (Debian: `python3-venv`)",
            &error,
        )
    })?;
    watcher.step("fetching componentize-py and tzdata, pinned by digest (17 MB)");
    let inside = environment.join("bin/python");
    let fetched = run(&inside, folder, |command| {
        command.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]).args([
            "--require-hashes",
            "--no-deps",
            "--only-binary=:all:",
            "--requirement",
            recipe::REQUIREMENTS,
        ])
    });
    fetched.map_err(|error| {
        let advice = "this needs a package index once; without one, `openskills interpreter install python --from FILE` \
                      takes a component that was built elsewhere";
        said("the pinned wheels could not be fetched", advice, &error)
    })?;
    watcher.step("building the interpreter");
    let packages = site_packages(&environment)?;
    let built = run(&environment.join("bin/componentize-py"), folder, |command| {
        command
            .env("VIRTUAL_ENV", &environment)
            .args(["--quiet", "--wit-path", "wit", "--world", "python", "componentize", recipe::MODULE])
            .args(["--python-path", "python", "--python-path"])
            .arg(packages)
            .args(["--output", "python.wasm"])
    });
    built.map_err(|error| {
        said("the interpreter could not be built", "this is a fault of the recipe: report it", &error)
    })?;
    let whole = fs::read(folder.join("python.wasm"))?;
    slim(&whole).map_err(|error| io::Error::other(format!("what was built cannot be read: {error}")))
}

/// The `python3` of the search path, if it is new enough.
pub(super) fn python() -> io::Result<PathBuf> {
    let advice = format!(
        "building the interpreter needs python3 {}.{} or newer with `venv`, once; or give it a component that was built \
         elsewhere: `openskills interpreter install python --from FILE`",
        OLDEST.0, OLDEST.1
    );
    let program = PathBuf::from("python3");
    let asked = run(&program, Path::new("."), |command| {
        command.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    });
    let text = asked.map_err(|error| said("`python3` cannot be used", &advice, &error))?;
    let version = text
        .trim()
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?)));
    match version {
        Some(version) if version >= OLDEST => Ok(program),
        _ => Err(io::Error::other(format!("`python3` is version {}; {advice}", text.trim()))),
    }
}

fn site_packages(environment: &Path) -> io::Result<PathBuf> {
    fs::read_dir(environment.join("lib"))?
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("site-packages"))
        .find(|path| path.is_dir())
        .ok_or_else(|| io::Error::other("the environment has no folder for packages"))
}

/// Runs a program of the build and gives its output; the error has what it said last.
pub(super) fn run(
    program: &Path,
    folder: &Path,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> io::Result<String> {
    run_and_hear(program, folder, 3, arguments)
}

/// The same, with so many lines of what it said last in the error.
pub(super) fn run_and_hear(
    program: &Path,
    folder: &Path,
    lines: usize,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> io::Result<String> {
    let mut command = Command::new(program);
    // What is set for another Python must not reach this one.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_python(name)) {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null());
    let output = arguments(&mut command).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let last: Vec<&str> = text.lines().rev().filter(|line| !line.trim().is_empty()).take(lines).collect();
    Err(io::Error::other(match last.as_slice() {
        [] => output.status.to_string(),
        lines => lines.iter().rev().map(|line| line.trim()).collect::<Vec<_>>().join(" | "),
    }))
}

fn is_of_python(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("PYTHON") || name == "VIRTUAL_ENV")
}

fn said(what: &str, advice: &str, error: &io::Error) -> io::Error {
    let reason = crate::capability::printable(&error.to_string());
    io::Error::new(error.kind(), format!("{what}: {reason}; {advice}"))
}
