//! A compiler of a pinned version: looked for in the user's cache, installed there if it is missing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::cache::{self, Entry};
use crate::wheels::{self, Requirement};
use crate::{ToolchainError, process};

/// The compilers that are wheels.
pub const WHEELS: &str = include_str!("../../pins/wheels.txt");

/// Those that are packages of npm, and all that they need, with their digests.
const PACKAGE: &str = include_str!("../../pins/npm/package.json");
const LOCK: &str = include_str!("../../pins/npm/package-lock.json");

/// Seventy megabytes over a slow line.
const LIMIT: Duration = Duration::from_secs(900);

/// A compiler whose version this program fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// componentize-py, with CPython inside.
    ComponentizePy,
    /// componentize-qjs, with QuickJS inside, esbuild and TypeScript.
    JavaScript,
    /// Zig's C compiler, with clang, lld and a C library inside.
    Zig,
}

impl Pinned {
    /// What it is called, with its version.
    #[must_use]
    pub fn name(self) -> String {
        match self.requirement() {
            Some(requirement) => format!("{} {}", requirement.name, requirement.version),
            None => format!("componentize-qjs {}", npm_version("componentize-qjs")),
        }
    }

    /// About how much is downloaded, and from where.
    #[must_use]
    pub fn origin(self) -> &'static str {
        match self {
            Self::ComponentizePy => "about 20 MB from PyPI",
            Self::Zig => "about 80 MB from PyPI",
            Self::JavaScript => "about 30 MB from npm, with esbuild and TypeScript",
        }
    }

    /// All that it is known by: another text is another compiler.
    #[must_use]
    pub fn identity(self) -> &'static str {
        self.requirement().map_or(LOCK, |requirement| requirement.text)
    }

    /// Where it is kept, installed or not; nothing if there is no cache folder.
    #[must_use]
    pub fn place(self) -> Option<PathBuf> {
        match self.requirement() {
            Some(requirement) => wheels::place(&requirement),
            None => npm_entry().ok().map(|entry| entry.path()),
        }
    }

    /// Its folder, if it is installed.
    #[must_use]
    pub fn find(self) -> Option<PathBuf> {
        match self.requirement() {
            Some(requirement) => wheels::installed(&requirement),
            None => npm_entry().ok()?.find(),
        }
    }

    /// Its folder, installed if it was not.
    ///
    /// # Errors
    /// If python3 or npm is missing, or a package cannot be had or has another digest.
    pub fn install(self, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, ToolchainError> {
        match self.requirement() {
            Some(requirement) => wheels::program(&requirement, progress),
            None => npm_entry()?.find_or_make(progress, |folder, progress| {
                progress(&format!("installing {} from npm", self.name()));
                for (name, text) in [("package.json", PACKAGE), ("package-lock.json", LOCK)] {
                    let file = folder.join(name);
                    fs::write(&file, text).map_err(ToolchainError::io("write", &file))?;
                }
                let mut npm = Command::new("npm");
                // No script of a package is run.
                npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
                process::output(npm.current_dir(folder), LIMIT).map(drop).map_err(|error| error.of("npm ci"))
            }),
        }
    }

    fn requirement(self) -> Option<Requirement<'static>> {
        let name = match self {
            Self::ComponentizePy => "componentize-py",
            Self::Zig => "ziglang",
            Self::JavaScript => return None,
        };
        wheels::requirements(WHEELS).into_iter().find(|requirement| requirement.name == name)
    }
}

fn npm_entry() -> Result<Entry, ToolchainError> {
    let name = format!("npm-{:016x}", cache::key(&[PACKAGE, LOCK]));
    Ok(Entry::new(cache::folder()?.join("tools"), name))
}

/// The version of a package of npm that is pinned: of `componentize-qjs`, `esbuild` or `typescript`; else nothing.
#[must_use]
pub fn npm_version(package: &str) -> &'static str {
    let mark = format!("\"{package}\": \"");
    PACKAGE.split_once(&mark).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiler_has_a_version_and_digests() {
        for (compiler, version) in [
            (Pinned::ComponentizePy, "componentize-py 0."),
            (Pinned::Zig, "ziglang 0."),
            (Pinned::JavaScript, "componentize-qjs 0."),
        ] {
            assert!(compiler.name().starts_with(version), "{}", compiler.name());
            assert!(compiler.identity().contains("sha256:") || compiler.identity().contains("sha512-"));
        }
    }

    #[test]
    fn every_package_of_npm_is_pinned_by_digest_and_names_no_host() {
        let lock: serde_json::Value = serde_json::from_str(LOCK).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        let package: serde_json::Value = serde_json::from_str(PACKAGE).unwrap();
        for name in package["dependencies"].as_object().unwrap().keys() {
            assert!(packages.contains_key(&format!("node_modules/{name}")), "{name}");
        }
        for (name, entry) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(entry["integrity"].as_str().unwrap().starts_with("sha512-"), "{name}");
            assert!(entry.get("resolved").is_none(), "{name}");
        }
    }
}
