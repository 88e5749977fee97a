//! What compilers and editors read of a skill's world: its WIT as a folder, and its declarations in the language.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use openskills_runtime::World;
use openskills_toolchain::{compiler, wit};

use super::fault::{failed, not_built, unwritable};
use super::language::Language;
use crate::wit_folder;

/// The folder of declarations in a skill's folder. Nothing else is in it.
pub(crate) const DECLARATIONS: &str = "bindings";

/// Writes the WIT of a skill into a folder, which is made anew: the author's own with what the manifest
/// entitles to, or that alone. Returns the name of the world.
pub(crate) fn lay_out(skill: &Path, world: &World, folder: &Path) -> Result<String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(unwritable(folder, &error).into());
        }
        _ => fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?,
    }
    let own = skill.join("wit");
    if !wit_folder::has_world(&own) {
        for file in world.files() {
            let path = folder.join(file.name);
            fs::write(&path, file.text).map_err(|error| unwritable(&path, &error))?;
        }
        return Ok("skill".to_owned());
    }
    copy(&own, folder).map_err(|error| unwritable(folder, &error))?;
    wit_folder::write(folder, world)?;
    wit::only_world(folder).map_err(|error| not_built(&error, world, ""))
}

/// Writes what the world has as the language declares it, for compilers and editors: C's header, TypeScript's modules. Nothing for languages
/// that take it from elsewhere.
pub(crate) fn declare(skill: &Path, language: Language, wit: &Path, world: &str) -> Result<()> {
    let (name, text) = match language {
        Language::C => compiler::header(wit, world).map_err(|error| failed(&error.to_string()))?,
        Language::Typescript => {
            compiler::declarations(wit, world).map_err(|error| failed(&error.to_string()))?
        }
        Language::Rust | Language::Python | Language::Javascript => return Ok(()),
    };
    let path: PathBuf = skill.join(DECLARATIONS).join(name);
    // What is as it was is left alone: a build looks at what changed.
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let put = || {
        fs::create_dir_all(skill.join(DECLARATIONS))?;
        fs::write(&path, &text)
    };
    put().map_err(|error| unwritable(&path, &error).into())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}
