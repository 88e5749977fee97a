//! A first skill in each language: it counts the words of a file, and has tests.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Result;
use openskills_runtime::World;
use openskills_runtime::manifest::parse;
use openskills_toolchain::compiler::npm_version;

use super::fault::unwritable;
use super::language::Language;
use super::{carried, layout};
use crate::exit::Complaint;

/// A file of a skeleton: its path in the skill's folder, and its text with places for names.
type Part = (&'static str, &'static str);

macro_rules! part {
    ($path:literal, $source:literal) => {
        ($path, include_str!(concat!("../../../../skeletons/", $source)))
    };
}

const RUST: &[Part] = &[
    part!("SKILL.md", "rust/SKILL.md"),
    part!("Cargo.toml", "rust/Cargo.toml"),
    part!(".cargo/config.toml", "rust/cargo-config.toml"),
    part!(".gitignore", "rust/gitignore"),
    part!("src/lib.rs", "rust/lib.rs"),
    part!("tests/cases.json", "cases.json"),
];

const PYTHON: &[Part] = &[
    part!("SKILL.md", "python/SKILL.md"),
    part!("pyproject.toml", "python/pyproject.toml"),
    part!(".gitignore", "python/gitignore"),
    part!("app.py", "python/app.py"),
    part!("counting.py", "python/counting.py"),
    part!("test_counting.py", "python/test_counting.py"),
    part!("tests/cases.json", "cases.json"),
];

const JAVASCRIPT: &[Part] = &[
    part!("SKILL.md", "javascript/SKILL.md"),
    part!("package.json", "javascript/package.json"),
    part!(".gitignore", "javascript/gitignore"),
    part!("src/skill.js", "javascript/skill.js"),
    part!("src/counting.js", "javascript/counting.js"),
    part!("tests/counting.test.js", "javascript/counting.test.js"),
    part!("tests/cases.json", "cases.json"),
];

const TYPESCRIPT: &[Part] = &[
    part!("SKILL.md", "typescript/SKILL.md"),
    part!("package.json", "typescript/package.json"),
    part!("tsconfig.json", "typescript/tsconfig.json"),
    part!(".gitignore", "typescript/gitignore"),
    part!("src/skill.ts", "typescript/skill.ts"),
    part!("src/counting.ts", "typescript/counting.ts"),
    part!("tests/counting.test.ts", "typescript/counting.test.ts"),
    part!("tests/cases.json", "cases.json"),
];

const C: &[Part] = &[
    part!("SKILL.md", "c/SKILL.md"),
    part!(".gitignore", "c/gitignore"),
    part!("compile_flags.txt", "c/compile_flags.txt"),
    part!("src/skill.c", "c/skill.c"),
    part!("src/counting.c", "c/counting.c"),
    part!("src/counting.h", "c/counting.h"),
    part!("vendor/cJSON.c", "c/cJSON.c"),
    part!("vendor/cJSON.h", "c/cJSON.h"),
    part!("vendor/LICENSE-cJSON", "c/LICENSE-cJSON"),
    part!("tests/counting_test.c", "c/counting_test.c"),
    part!("tests/cases.json", "cases.json"),
];

/// The files of a skeleton.
pub(crate) fn files(language: Language, name: &str) -> Vec<(PathBuf, String)> {
    let parts = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::Javascript => JAVASCRIPT,
        Language::Typescript => TYPESCRIPT,
        Language::C => C,
    };
    let package = package(name);
    let places = [
        ("{{name}}", name),
        ("{{crate}}", &package),
        ("{{esbuild}}", npm_version("esbuild")),
        ("{{typescript}}", npm_version("typescript")),
    ];
    let filled =
        |text: &str| places.iter().fold(text.to_owned(), |text, (place, put)| text.replace(place, put));
    let mut files: Vec<(PathBuf, String)> =
        parts.iter().map(|(path, text)| (PathBuf::from(path), filled(text))).collect();
    if language == Language::Rust {
        files.extend(carried::vendored().map(|(path, text)| (Path::new("vendor").join(path), text)));
    }
    files
}

/// Writes a skeleton to a folder that is not there yet, whole or not at all, with what it may use declared in it.
pub(crate) fn write(folder: &Path, language: Language, files: &[(PathBuf, String)]) -> Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: &io::Error| unwritable(folder, error);
    fs::create_dir_all(parent).map_err(|error| match parent.is_dir() || !parent.exists() {
        true => failed(&error),
        false => Complaint::usage(format!("`{}` is no folder", parent.display())),
    })?;
    let partial = tempfile::Builder::new().prefix(".new-skill-").tempdir_in(parent);
    let partial = partial.map_err(|error| failed(&error))?;
    put(partial.path(), files).map_err(|error| failed(&error))?;
    let manifest = files.iter().find(|(path, _)| path == Path::new("SKILL.md"));
    if let Some(manifest) = manifest.and_then(|(_, text)| parse(text.as_bytes(), None).manifest) {
        let world = World::entitled(&manifest.allowed_tools, &manifest.disallowed_tools);
        let wit = tempfile::tempdir().map_err(|error| failed(&error))?;
        let name = layout::lay_out(partial.path(), &world, wit.path())?;
        layout::declare(partial.path(), language, wit.path(), &name)?;
    }
    // An empty folder only is replaced: anything else makes this fail.
    fs::rename(partial.path(), folder).map_err(|error| failed(&error))?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder, mode).map_err(|error| failed(&error))?;
    drop(partial.keep());
    Ok(())
}

fn put(folder: &Path, files: &[(PathBuf, String)]) -> io::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// The name of the language's own package: letters, digits and hyphens of ASCII.
fn package(name: &str) -> String {
    let ascii: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    match ascii.trim_matches('-') {
        text if text.starts_with(|c: char| c.is_ascii_alphabetic()) => text.to_owned(),
        text => format!("skill-{text}").trim_end_matches('-').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_skeleton_is_valid_and_filled_in() {
        for language in Language::ALL {
            for (path, text) in files(language, "word-count") {
                assert!(path.starts_with("vendor") || !text.contains("{{"), "{}", path.display());
                if path == Path::new("SKILL.md") {
                    let parsed = parse(text.as_bytes(), Some("word-count"));
                    assert!(parsed.is_valid() && parsed.faults.is_empty(), "{:?}", parsed.faults);
                }
            }
        }
    }

    #[test]
    fn packages_have_names_of_their_registries() {
        for (name, expected) in [("word-count", "word-count"), ("7zip", "skill-7zip"), ("技能", "skill")] {
            assert_eq!(package(name), expected);
        }
    }
}
