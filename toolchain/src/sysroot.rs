//! What a compiler brings along: its sysroot, and which targets it can build for.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{ToolchainError, process};

/// rustup's `rustc` may have to install the toolchain that a rust-toolchain.toml names.
const RUSTC_LIMIT: Duration = Duration::from_secs(300);

/// A sysroot and what its rustc says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Sysroot {
    pub(crate) path: PathBuf,
    pub(crate) host: String,
    pub(crate) release: String,
}

impl Sysroot {
    /// That of the rustc in use: `$RUSTC`, or the one on PATH.
    pub(crate) fn active() -> Result<Self, ToolchainError> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        Self::of(Path::new(&rustc))
    }

    /// That of this rustc, which proves that it runs.
    pub(crate) fn of(rustc: &Path) -> Result<Self, ToolchainError> {
        let path = process::output(Command::new(rustc).args(["--print", "sysroot"]), RUSTC_LIMIT)?;
        let version = process::output(Command::new(rustc).arg("-vV"), RUSTC_LIMIT)?;
        let field = |name: &str| {
            let value = version.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.map(str::to_owned).ok_or_else(|| {
                ToolchainError::Unsuited(format!("`{} -vV` did not say its {name}", rustc.display()))
            })
        };
        Ok(Self { path: path.trim().into(), host: field("host")?, release: field("release")? })
    }

    /// Whether a standard library for the target is there.
    pub(crate) fn has(&self, target: &str) -> bool {
        has_std(&self.path, target)
    }

    /// The folder of the linkers that rustc brings along: rust-lld, wasm-component-ld.
    pub(crate) fn linkers(&self) -> PathBuf {
        self.path.join("lib/rustlib").join(&self.host).join("bin")
    }

    /// Its cargo itself, not rustup's stand-in, which would put rustup's rustc first on PATH again.
    pub(crate) fn cargo(&self) -> PathBuf {
        let own = self.path.join("bin/cargo");
        if own.is_file() { own } else { env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into() }
    }
}

/// Whether the sysroot has core and std for the target, each once: with a twin, rustc cannot choose.
pub(crate) fn has_std(sysroot: &Path, target: &str) -> bool {
    let folder = sysroot.join("lib/rustlib").join(target).join("lib");
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let count =
        |prefix| names.iter().filter(|name| name.starts_with(prefix) && name.ends_with(".rlib")).count();
    count("libcore-") == 1 && count("libstd-") == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_counts_with_core_and_std_once_each() {
        let sysroot = tempfile::tempdir().unwrap();
        let lib = sysroot.path().join("lib/rustlib/wasm32-wasip2/lib");
        assert!(!has_std(sysroot.path(), "wasm32-wasip2"));
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join("libcore-1.rlib"), "").unwrap();
        assert!(!has_std(sysroot.path(), "wasm32-wasip2"));
        // Not these: a companion file, and a crate whose name begins alike.
        fs::write(lib.join("libstd-1.rmeta"), "").unwrap();
        fs::write(lib.join("libstd_detect-1.rlib"), "").unwrap();
        assert!(!has_std(sysroot.path(), "wasm32-wasip2"));
        fs::write(lib.join("libstd-1.rlib"), "").unwrap();
        assert!(has_std(sysroot.path(), "wasm32-wasip2"));
        fs::write(lib.join("libstd-2.rlib"), "").unwrap();
        assert!(!has_std(sysroot.path(), "wasm32-wasip2"));
    }

    #[test]
    fn the_compiler_of_this_build_is_found() {
        let sysroot = Sysroot::active().unwrap();
        assert!(sysroot.has(&sysroot.host));
        assert!(!sysroot.has("no-such-target"));
        assert!(sysroot.release.starts_with("1."), "{}", sysroot.release);
    }
}
