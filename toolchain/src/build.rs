//! Building guest crates and putting their components where they are used.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{GuestToolchain, ToolchainError, WASIP2, cargo};

/// A build of guest crates: `cargo build --release --target wasm32-wasip2` in a folder, unless changed.
#[derive(Clone, Debug)]
pub struct GuestBuild {
    folder: PathBuf,
    arguments: Vec<String>,
    target: String,
    debug: bool,
    environment: Vec<(String, OsString)>,
}

/// A `.wasm` file that a build made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The name of the library, binary or example.
    pub name: String,
    /// The folder of its package.
    pub package: PathBuf,
    /// Whether it is an example.
    pub example: bool,
    /// The file.
    pub wasm: PathBuf,
}

impl GuestBuild {
    /// A build in the folder of a package or a workspace.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            arguments: Vec::new(),
            target: WASIP2.to_owned(),
            debug: false,
            environment: Vec::new(),
        }
    }

    /// Adds an argument to `cargo build`: `--examples`, `--package`, ….
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets a variable of the build's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Builds for another target.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }

    /// Builds without optimisation.
    #[must_use]
    pub fn debug(mut self) -> Self {
        self.debug = true;
        self
    }

    /// Builds; cargo's messages go to our stderr. What was up to date already is in the result as well.
    ///
    /// # Errors
    /// If cargo fails or no `.wasm` file was made.
    pub fn run(&self, toolchain: &GuestToolchain) -> Result<Vec<Built>, ToolchainError> {
        let mut command = toolchain.cargo();
        command.current_dir(&self.folder).args(["build", "--target", &self.target]);
        if !self.debug {
            command.arg("--release");
        }
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        let built: Vec<Built> = cargo::build(&mut command)?.artifacts.iter().filter_map(artifact).collect();
        if built.is_empty() {
            return Err(ToolchainError::NoComponent { path: self.folder.clone() });
        }
        Ok(built)
    }
}

/// A `.wasm` file named by one of cargo's messages.
fn artifact(message: &Value) -> Option<Built> {
    let files = message["filenames"].as_array()?;
    let wasm = files.iter().filter_map(Value::as_str).find(|name| name.ends_with(".wasm"))?;
    let target = &message["target"];
    Some(Built {
        name: target["name"].as_str()?.to_owned(),
        package: Path::new(message["manifest_path"].as_str()?).parent()?.to_owned(),
        example: target["kind"].as_array()?.iter().any(|kind| kind == "example"),
        wasm: wasm.into(),
    })
}

/// Copies a file unless the same bytes are there already; whoever reads it meanwhile sees the old or the new one,
/// whole. Returns whether it was written.
///
/// # Errors
/// If the file cannot be read or its copy not written.
pub fn place(from: &Path, to: &Path) -> Result<bool, ToolchainError> {
    let new = fs::read(from).map_err(ToolchainError::io("read", from))?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(false);
    }
    let (Some(folder), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(ToolchainError::io("write", to)(std::io::ErrorKind::InvalidInput.into()));
    };
    fs::create_dir_all(folder).map_err(ToolchainError::io("create", folder))?;
    let partial = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    fs::write(&partial, new).map_err(ToolchainError::io("write", &partial))?;
    fs::rename(&partial, to).map_err(|source| {
        let _ = fs::remove_file(&partial);
        ToolchainError::io("put in place", to)(source)
    })?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_messages_yield_the_wasm_files() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"/s/csv/Cargo.toml","target":{"name":"csv_profile",
            "kind":["cdylib"]},"filenames":["/t/csv_profile.d","/t/csv_profile.wasm"],"fresh":true}"#;
        let artifact = |message: &str| artifact(&serde_json::from_str(message).unwrap());
        let built = artifact(message).unwrap();
        assert_eq!(built.package, Path::new("/s/csv"));
        assert_eq!(built.wasm, Path::new("/t/csv_profile.wasm"));
        assert!(!built.example);
        assert!(artifact(&message.replace(r#"["cdylib"]"#, r#"["example"]"#)).unwrap().example);
        assert_eq!(artifact(&message.replace(".wasm", ".rlib")), None);
        assert_eq!(artifact("{}"), None);
    }

    #[test]
    fn a_component_is_placed_once_and_replaced_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.wasm"), folder.path().join("skill/wasm/skill.wasm"));
        fs::write(&from, "one").unwrap();
        assert!(place(&from, &to).unwrap());
        assert!(!place(&from, &to).unwrap());
        fs::write(&from, "two").unwrap();
        assert!(place(&from, &to).unwrap());
        assert_eq!(fs::read_to_string(&to).unwrap(), "two");
        assert_eq!(fs::read_dir(to.parent().unwrap()).unwrap().count(), 1);
        let error = place(&folder.path().join("none"), &to).unwrap_err().to_string();
        assert!(error.starts_with("cannot read "), "{error}");
    }
}
