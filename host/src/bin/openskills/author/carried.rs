//! The SDK and the contract, as this program carries them: nothing of ours is on a registry yet.

/// A file below the `vendor` folder of a skill, and its text.
pub(crate) type Part = (&'static str, &'static str);

macro_rules! part {
    ($path:literal, $source:literal) => {
        ($path, include_str!(concat!("../../../../../", $source)))
    };
}

const PARTS: &[Part] = &[
    part!("openskills-sdk/Cargo.toml", "guest-sdk/Cargo.toml"),
    part!("openskills-sdk/README.md", "guest-sdk/README.md"),
    part!("openskills-sdk/build.rs", "guest-sdk/build.rs"),
    part!("openskills-sdk/build/allowed_tools.rs", "guest-sdk/build/allowed_tools.rs"),
    part!("openskills-sdk/macros/Cargo.toml", "guest-sdk/macros/Cargo.toml"),
    part!("openskills-sdk/macros/src/lib.rs", "guest-sdk/macros/src/lib.rs"),
    part!("openskills-sdk/macros/src/skill.rs", "guest-sdk/macros/src/skill.rs"),
    part!("openskills-sdk/src/bindings.rs", "guest-sdk/src/bindings.rs"),
    part!("openskills-sdk/src/entry.rs", "guest-sdk/src/entry.rs"),
    part!("openskills-sdk/src/env.rs", "guest-sdk/src/env.rs"),
    part!("openskills-sdk/src/error.rs", "guest-sdk/src/error.rs"),
    part!("openskills-sdk/src/fs/entry.rs", "guest-sdk/src/fs/entry.rs"),
    part!("openskills-sdk/src/fs/error.rs", "guest-sdk/src/fs/error.rs"),
    part!("openskills-sdk/src/fs/file.rs", "guest-sdk/src/fs/file.rs"),
    part!("openskills-sdk/src/fs/mod.rs", "guest-sdk/src/fs/mod.rs"),
    part!("openskills-sdk/src/http/error.rs", "guest-sdk/src/http/error.rs"),
    part!("openskills-sdk/src/http/location.rs", "guest-sdk/src/http/location.rs"),
    part!("openskills-sdk/src/http/mod.rs", "guest-sdk/src/http/mod.rs"),
    part!("openskills-sdk/src/http/request.rs", "guest-sdk/src/http/request.rs"),
    part!("openskills-sdk/src/http/response.rs", "guest-sdk/src/http/response.rs"),
    part!("openskills-sdk/src/input.rs", "guest-sdk/src/input.rs"),
    part!("openskills-sdk/src/lib.rs", "guest-sdk/src/lib.rs"),
    part!("openskills-sdk/src/log.rs", "guest-sdk/src/log.rs"),
    part!("openskills-sdk/src/prelude.rs", "guest-sdk/src/prelude.rs"),
    part!("wit/env.wit", "wit/env.wit"),
    part!("wit/fs.wit", "wit/fs.wit"),
    part!("wit/http.wit", "wit/http.wit"),
    part!("wit/log.wit", "wit/log.wit"),
    part!("wit/types.wit", "wit/types.wit"),
    part!("wit/world.wit", "wit/world.wit"),
];

/// The workspace that the SDK's `Cargo.toml` files refer to.
const WORKSPACE: &str = include_str!("../../../../../Cargo.toml");

/// The SDK and the contract, below the `vendor` folder of a skill. Its `Cargo.toml` files say themselves what they
/// have from the workspace here.
pub(crate) fn vendored() -> impl Iterator<Item = (&'static str, String)> {
    PARTS.iter().map(|(path, text)| match path.ends_with("Cargo.toml") {
        true => (*path, alone(text)),
        false => (*path, (*text).to_owned()),
    })
}

/// A `Cargo.toml` without a workspace around it.
fn alone(text: &str) -> String {
    let mut section = "";
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        if section == "[lints]" {
            continue;
        }
        lines.push(match line.split_once(".workspace = true") {
            Some((key, "")) if section == "[package]" => inherited("[workspace.package]", key),
            Some((key, "")) => inherited("[workspace.dependencies]", key),
            _ => line.to_owned(),
        });
    }
    lines.push(String::new());
    // The crate of the macros lies within that of the SDK.
    lines.join("\n").replace("path = \"guest-sdk/", "path = \"")
}

/// The line of a key in a section of the workspace.
fn inherited(section: &str, key: &str) -> String {
    let lines = WORKSPACE.lines().skip_while(|line| *line != section).skip(1);
    let mut own = lines.take_while(|line| !line.starts_with('['));
    let found = own.find(|line| line.split_once(" = ").is_some_and(|(name, _)| name == key));
    found.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.path().is_dir() {
                true => files(&entry.path(), found),
                false => assert!(found.insert(entry.path())),
            }
        }
    }

    #[test]
    fn every_file_of_the_sdk_and_the_contract_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut there = BTreeSet::new();
        files(&root.join("guest-sdk"), &mut there);
        files(&root.join("wit"), &mut there);
        let carried: BTreeSet<PathBuf> =
            PARTS.iter().map(|(path, _)| root.join(path.replace("openskills-sdk", "guest-sdk"))).collect();
        assert_eq!(carried, there);
    }

    #[test]
    fn what_is_carried_needs_no_workspace() {
        for (path, text) in vendored().filter(|(path, _)| path.ends_with("Cargo.toml")) {
            assert!(!text.contains("workspace"), "{path}: {text}");
            assert!(text.contains("\nversion = \"") && text.contains("\nedition = \""), "{path}: {text}");
        }
        let sdk = vendored().find(|(path, _)| *path == "openskills-sdk/Cargo.toml").unwrap().1;
        assert!(sdk.contains("openskills-sdk-macros = { path = \"macros\""), "{sdk}");
    }
}
