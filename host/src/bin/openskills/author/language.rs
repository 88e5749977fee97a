//! The languages that skills are written in, and how one is told from another.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;

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
    /// C files, by Zig's C compiler and wit-bindgen
    C,
}

impl Language {
    const ALL: [Self; 4] = [Self::Rust, Self::Python, Self::Javascript, Self::C];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Javascript => "javascript",
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

    fn is_in(self, folder: &Path) -> bool {
        match self {
            Self::Rust => folder.join("Cargo.toml").is_file(),
            Self::Python => python_folder(folder).is_some(),
            Self::Javascript => folder.join("package.json").is_file(),
            Self::C => !c_files(folder).is_empty(),
        }
    }
}

/// Where the module `app` is.
pub(crate) fn python_folder(folder: &Path) -> Option<PathBuf> {
    [folder.to_owned(), folder.join("src")].into_iter().find(|place| place.join("app.py").is_file())
}

/// The C files of a skill, below its folder, sorted.
pub(crate) fn c_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("src")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Path::new("src").join(entry.file_name()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    files.sort();
    files
}
