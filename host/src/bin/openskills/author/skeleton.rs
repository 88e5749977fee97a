//! A first skill in each language: it counts the words of a file, and has tests.

use std::fs;
use std::path::{Path, PathBuf};

use super::carried;
use super::language::Language;

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

/// The files of a skeleton; none where there is no skeleton in that language yet.
pub(crate) fn files(language: Language, name: &str) -> Option<Vec<(PathBuf, String)>> {
    let parts = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::Javascript => JAVASCRIPT,
        Language::C => return None,
    };
    let package = package(name);
    let filled = |text: &str| text.replace("{{name}}", name).replace("{{crate}}", &package);
    let mut files: Vec<(PathBuf, String)> =
        parts.iter().map(|(path, text)| (PathBuf::from(path), filled(text))).collect();
    if language == Language::Rust {
        files.extend(carried::vendored().map(|(path, text)| (Path::new("vendor").join(path), text)));
    }
    Some(files)
}

/// Writes a skeleton to a folder that is not there yet, whole or not at all.
pub(crate) fn write(folder: &Path, files: &[(PathBuf, String)]) -> std::io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let partial = tempfile::Builder::new().prefix(".new-skill-").tempdir_in(parent)?;
    for (path, text) in files {
        let path = partial.path().join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    // An empty folder only is replaced: anything else makes this fail.
    fs::rename(partial.path(), folder)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder, mode)?;
    drop(partial.keep());
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
    use openskills_runtime::manifest::parse;

    use super::*;

    #[test]
    fn every_skeleton_is_valid_and_filled_in() {
        for language in [Language::Rust, Language::Python, Language::Javascript] {
            for (path, text) in files(language, "word-count").unwrap() {
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
