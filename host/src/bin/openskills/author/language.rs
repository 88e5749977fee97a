//! The languages that skills are written in, and how one is told from another.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value;

use super::fault::unreadable;
use crate::exit::Complaint;

/// A language that skills are built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// A crate, by cargo
    Rust,
    /// A module `app`, by componentize-py
    Python,
    /// A module, by componentize-qjs
    #[value(alias = "js")]
    Javascript,
    /// A module of TypeScript, checked by its compiler
    #[value(alias = "ts")]
    Typescript,
    /// C files, by Zig's C compiler and wit-bindgen
    C,
}

impl Language {
    pub(crate) const ALL: [Self; 5] = [Self::Rust, Self::Python, Self::Javascript, Self::Typescript, Self::C];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Javascript => "javascript",
            Self::Typescript => "typescript",
            Self::C => "c",
        }
    }

    /// The language of a skill's sources.
    ///
    /// # Errors
    /// If there are none, or those of several languages.
    pub(crate) fn detect(folder: &Path) -> Result<Self> {
        let found: Vec<Self> = Self::ALL.into_iter().filter(|language| language.is_in(folder)).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Complaint::usage(format!("`{}` has no sources that can be built", folder.display()))
                .hint("it needs a Cargo.toml, a package.json, an app.py, or C files in src")
                .into()),
            several => {
                let names: Vec<&str> = several.iter().map(|language| language.name()).collect();
                Err(Complaint::usage(format!(
                    "`{}` has sources of several languages: {}",
                    folder.display(),
                    names.join(", ")
                ))
                .hint("name the one that the component is built of: `--lang LANGUAGE`")
                .into())
            }
        }
    }

    /// The language, if the folder has what it is built of.
    ///
    /// # Errors
    /// If it has not.
    pub(crate) fn checked(self, folder: &Path) -> Result<Self> {
        let (is_there, needs) = match self {
            Self::Rust => (self.is_in(folder), "a Cargo.toml"),
            Self::Python => (self.is_in(folder), "an app.py, beside SKILL.md or in src"),
            // Whichever of the two its main module is in: it was said which.
            Self::Javascript | Self::Typescript => (folder.join("package.json").is_file(), "a package.json"),
            Self::C => (!c_files(folder).is_empty(), "C files in src"),
        };
        match is_there {
            true => Ok(self),
            false => {
                Err(Complaint::usage(format!("`{}` has no sources in {}", folder.display(), self.name()))
                    .hint(format!("it needs {needs}; without `--lang` the language is told by what is there"))
                    .into())
            }
        }
    }

    fn is_in(self, folder: &Path) -> bool {
        match self {
            Self::Rust => folder.join("Cargo.toml").is_file(),
            Self::Python => python_folder(folder).is_some(),
            Self::Javascript => folder.join("package.json").is_file() && !is_typescript(folder),
            Self::Typescript => folder.join("package.json").is_file() && is_typescript(folder),
            // A library in `vendor` alone makes no skill.
            Self::C => c_files(folder).iter().any(|path| path.starts_with("src")),
        }
    }
}

/// Whether the main module of a package is one of TypeScript. A package that cannot be read is told when it is built.
fn is_typescript(folder: &Path) -> bool {
    let main = main_module(folder).unwrap_or_default();
    let extension = Path::new(&main).extension().unwrap_or_default();
    ["ts", "mts", "tsx"].iter().any(|known| extension == *known)
}

/// The module that `package.json` names, or the usual one.
pub(crate) fn main_module(folder: &Path) -> Result<String> {
    let path = folder.join("package.json");
    let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
    let package: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Complaint::input(format!("`{}` is not JSON: {error}", path.display())))?;
    if let Some(main) = package.get("main").and_then(Value::as_str) {
        return Ok(main.to_owned());
    }
    let usual = if folder.join("src/skill.ts").is_file() { "src/skill.ts" } else { "src/skill.js" };
    Ok(usual.to_owned())
}

/// Where the module `app` is.
pub(crate) fn python_folder(folder: &Path) -> Option<PathBuf> {
    [folder.to_owned(), folder.join("src")].into_iter().find(|place| place.join("app.py").is_file())
}

/// The C files of a skill: those in `src` and `vendor`, with their folders, sorted. The paths are below its folder.
pub(crate) fn c_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for below in C_FOLDERS {
        find_c(folder, Path::new(below), 0, &mut files);
    }
    files.sort();
    files
}

/// Where C files and headers are looked for.
pub(crate) const C_FOLDERS: [&str; 2] = ["src", "vendor"];

/// Folders within folders that are looked into.
const MAX_DEPTH: usize = 16;

fn find_c(folder: &Path, below: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder.join(below)).into_iter().flatten().flatten() {
        let path = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => find_c(folder, &path, depth + 1, files),
            Ok(kind) if !kind.is_dir() && path.extension().is_some_and(|extension| extension == "c") => {
                files.push(path);
            }
            _ => {}
        }
    }
}
