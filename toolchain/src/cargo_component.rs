//! `cargo component`, the older way from a crate to a component, where it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::{GuestToolchain, ToolchainError, WASIP1, cache, process};

/// The version that is kept in the cache folder where this project builds it.
pub const CARGO_COMPONENT: &str = "0.21.1";

const LIMIT: Duration = Duration::from_secs(60);

/// The program: the one on PATH, or the one in the cache folder.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let kept =
        cache::folder().ok()?.join(format!("tools/cargo-component-{CARGO_COMPONENT}/bin/cargo-component"));
    [PathBuf::from("cargo-component"), kept].into_iter().find(|program| {
        process::output(Command::new(program).args(["component", "--version"]), LIMIT).is_ok()
    })
}

/// The program, ready for `component build` and so on, with a toolchain's compiler.
///
/// # Errors
/// If the toolchain cannot build for what it compiles to.
pub fn command(program: &Path, toolchain: &GuestToolchain) -> Result<Command, ToolchainError> {
    if !toolchain.has(WASIP1) {
        return Err(ToolchainError::Unsuited(format!(
            "`cargo component` needs the target {WASIP1}, which is missing in {}\n\
             With a network connection: rustup target add {WASIP1}",
            toolchain.sysroot().display()
        )));
    }
    let plain = toolchain.cargo();
    let mut command = Command::new(program);
    command.arg("component").env("CARGO", plain.get_program());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Ok(command)
}

/// Builds the crate in `folder`; messages go where ours go. Returns the component.
///
/// # Errors
/// If the program fails, or the crate has not one library that is a component.
pub fn build(
    program: &Path,
    toolchain: &GuestToolchain,
    folder: &Path,
    quiet: bool,
) -> Result<PathBuf, ToolchainError> {
    let mut metadata = toolchain.cargo();
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(folder);
    let metadata = process::output(&mut metadata, LIMIT)?;
    let no_component = || ToolchainError::NoComponent { path: folder.to_owned() };
    let metadata: Value = serde_json::from_str(&metadata).map_err(|_| no_component())?;
    let library = library(&metadata, folder).ok_or_else(no_component)?;
    let mut build = command(program, toolchain)?;
    build.args(["build", "--release"]).current_dir(folder);
    if quiet {
        build.arg("--quiet");
    }
    // The flags of the crate's own `.cargo/config.toml` count, and there may be none.
    process::status(&mut build)?;
    let target = Path::new(metadata["target_directory"].as_str().ok_or_else(no_component)?);
    Ok(target.join(WASIP1).join("release").join(library.replace('-', "_")).with_extension("wasm"))
}

/// The name of the library of the package in a folder.
fn library(metadata: &Value, folder: &Path) -> Option<String> {
    let packages = metadata["packages"].as_array()?;
    let own = packages.iter().find(|package| {
        package["manifest_path"].as_str().and_then(|path| Path::new(path).parent()) == Some(folder)
    })?;
    let is_library = |target: &&Value| {
        target["crate_types"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
    };
    Some(own["targets"].as_array()?.iter().find(is_library)?["name"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_library_of_the_crate_itself_is_taken() {
        let target = |name: &str, kind: &str| json!({ "name": name, "crate_types": [kind] });
        let metadata = json!({ "packages": [
            { "manifest_path": "/w/other/Cargo.toml", "targets": [target("other", "cdylib")] },
            { "manifest_path": "/w/own/Cargo.toml", "targets": [target("tool", "bin"), target("own-lib", "cdylib")] },
        ]});
        assert_eq!(library(&metadata, Path::new("/w/own")).as_deref(), Some("own-lib"));
        assert_eq!(library(&metadata, Path::new("/w/none")), None);
    }
}
