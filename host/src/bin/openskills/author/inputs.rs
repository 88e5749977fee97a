//! What a component is made of, to tell whether anything changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use openskills_runtime::audit::sha256;
use openskills_toolchain::compiler::Pinned;

use super::build::Build;
use super::fault::unreadable;

/// Files that are looked at to see whether anything changed.
const MAX_FILES: usize = 100_000;

/// A digest of all that the component is made of.
pub(crate) fn inputs(build: &Build<'_>) -> Result<String> {
    let mut text = format!("{}\n{}\n", env!("CARGO_PKG_VERSION"), build.language.name());
    text.push_str(build.compiler().map_or("", Pinned::identity));
    text.push_str(&build.world.text());
    let mut files = Vec::new();
    list(build.folder, build.folder, &mut files).map_err(|error| unreadable(build.folder, &error))?;
    files.sort();
    for file in files {
        let bytes = fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        text.push_str(&format!("{} {}\n", file.display(), sha256(&bytes)));
    }
    Ok(sha256(text.as_bytes()))
}

/// The files of a skill's folder but those that a build makes.
fn list(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // Only at the top, and anywhere.
    let made: [&[&str]; 2] = [&["wasm", "target", "build"], &["node_modules", "__pycache__"]];
    let made: Vec<&str> = made.into_iter().skip(usize::from(root != folder)).flatten().copied().collect();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') || made.iter().any(|made| *made == name) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(root, &entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
        if files.len() > MAX_FILES {
            return Err(io::Error::other(format!("it has more than {MAX_FILES} files")));
        }
    }
    Ok(())
}
