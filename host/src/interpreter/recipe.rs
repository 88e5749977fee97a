//! What the interpreter is built from. The program carries all of it but the pinned wheels.
#![expect(clippy::disallowed_methods, reason = "writes the recipe to a folder of the build")]

use std::fs;
use std::io;
use std::path::Path;

use super::slim;
use crate::audit::sha256;

/// A file of the recipe: its path in the folder where the component is built, and its text.
type Part = (&'static str, &'static str);

macro_rules! part {
    ($path:literal, $source:literal) => {
        ($path, include_str!(concat!("../../../", $source)))
    };
}

/// The pinned wheels.
pub(super) const REQUIREMENTS: &str = "requirements.txt";

/// The module with the component's exports.
pub(super) const MODULE: &str = "openskills_interpreter";

const PARTS: &[Part] = &[
    part!("requirements.txt", "interpreter/requirements.txt"),
    part!("wit/python.wit", "interpreter/wit/python.wit"),
    part!("wit/deps/skill/http.wit", "wit/http.wit"),
    part!("python/_openskills/__init__.py", "interpreter/python/_openskills/__init__.py"),
    part!("python/_openskills/check.py", "interpreter/python/_openskills/check.py"),
    part!("python/_openskills/packages.py", "interpreter/python/_openskills/packages.py"),
    part!("python/_openskills/program.py", "interpreter/python/_openskills/program.py"),
    part!("python/_openskills/shims/__init__.py", "interpreter/python/_openskills/shims/__init__.py"),
    part!("python/_openskills/shims/absent.py", "interpreter/python/_openskills/shims/absent.py"),
    part!("python/_openskills/shims/clock.py", "interpreter/python/_openskills/shims/clock.py"),
    part!("python/_openskills/shims/dates.py", "interpreter/python/_openskills/shims/dates.py"),
    part!("python/_openskills/shims/devices.py", "interpreter/python/_openskills/shims/devices.py"),
    part!("python/_openskills/shims/errors.py", "interpreter/python/_openskills/shims/errors.py"),
    part!("python/_openskills/shims/event_loop.py", "interpreter/python/_openskills/shims/event_loop.py"),
    part!("python/_openskills/shims/hashes.py", "interpreter/python/_openskills/shims/hashes.py"),
    part!("python/_openskills/shims/locks.py", "interpreter/python/_openskills/shims/locks.py"),
    part!("python/_openskills/shims/mapped.py", "interpreter/python/_openskills/shims/mapped.py"),
    part!("python/_openskills/shims/modes.py", "interpreter/python/_openskills/shims/modes.py"),
    part!("python/_openskills/shims/pools.py", "interpreter/python/_openskills/shims/pools.py"),
    part!("python/_openskills/shims/processes.py", "interpreter/python/_openskills/shims/processes.py"),
    part!("python/_openskills/shims/signals.py", "interpreter/python/_openskills/shims/signals.py"),
    part!("python/_openskills/shims/system.py", "interpreter/python/_openskills/shims/system.py"),
    part!("python/_openskills/shims/threads.py", "interpreter/python/_openskills/shims/threads.py"),
    part!("python/_openskills/shims/web.py", "interpreter/python/_openskills/shims/web.py"),
    part!("python/_openskills/shims/zones.py", "interpreter/python/_openskills/shims/zones.py"),
    part!("python/_openskills/stdlib.py", "interpreter/python/_openskills/stdlib.py"),
    part!("python/openskills_interpreter.py", "interpreter/python/openskills_interpreter.py"),
];

/// Names the recipe: SHA-256 of its files' paths and texts, and of what is done to the outcome.
pub(super) fn digest() -> String {
    let files = PARTS.iter().map(|(path, text)| format!("{path}\n{}\n", sha256(text.as_bytes())));
    let text: String = files.chain([slim::VERSION.to_owned()]).collect();
    sha256(text.as_bytes())
}

/// Writes the recipe's files to a folder.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    for (path, text) in PARTS {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn python_files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                python_files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                found.insert(path);
            }
        }
    }

    #[test]
    fn every_file_of_the_interpreter_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interpreter");
        let mut there = BTreeSet::new();
        python_files(&root.join("python"), &mut there);
        let carried: BTreeSet<_> =
            PARTS.iter().filter(|(path, _)| path.ends_with(".py")).map(|(path, _)| root.join(path)).collect();
        assert_eq!(carried, there);
    }

    #[test]
    fn every_wheel_is_pinned_by_hash() {
        let text = PARTS.iter().find(|(path, _)| *path == REQUIREMENTS).unwrap().1;
        for requirement in text.replace("\\\n", " ").lines().filter(|line| !line.starts_with('#')) {
            assert!(requirement.contains("==") && requirement.contains("--hash=sha256:"), "{requirement}");
        }
    }
}
