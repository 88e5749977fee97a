//! Wheels out of the package index, by pip: those of Python alone, with all that they depend on.
#![expect(
    clippy::disallowed_methods,
    reason = "runs pip for the user, outside of any call, and reads what it fetched"
)]

use std::fs;
use std::io;
use std::path::Path;

use super::super::build::{InstallWatcher, python, run, run_and_hear};
use super::requirement::{distribution, normalized};
use super::wheel::WheelName;

/// The Python that scripts run in.
const PYTHON_VERSION: &str = "3.14";

/// Packages with native code that they do without, to be slower: PyYAML reads the same with its own parser. They have
/// no wheel of Python alone.
const WITHOUT_NATIVE: [&str; 3] = ["PyYAML", "MarkupSafe", "ruamel.yaml.clib"];

/// The largest wheel.
const MAX_WHEEL: u64 = 64 << 20;

/// A wheel as it was fetched.
pub(super) struct Fetched {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) bytes: Vec<u8>,
    /// Whether it works without its native code, which is to be left out.
    pub(super) leaves_native_out: bool,
}

/// Fetches wheels for these requirements, which were checked, with their dependencies, sorted by name.
///
/// # Errors
/// In words that say what to do: without pip or a package index, or where one of them is not Python alone.
pub(super) fn fetch(
    requirements: &[String],
    folder: &Path,
    watcher: &dyn InstallWatcher,
) -> io::Result<Vec<Fetched>> {
    let python = python()?;
    if let Err(error) = run(&python, folder, |command| command.args(["-m", "pip", "--version"])) {
        let advice = "packages are fetched with pip: install it (Debian: `python3-pip`)";
        return Err(io::Error::other(format!("`python3 -m pip` does not run: {error}; {advice}")));
    }
    let (wheels, extra) = (folder.join("wheels"), folder.join("extra"));
    fs::create_dir_all(&wheels)?;
    fs::create_dir_all(&extra)?;
    watcher.step("asking the package index for wheels of Python alone");
    let download = |extra: Option<&Path>| {
        run_and_hear(&python, folder, 200, |command| {
            pip(command, &wheels).args(["--implementation", "py", "--abi", "none", "--platform", "any"]);
            if let Some(extra) = extra {
                command.arg("--find-links").arg(extra);
            }
            command.arg("--").args(requirements)
        })
    };
    if download(None).is_err() {
        native_that_can_be_left_out(&python, folder, requirements, &extra);
        download(Some(&extra))
            .map_err(|error| io::Error::other(explained(requirements, &error.to_string())))?;
    }
    read(&wheels)
}

fn pip<'a>(command: &'a mut std::process::Command, into: &Path) -> &'a mut std::process::Command {
    command
        .args(["-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"])
        .args(["--only-binary=:all:", "--python-version", PYTHON_VERSION, "--dest"])
        .arg(into)
}

/// Puts wheels of packages that do without their native code beside, under the names of wheels without any, so that
/// pip takes them for what they will be. Failure shows when they are missing.
fn native_that_can_be_left_out(python: &Path, folder: &Path, requirements: &[String], extra: &Path) {
    for name in WITHOUT_NATIVE {
        let asked = requirements.iter().find(|text| normalized(distribution(text)) == normalized(name));
        let wanted = asked.map_or(name, String::as_str);
        let fetched = run(python, folder, |command| {
            pip(command, extra)
                .args(["--no-deps", "--implementation", "cp", "--abi", "cp314", "--platform"])
                .args(["manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64", "--", wanted])
        });
        if fetched.is_err() {
            continue;
        }
        for entry in fs::read_dir(extra).into_iter().flatten().filter_map(Result::ok) {
            let file = entry.file_name().to_string_lossy().into_owned();
            if let Some(wheel) = WheelName::parse(&file).filter(|wheel| !wheel.is_pure) {
                let renamed = format!("{}-{}-py3-none-any.whl", wheel.distribution, wheel.version);
                // What is not renamed is not found, and said to be missing.
                let _ = fs::rename(entry.path(), extra.join(renamed));
            }
        }
    }
}

/// Why pip did not give them, as far as it tells, and what to do.
fn explained(requirements: &[String], said: &str) -> String {
    let shown = requirements.join("`, `");
    let said_lower = said.to_lowercase();
    if ["newconnectionerror", "retrying (", "connecttimeout", "name resolution", "failed to establish"]
        .iter()
        .any(|sign| said_lower.contains(sign))
    {
        return format!(
            "`{shown}` could not be fetched: no package index answers; packages that were added before can be used \
             without one"
        );
    }
    let word_after = |sign: &str| said.split(sign).nth(1).and_then(|rest| rest.split_whitespace().next());
    let missing = word_after("No matching distribution found for ");
    let missing = missing.or_else(|| word_after("depends on ")).unwrap_or(&shown);
    let missing = distribution(missing);
    let name = if missing.is_empty() { shown.as_str() } else { missing };
    format!(
        "`{name}` has no wheel of Python alone that fits (or there is no such package or version): what has native \
         code does not run in the sandbox; use the standard library or another package in its place, or run the \
         script outside"
    )
}

fn read(wheels: &Path) -> io::Result<Vec<Fetched>> {
    let mut fetched = Vec::new();
    for entry in fs::read_dir(wheels)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let wheel = WheelName::parse(&file).filter(|wheel| wheel.is_pure);
        let wheel = wheel.ok_or_else(|| io::Error::other(format!("`{file}` is no wheel of Python alone")))?;
        if entry.metadata()?.len() > MAX_WHEEL {
            return Err(io::Error::other(format!("`{file}` is larger than {} MiB", MAX_WHEEL >> 20)));
        }
        let name = normalized(wheel.distribution);
        let leaves_native_out = WITHOUT_NATIVE.iter().any(|known| normalized(known) == name);
        let version = wheel.version.to_owned();
        fetched.push(Fetched { name, version, bytes: fs::read(entry.path())?, leaves_native_out });
    }
    fetched.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(fetched)
}

#[cfg(test)]
mod tests {
    use super::explained;

    #[test]
    fn what_pip_says_is_told_with_what_to_do() {
        let why = |said: &str| explained(&["x>1".to_owned()], said);
        let native = why("ERROR: No matching distribution found for pandas>=2");
        assert!(native.starts_with("`pandas` has no wheel of Python alone"), "{native}");
        assert!(why("jinja2 3 depends on lxml>=2 |").starts_with("`lxml` has no"));
        assert!(why("WARNING: Retrying (Retry(total=4").contains("no package index answers"));
        assert!(why("").starts_with("`x` has no"));
    }
}
