//! WIT packages in folders: read, with their faults and where these are.

use std::path::Path;

use anyhow::Error;
use wit_parser::{PackageId, ParseError, Resolve, ResolveError, WorldId};

use crate::ToolchainError;

/// Reads the package in a folder, and those in its `deps`.
///
/// # Errors
/// If one is not valid: the fault, and its line.
pub(crate) fn read(folder: &Path) -> Result<(Resolve, PackageId), ToolchainError> {
    let mut resolve = Resolve::default();
    match resolve.push_path(folder) {
        Ok((package, _)) => Ok((resolve, package)),
        Err(error) => Err(invalid(folder, &fault(&resolve, &error))),
    }
}

/// A world of a package.
///
/// # Errors
/// If the package has no such world.
pub(crate) fn world(resolve: &Resolve, package: PackageId, name: &str) -> Result<WorldId, ToolchainError> {
    resolve.select_world(&[package], Some(name)).map_err(|error| ToolchainError::Wit(format!("{error:#}")))
}

/// The name of the one world of a package.
///
/// # Errors
/// If the WIT is not valid, or the package has no world or several.
pub fn only_world(folder: &Path) -> Result<String, ToolchainError> {
    let (resolve, package) = read(folder)?;
    let package = resolve.packages.get(package);
    let name = package.map(|package| package.name.to_string()).unwrap_or_default();
    let worlds: Vec<&str> =
        package.into_iter().flat_map(|package| package.worlds.keys()).map(String::as_str).collect();
    match worlds.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(ToolchainError::Wit(format!(
            "the package `{name}` has no world\nDeclare what the component imports and exports: \
             world skill {{ include openskills:skill/skill@0.1.0; }}"
        ))),
        several => Err(ToolchainError::Wit(format!(
            "the package `{name}` has several worlds: {}\nKeep the one that the component has.",
            several.join(", ")
        ))),
    }
}

/// The innermost reason, with the line that it is in where that is known.
fn fault(resolve: &Resolve, error: &Error) -> String {
    let told = error.chain().find_map(|layer| {
        let resolved = layer.downcast_ref::<ResolveError>().map(|error| error.render(&resolve.source_map));
        resolved.or_else(|| Some(layer.downcast_ref::<ParseError>()?.render(&resolve.source_map)))
    });
    told.unwrap_or_else(|| error.root_cause().to_string())
}

/// Paths are told as they are below the folder.
fn invalid(folder: &Path, fault: &str) -> ToolchainError {
    ToolchainError::Wit(fault.replace(&format!("{}/", folder.display()), "wit/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        only_world(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_package_has_one_world() {
        assert_eq!(package(&[("world.wit", "package a:b;\nworld w {}\n")]).unwrap(), "w");
        let none = package(&[("world.wit", "package a:b;\ninterface i {}\n")]).unwrap_err();
        assert!(none.contains("`a:b` has no world"), "{none}");
        let two = package(&[("world.wit", "package a:b;\nworld w {}\nworld v {}\n")]).unwrap_err();
        assert!(two.contains("several worlds: w, v"), "{two}");
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        for (text, what, line) in [
            ("package a:b;\nworld w {\n  export f: func(a: u33);\n}\n", "`u33` does not exist", ":3:"),
            ("package a:b;\nworld w {\n  export f func();\n}\n", "expected", ":3:"),
            ("package a:b;\nworld w {\n  include c:d/e@0.1.0;\n}\n", "not found", ":3:"),
        ] {
            let told = package(&[("world.wit", text)]).unwrap_err();
            assert!(told.contains(what) && told.contains(&format!("wit/world.wit{line}")), "{told}");
        }
    }

    #[test]
    fn what_a_package_beside_it_has_not_is_told_with_its_line() {
        let other = ("deps/d/d.wit", "package c:d@0.1.0;\ninterface i {}\n");
        for text in ["include c:d/w@0.1.0", "import c:d/j@0.1.0"] {
            let own = format!("package a:b;\nworld w {{\n  {text};\n}}\n");
            let told = package(&[("world.wit", &own), other]).unwrap_err();
            assert!(told.contains("wit/world.wit:3:") && told.contains(text), "{told}");
        }
    }
}
